/**
 * Checks whether the tags of an Ogg (RFC 3533, 6) fit in memory: mediabunny 1.61.0 holds them whole, several
 * times.
 */

import type { MediaFile } from "../lib/source.ts";
import { ascii } from "./outer-tags.ts";

const MAX_BYTES = 12 * 1024 * 1024;
/** mediabunny's time grows with the square of the number of tags of one name. */
const MAX_TAGS = 10_000;
const PAGE_HEADER = 27;

/** The number of tags that a comment packet states after its vendor string; 0 for another packet. */
function announcedTags(page: Uint8Array): number {
  const start = ascii(page, 0, 8) === "OpusTags" ? 8 : ascii(page, 0, 7) === "\x03vorbis" ? 7 : -1;
  if (start < 0 || start + 8 > page.length) return 0;
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  const at = start + 4 + view.getUint32(start, true);
  return at + 4 <= page.length ? view.getUint32(at, true) : Number.POSITIVE_INFINITY;
}

/** Walks the pages before the first one that ends a packet of sound. */
export async function oggTagsFit(file: MediaFile): Promise<boolean> {
  for (let at = 0; at + PAGE_HEADER <= file.bytes; ) {
    if (at > MAX_BYTES) return false;
    const page = await file.read(at, at + PAGE_HEADER + 255 + 65_025);
    const view = new DataView(page.buffer);
    if (ascii(page, 0, 4) !== "OggS") return true;
    const granule = view.getBigInt64(6, true);
    if (granule > 0n) return true;
    const segments = page[26] ?? 0;
    const body = PAGE_HEADER + segments;
    const length = page.subarray(PAGE_HEADER, body).reduce((sum, size) => sum + size, 0);
    if (announcedTags(page.subarray(body, body + length)) > MAX_TAGS) return false;
    at += body + length;
  }
  return true;
}
