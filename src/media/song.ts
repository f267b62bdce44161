/** Opening a song for mediabunny, whatever its container. */
import { Input } from "mediabunny";
import { CONTAINERS } from "./container.ts";
import type { MediaFile } from "./source.ts";

/** What a WebM or Matroska file begins with (RFC 8794). */
const EBML = [0x1a, 0x45, 0xdf, 0xa3];

/**
 * The caller disposes the input. A WebM is watched while it is read: where no element follows a
 * damaged place, mediabunny 1.61.0 searches its last 8 bytes for ever (`resync` in its matroska/ebml.ts).
 */
export async function openSong(file: MediaFile): Promise<Input> {
  const head = await file.read(0, EBML.length);
  const watched = EBML.every((byte, i) => head[i] === byte);
  return new Input({ source: file.source(watched), formats: CONTAINERS });
}
