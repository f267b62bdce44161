/** The order of channels, and mixing them to stereo. */

/**
 * For each number of channels: the index of each channel of Vorbis and Opus (Vorbis I, 4.3.9; RFC 7845,
 * 5.1.1.2) in the order of FLAC and WAV (left, right, centre, low frequencies, back, side).
 */
export const XIPH_CHANNEL_ORDER: readonly (readonly number[])[] = [
  [],
  [0],
  [0, 1],
  [0, 2, 1],
  [0, 1, 2, 3],
  [0, 2, 1, 3, 4],
  [0, 2, 1, 4, 5, 3],
  [0, 2, 1, 5, 6, 4, 3],
  [0, 2, 1, 6, 7, 4, 5, 3],
];

const HALF_POWER = Math.SQRT1_2;
const [LEFT, RIGHT, BOTH, NONE] = [
  [1, 0],
  [0, 1],
  [HALF_POWER, HALF_POWER],
  [0, 0],
] as const;
const [BACK_LEFT, BACK_RIGHT] = [
  [HALF_POWER, 0],
  [0, HALF_POWER],
] as const;

/**
 * For each number of channels: the share of each channel in left and right, in the order of FLAC and WAV
 * (ITU-R BS.775-3, table 2).
 */
const SHARES: readonly (readonly (readonly [left: number, right: number])[])[] = [
  [],
  [[1, 1]],
  [LEFT, RIGHT],
  [LEFT, RIGHT, BOTH],
  [LEFT, RIGHT, BACK_LEFT, BACK_RIGHT],
  [LEFT, RIGHT, BOTH, BACK_LEFT, BACK_RIGHT],
  [LEFT, RIGHT, BOTH, NONE, BACK_LEFT, BACK_RIGHT],
  [LEFT, RIGHT, BOTH, NONE, [0.5, 0.5], BACK_LEFT, BACK_RIGHT],
  [LEFT, RIGHT, BOTH, NONE, BACK_LEFT, BACK_RIGHT, BACK_LEFT, BACK_RIGHT],
];

/** Shares scaled down so that no sum exceeds full scale, as ffmpeg does it. */
function normalised(shares: readonly (readonly [number, number])[]): readonly (readonly [number, number])[] {
  const sum = (side: 0 | 1) => shares.reduce((total, share) => total + share[side], 0);
  const most = Math.max(1, sum(0), sum(1));
  return shares.map(([left, right]) => [left / most, right / most]);
}

/**
 * Makes a function from rows of `bits` bit samples, one for each channel, to left and right, from -1 to 1.
 */
export function toStereo(
  channels: number,
  bits: number,
): (rows: readonly Int32Array[]) => [Float32Array, Float32Array] {
  const shares = normalised(SHARES[channels] ?? []);
  const unit = 2 ** (1 - bits);
  return (rows) => {
    const length = rows[0]?.length ?? 0;
    const [left, right] = [new Float32Array(length), new Float32Array(length)];
    for (const [c, row] of rows.entries()) {
      const [toLeft = 0, toRight = 0] = shares[c] ?? [];
      const [l, r] = [toLeft * unit, toRight * unit];
      for (let i = 0; l !== 0 && i < length; i++) left[i] = (left[i] ?? 0) + (row[i] ?? 0) * l;
      for (let i = 0; r !== 0 && i < length; i++) right[i] = (right[i] ?? 0) + (row[i] ?? 0) * r;
    }
    return [left, right];
  };
}
