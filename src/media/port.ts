/**
 * The pipeline's port to media: measuring songs, clips and pictures, cutting parts for transcription,
 * assembling films.
 */

import { songBeat } from "./beat/song-beat.ts";
import type { CodecModules } from "./codecs/modules.ts";
import { assembleFilm, type FilmInput } from "./film/assemble.ts";
import { inspectClip } from "./film/clip.ts";
import { measurePicture } from "./lib/picture.ts";
import { nextPart } from "./listening/next-part.ts";
import { clipProvenance, pictureProvenance } from "./marks/provenance.ts";
import { probeSong } from "./song/probe.ts";

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
