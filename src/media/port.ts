/** What the pipeline asks of media: measuring what came, hearing the song, and making the film. */
import { assembleFilm } from "./assemble.ts";
import { songBeat } from "./beat.ts";
import { inspectClip } from "./clip.ts";
import { nextPart } from "./listen.ts";
import { measurePicture } from "./picture.ts";
import { probeSong } from "./probe.ts";

export const media = { assembleFilm, beatOf: songBeat, inspectClip, measurePicture, nextPart, probeSong };
export type Media = typeof media;
