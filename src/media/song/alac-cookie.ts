/** What an Apple Lossless track says of itself: its "magic cookie", which mediabunny 1.61.0 does not hand out. */
import type { InputAudioTrack } from "mediabunny";
import { type Box, boxAt, boxesIn, boxWithin, viewOf } from "../film/mp4-boxes.ts";
import type { MediaFile } from "../source.ts";

/** ALACSpecificConfig (ALACAudioTypes.h of Apple's reference). */
export interface AlacConfig {
  /** Samples of each channel in a packet, at most. */
  frameLength: number;
  /** 16, 20, 24 or 32. */
  bits: number;
  /** How fast the coder follows the size of residuals, and the size that it begins with. */
  historyMultiplier: number;
  initialHistory: number;
  riceLimit: number;
  channels: number;
  sampleRate: number;
}

const MOST_INDEX_BYTES = 32 * 1024 * 1024;
/** Encoders write 4096; this bounds what a hostile file can make us allocate. */
const MOST_FRAME_LENGTH = 65_536;
const COOKIE_BYTES = 24;
/** What the fields of a sound description take, by its version (0: ISO 14496-12; 1 and 2: QuickTime). */
const FIELD_BYTES = [28, 44, 64];

const missing = () => new Error("The Apple Lossless track is not described.");

/** The index (the box `moov`, alone) wherever it stands. */
async function readIndex(file: MediaFile): Promise<Uint8Array> {
  for (let at = 0; at < file.bytes; ) {
    const box = boxAt(await file.read(at, at + 16), 0, file.bytes - at);
    if (!box) break;
    if (box.name === "moov") return file.read(at, Math.min(at + box.end, at + MOST_INDEX_BYTES));
    at += box.end;
  }
  throw missing();
}

/** The cookie's box in a track's first sample description, or (QuickTime) in a box `wave` there. */
function findCookie(index: Uint8Array, track: Box): Box | null {
  const table = boxWithin(index, track, "mdia", "minf", "stbl", "stsd");
  const entry = table && boxWithin(index, { ...table, start: table.start + 8 }, "alac");
  if (!entry || entry.end - entry.start < 28) return null;
  const fields = FIELD_BYTES[viewOf(index).getUint16(entry.start + 8)] ?? 0;
  const inside = { ...entry, start: entry.start + fields };
  return boxWithin(index, inside, "alac") ?? boxWithin(index, inside, "wave", "alac");
}

function parse(cookie: DataView): AlacConfig {
  const config: AlacConfig = {
    frameLength: cookie.getUint32(0),
    bits: cookie.getUint8(5),
    historyMultiplier: cookie.getUint8(6),
    initialHistory: cookie.getUint8(7),
    riceLimit: cookie.getUint8(8),
    channels: cookie.getUint8(9),
    sampleRate: cookie.getUint32(20),
  };
  const { frameLength, bits, riceLimit, channels, sampleRate } = config;
  const isKnown =
    frameLength > 0 &&
    frameLength <= MOST_FRAME_LENGTH &&
    [16, 20, 24, 32].includes(bits) &&
    riceLimit > 0 &&
    riceLimit < 32 &&
    channels > 0 &&
    channels <= 8 &&
    sampleRate > 0;
  if (!isKnown) throw new Error("The Apple Lossless track is described in an unknown way.");
  return config;
}

/** mediabunny names no codec for these tracks, but reads their packets as any other's. */
export const isAlac = async (track: InputAudioTrack): Promise<boolean> =>
  (await track.getCodec()) === null && (await track.getInternalCodecId()) === "alac";

/**
 * The cookie of a track for which `isAlac` holds. The only true source of its sample rate (an MP4 has
 * no room for more than 65,535 Hz) and channels. Throws where it is missing or damaged.
 */
export async function alacCookie(file: MediaFile, track: InputAudioTrack): Promise<AlacConfig> {
  const index = await readIndex(file);
  const view = viewOf(index);
  const moov = boxAt(index, 0);
  for (const box of moov ? boxesIn(index, moov.start, Math.min(moov.end, index.length)) : []) {
    const header = box.name === "trak" ? boxWithin(index, box, "tkhd") : null;
    // The track's number stands behind two times, of 4 bytes each or, in version 1, 8.
    const at = header && header.start + (index[header.start] === 1 ? 20 : 12);
    if (!header || !at || at + 4 > header.end || view.getUint32(at) !== track.id) continue;
    const cookie = findCookie(index, box);
    // Behind the version and flags of its box.
    if (cookie && cookie.end - cookie.start >= 4 + COOKIE_BYTES)
      return parse(new DataView(index.buffer, index.byteOffset + cookie.start + 4));
  }
  throw missing();
}
