/** The loudness of coded frames. */

export interface CodedFrame {
  /** Level of each known channel: log2 of the amplitude, without a fixed reference. */
  levels: number[];
  /** Whether the encoder detected an attack: it used short blocks. */
  attack: boolean;
}

/**
 * Level per bit of a number: quantised numbers grow with amplitude ** (3/4), and take about log2 of that in
 * bits.
 */
export const LEVEL_PER_BIT = 4 / 3;
export const SILENCE = 20;
