/** Reads the metadata blocks of a FLAC (RFC 9639, 8): STREAMINFO and the places of the tags. */

import type { MediaFile, View } from "../lib/source.ts";
import { ascii, type Span } from "./outer-tags.ts";

export interface FlacBlocks {
  /**
   * The signature, STREAMINFO and the frames, without the other blocks, which may hold pictures of any size.
   */
  view: View;
  comments: Span | null;
  pictures: Span[];
}

const STREAMINFO_BYTES = 34;
const MAX_BLOCKS = 1000;
const COMMENTS = 4;
const PICTURE = 6;

/** Throws when the span does not begin like a FLAC. */
export async function readFlacBlocks(file: MediaFile, { start, end }: Span): Promise<FlacBlocks> {
  const first = await file.read(start, start + 8 + STREAMINFO_BYTES);
  if (ascii(first, 0, 4) !== "fLaC" || ((first[4] ?? 0) & 0x7f) !== 0)
    throw new Error("It is no FLAC stream.");
  let comments: Span | null = null;
  const pictures: Span[] = [];
  let at = start + 4;
  for (let i = 0; i < MAX_BLOCKS; i++) {
    const [kind = 0x80, high = 0, middle = 0, low = 0] = await file.read(at, at + 4);
    const block = { start: at + 4, end: Math.min(end, at + 4 + ((high << 16) | (middle << 8) | low)) };
    if ((kind & 0x7f) === COMMENTS) comments ??= block;
    if ((kind & 0x7f) === PICTURE) pictures.push(block);
    at = block.end;
    if (kind & 0x80 || at >= end) break;
  }
  const head = first.slice();
  head.set([0x80, 0, 0, STREAMINFO_BYTES], 4);
  return { view: { head, start: at, end }, comments, pictures };
}
