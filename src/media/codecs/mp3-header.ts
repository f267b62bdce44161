/** The header of an MP3 frame (ISO 11172-3, 2.4.1.3; 13818-3 for its lower rates). */

export interface Mp3Header {
  /** Length of the frame, header included. */
  bytes: number;
  /** Samples of each channel. */
  samples: number;
  sampleRate: number;
  channels: number;
  /** 1 to 3. */
  layer: number;
  /** A number that is the same for all frames of a stream. */
  kind: number;
}

const RATES = [44_100, 48_000, 32_000];
/** Kilobits per second of MPEG-1 layers 1 to 3, then of MPEG-2 layer 1 and of its layers 2 and 3. */
const KILOBITS = [
  [32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  [32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  [32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/**
 * The header at offset `at`. Null when no frame begins there, and for a free bit rate, which leaves the
 * length unknown.
 */
export function readMp3Header(bytes: Uint8Array, at: number): Mp3Header | null {
  const [second = 0, third = 0, fourth = 0] = [bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  if (bytes[at] !== 0xff || second < 0xe0 || at + 4 > bytes.length) return null;
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const rate = RATES[(third >> 2) & 3];
  const first = version === 3;
  const kilobits = KILOBITS[first ? layer - 1 : layer === 1 ? 3 : 4]?.[(third >> 4) - 1];
  if (version === 1 || layer === 4 || !rate || !kilobits) return null;
  const sampleRate = first ? rate : version === 2 ? rate / 2 : rate / 4;
  const samples = layer === 1 ? 384 : layer === 3 && !first ? 576 : 1152;
  const padding = (third >> 1) & 1;
  const length =
    layer === 1
      ? (Math.floor((12_000 * kilobits) / sampleRate) + padding) * 4
      : Math.floor((samples * 125 * kilobits) / sampleRate) + padding;
  const channels = fourth >> 6 === 3 ? 1 : 2;
  return {
    bytes: length,
    samples,
    sampleRate,
    channels,
    layer,
    kind: ((second & 0xfe) << 8) | (third & 0x0c) | channels,
  };
}
