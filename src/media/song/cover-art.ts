/** The picture in a song's tags, by its first bytes. */
import type { CoverArt } from "../../domain/record/record.ts";
import { measurePicture } from "../picture.ts";

const MOST_COVER_BYTES = 16 * 1024 * 1024;
/** Of a picture that is looked at: a JPEG tells its size behind its own tags. */
export const COVER_HEAD_BYTES = 512 * 1024;

/** JPEG, PNG and WebP: what else image-size knows is none of ours, and takes it longer. */
const isKnown = (head: Uint8Array) =>
  /^(\xff\xd8\xff|\x89PNG|RIFF....WEBP)/s.test(String.fromCharCode(...head.subarray(0, 12)));

/** Null where it is too large, or no picture that browsers show. `bytes` is how long it is as a whole. */
export function measureCover(head: Uint8Array, bytes: number): CoverArt | null {
  if (bytes > MOST_COVER_BYTES || bytes < head.length || !isKnown(head)) return null;
  const picture = measurePicture(head.subarray(0, COVER_HEAD_BYTES));
  return picture && { ...picture, bytes };
}
