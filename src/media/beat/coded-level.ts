/** What coded frames say of their loudness. */

export interface CodedFrame {
  /** Of each channel that is told of: powers of two of the amplitude, against nothing in particular. */
  levels: number[];
  /** Whether the encoder saw an attack: it cut the frame into short blocks. */
  attack: boolean;
}

/** A quantised number grows with the amplitude to the power of 3/4, and takes about its logarithm of bits. */
export const LEVEL_PER_BIT = 4 / 3;
export const SILENCE = 20;
