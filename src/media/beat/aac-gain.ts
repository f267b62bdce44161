/** Reads the loudness of an AAC frame from the start of its first element. */
import { BitReader } from "../codecs/bits.ts";
import { type CodedFrame, LEVEL_PER_BIT, SILENCE } from "./coded-level.ts";

const [SINGLE, PAIR, FILL] = [0, 1, 6];
const SAMPLES = 1024;
const SHORT = 2;
/**
 * The most bits from an element's id to the stereo mask (`ms_mask_present`), and the bits that are read after
 * that.
 */
const LONGEST_START = 26;
const GAIN_AND_WINDOWS = 11;
/** A silent frame has fewer bytes. */
const SILENT_BYTES = 16;

const bits = new BitReader();

/**
 * Reads the windows that the channels share (`ics_info`), up to and including the stereo mask; null with
 * prediction.
 */
function sharedWindows(): { short: boolean } | null {
  bits.at += 1;
  const short = bits.unsigned(2) === SHORT;
  bits.at += 1;
  const bands = bits.unsigned(short ? 4 : 6);
  let groups = 1;
  if (short) {
    for (let i = 0; i < 7; i++) groups += 1 - bits.unsigned(1);
  } else if (bits.unsigned(1) === 1) return null;
  if (bits.unsigned(2) === 1) bits.at += bands * groups;
  return { short };
}

/**
 * The level of one raw frame, with or without its ADTS header (ISO 14496-3, 4.4.2); null when its first
 * element can't be read. It is computed from the gain of that element's first channel and the bits of the
 * whole frame.
 */
export function readAacGain(frame: Uint8Array): CodedFrame | null {
  const size = frame.length * 8;
  if (frame.length < SILENT_BYTES) return { levels: [SILENCE], attack: false };
  const adts = frame[0] === 0xff && ((frame[1] ?? 0) & 0xf6) === 0xf0;
  bits.open(frame);
  if (adts) bits.at = (frame[1] ?? 0) % 2 === 1 ? 56 : 72;
  let element = bits.unsigned(3);
  // Fill elements, such as an encoder's name, may come first.
  for (; element === FILL; element = bits.unsigned(3)) {
    const count = bits.unsigned(4);
    const all = count === 15 ? 14 + bits.unsigned(8) : count;
    bits.at += 8 * all;
    if (bits.at + LONGEST_START > size) return null;
  }
  if (bits.at + LONGEST_START > size || ![SINGLE, PAIR].includes(element)) return null;
  bits.at += 4;
  const common = element === PAIR && bits.unsigned(1) === 1;
  const shared = common ? sharedWindows() : null;
  if ((common && !shared) || bits.at + GAIN_AND_WINDOWS > size) return null;
  const gain = bits.unsigned(8);
  if (!common) bits.at += 1;
  const short = shared ? shared.short : bits.unsigned(2) === SHORT;
  const channels = element === PAIR ? 2 : 1;
  return { levels: [gain / 4 + (LEVEL_PER_BIT * size) / SAMPLES / channels], attack: short };
}
