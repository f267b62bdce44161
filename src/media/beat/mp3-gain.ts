/** Reads the loudness of an MP3's granules from their side information. */

import { BitReader } from "../codecs/bits.ts";
import { readMp3Header } from "../codecs/mp3-header.ts";
import { type CodedFrame, LEVEL_PER_BIT, SILENCE } from "./coded-level.ts";

const HEADER_BYTES = 4;
const GRANULE = 576;
/** A granule of fewer bits is silent, whatever its gain. */
const SILENT_BITS = 40;

const bits = new BitReader();

/**
 * The two granules of an MPEG-1 layer 3 frame, or the one granule of a frame of the lower rates (ISO 11172-3,
 * 2.4.1.7; 13818-3, 2.4.1.7); null when the bytes are no such frame.
 */
export function readMp3Gains(frame: Uint8Array): CodedFrame[] | null {
  const header = readMp3Header(frame, 0);
  if (header?.layer !== 3) return null;
  const { channels } = header;
  const first = header.samples === 2 * GRANULE;
  const side = first ? [17, 32] : [9, 17];
  const checked = (frame[1] ?? 0) % 2 === 0 ? 2 : 0;
  const start = HEADER_BYTES + checked;
  const end = start + (side[channels - 1] ?? 0);
  if (frame.length < end) return null;
  bits.open(frame.subarray(start, end));
  // Skip main_data_begin, private bits and (per channel) scfsi.
  bits.at = first ? 9 + (channels === 1 ? 5 : 3) + 4 * channels : 8 + channels;
  return Array.from({ length: first ? 2 : 1 }, () => {
    const granule: CodedFrame = { levels: [], attack: false };
    for (let c = 0; c < channels; c++) {
      const coded = bits.unsigned(12);
      bits.at += 9;
      const gain = bits.unsigned(8);
      bits.at += first ? 4 : 9;
      const switched = bits.unsigned(1) === 1;
      if (switched && bits.unsigned(2) === 2) granule.attack = true;
      bits.at += (switched ? 20 : 22) + (first ? 3 : 2);
      granule.levels.push(coded < SILENT_BITS ? SILENCE : gain / 4 + (LEVEL_PER_BIT * coded) / GRANULE);
    }
    return granule;
  });
}
