/** What a packet of coded sound decodes to. */
export interface Decoded {
  /** The samples of each channel, as signed integers of the decoder's bits; 0 where the packet is damaged. */
  rows: Int32Array[];
  isDamaged: boolean;
}
