/**
 * The pipeline's port to media: measuring songs, clips and pictures, cutting parts for transcription,
 * assembling films.
 */
import { assembleFilm, type FilmInput } from "./assemble.ts";
import { songBeat } from "./beat.ts";
import { inspectClip } from "./clip.ts";
import type { CodecModules } from "./codecs/modules.ts";
import { nextPart } from "./listen.ts";
import { measurePicture } from "./picture.ts";
import { probeSong } from "./probe.ts";
import { clipProvenance, pictureProvenance } from "./provenance.ts";

export const mediaOf = (codecs: CodecModules) => ({
  assembleFilm: (film: FilmInput) => assembleFilm(film, codecs),
  beatOf: songBeat,
  clipProvenance,
  inspectClip,
  measurePicture,
  nextPart,
  pictureProvenance,
  probeSong,
});
export type Media = ReturnType<typeof mediaOf>;
