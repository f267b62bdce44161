/** Writes bits, the most significant of each byte first. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** Whole words written, in bytes. */
  #at = 0;
  /** The word that is being filled from its highest bit, and how many of its bits are free. */
  #word = 0;
  #free = 32;

  /** `capacity`: the most bytes that will be written. */
  constructor(capacity: number) {
    this.#bytes = new Uint8Array(capacity + 8);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Writes the lowest `bits` (1 to 32) bits of `value`. */
  put(value: number, bits: number): void {
    const low = (value << (32 - bits)) >>> (32 - bits);
    const left = this.#free - bits;
    if (left > 0) {
      this.#word |= low << left;
      this.#free = left;
      return;
    }
    this.#view.setInt32(this.#at, this.#word | (low >>> -left));
    this.#at += 4;
    this.#word = left < 0 ? low << (32 + left) : 0;
    this.#free = 32 + left;
  }

  /**
   * Writes whole numbers from 0 on as Rice codes: the quotient by 2 ** `k` in unary, the remainder in `k`
   * bits (0 to 30).
   */
  rice(values: Int32Array, from: number, to: number, k: number): void {
    const stop = 1 << k;
    for (let i = from; i < to; i++) {
      const value = values[i] ?? 0;
      let quotient = value >>> k;
      while (quotient + k >= 32) {
        const zeros = Math.min(quotient, 32);
        this.put(0, zeros);
        quotient -= zeros;
      }
      this.put(stop | (value & (stop - 1)), quotient + 1 + k);
    }
  }

  /** Fills the last byte with zeros. */
  align(): void {
    if (this.#free % 8 > 0) this.put(0, this.#free % 8);
  }

  /** The bytes written so far, without an incomplete last byte. */
  written(): Uint8Array {
    this.#view.setInt32(this.#at, this.#word);
    return this.#bytes.subarray(0, this.#at + ((32 - this.#free) >> 3));
  }
}
