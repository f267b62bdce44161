/** Reads the "magic cookie" of an Apple Lossless track, which mediabunny 1.61.0 does not expose. */
import type { InputAudioTrack } from "mediabunny";
import { type AlacConfig, alacConfig, COOKIE_BYTES } from "../codecs/alac-config.ts";
import { type Box, boxAt, boxesIn, boxWithin, viewOf } from "../lib/mp4-boxes.ts";
import { indexParts } from "../lib/mp4-index.ts";
import type { MediaFile } from "../lib/source.ts";

/** Bytes of a sound description's fields, by its version (0: ISO 14496-12; 1 and 2: QuickTime). */
const FIELD_BYTES = [28, 44, 64];

const missing = () => new Error("The Apple Lossless track is not described.");

async function readMovie(file: MediaFile): Promise<Uint8Array> {
  for await (const { name, bytes } of indexParts(file)) if (name === "moov") return bytes;
  throw missing();
}

/** The cookie's box in a track's first sample description, or (QuickTime) in a box `wave` in it. */
function findCookie(index: Uint8Array, track: Box): Box | null {
  const table = boxWithin(index, track, "mdia", "minf", "stbl", "stsd");
  const entry = table && boxWithin(index, { ...table, start: table.start + 8 }, "alac");
  if (!entry || entry.end - entry.start < 28) return null;
  const fields = FIELD_BYTES[viewOf(index).getUint16(entry.start + 8)] ?? 0;
  const inside = { ...entry, start: entry.start + fields };
  return boxWithin(index, inside, "alac") ?? boxWithin(index, inside, "wave", "alac");
}

/** Whether a track is Apple Lossless: mediabunny names no codec for these tracks, but reads their packets. */
export const isAlac = async (track: InputAudioTrack): Promise<boolean> =>
  (await track.getCodec()) === null && (await track.getInternalCodecId()) === "alac";

/**
 * The cookie of a track for which `isAlac` is true. Only the cookie has the reliable sample rate (an MP4
 * can't state more than 65,535 Hz) and number of channels. Throws when it is missing or damaged.
 */
export async function alacCookie(file: MediaFile, track: InputAudioTrack): Promise<AlacConfig> {
  const index = await readMovie(file);
  const view = viewOf(index);
  const moov = boxAt(index, 0);
  for (const box of moov ? boxesIn(index, moov.start, Math.min(moov.end, index.length)) : []) {
    const header = box.name === "trak" ? boxWithin(index, box, "tkhd") : null;
    // The track's id comes after two times of 4 bytes each (8 in version 1).
    const at = header && header.start + (index[header.start] === 1 ? 20 : 12);
    if (!header || !at || at + 4 > header.end || view.getUint32(at) !== track.id) continue;
    const cookie = findCookie(index, box);
    // The cookie comes after the version and flags of its box.
    if (cookie && cookie.end - cookie.start >= 4 + COOKIE_BYTES)
      return alacConfig(new DataView(index.buffer, index.byteOffset + cookie.start + 4, COOKIE_BYTES));
  }
  throw missing();
}
