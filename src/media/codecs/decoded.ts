/** A decoded packet. */
export interface Decoded {
  /**
   * A row of samples for each channel, signed integers of the decoder's bits; all 0 when the packet is
   * damaged.
   */
  rows: Int32Array[];
  isDamaged: boolean;
}
