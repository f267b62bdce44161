/** Measures the cover art in a song's tags by its first bytes. */
import type { CoverArt } from "../../domain/record/record.ts";
import { measurePicture } from "../lib/picture.ts";

const MAX_COVER_BYTES = 16 * 1024 * 1024;
/** How much of a picture is read: a JPEG states its size after its own tags. */
export const COVER_HEAD_BYTES = 512 * 1024;

/**
 * Whether it is a JPEG, PNG or WebP; image-size also knows other types, which are not used and take longer.
 */
const isKnown = (head: Uint8Array) =>
  /^(\xff\xd8\xff|\x89PNG|RIFF....WEBP)/s.test(String.fromCharCode(...head.subarray(0, 12)));

/** Null when the picture is too large or has another type. `bytes`: the length of the whole picture. */
export function measureCover(head: Uint8Array, bytes: number): CoverArt | null {
  if (bytes > MAX_COVER_BYTES || bytes < head.length || !isKnown(head)) return null;
  const picture = measurePicture(head.subarray(0, COVER_HEAD_BYTES));
  return picture && { ...picture, bytes };
}
