/** What the pipeline asks of media: measuring what came, and making the film. */
import { assembleFilm } from "./assemble.ts";
import { inspectClip } from "./clip.ts";
import { measurePicture } from "./picture.ts";
import { probeSong } from "./probe.ts";

export const media = { assembleFilm, inspectClip, measurePicture, probeSong };
export type Media = typeof media;
