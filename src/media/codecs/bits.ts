/** Reads the bits of packets, the most significant of each byte first. */
import { PacketBits } from "./packet-bits.ts";

export class BitReader extends PacketBits {
  /** Throws when more bits were read than the packet has. */
  check(): void {
    if (this.at > this.end) throw new Error("A packet of sound breaks off.");
  }

  /** The next 32 bits without reading them; zeros after the packet's end. */
  peek(): number {
    const byte = this.at >> 3;
    const bit = this.at & 7;
    return (this.view.getInt32(byte) << bit) | ((this.bytes[byte + 4] ?? 0) >>> (8 - bit));
  }

  /** Reads an unsigned number of 0 to 32 bits. */
  unsigned(bits: number): number {
    this.check();
    const value = bits === 0 ? 0 : this.peek() >>> (32 - bits);
    this.at += bits;
    return value;
  }

  /** Reads a number of 1 to 33 bits in two's complement. */
  signed(bits: number): number {
    if (bits > 32) return this.signed(bits - 16) * 0x1_0000 + this.unsigned(16);
    this.check();
    const value = this.peek() >> (32 - bits);
    this.at += bits;
    return value;
  }

  /** Reads zeros up to and including the next one bit; returns the number of zeros. */
  unary(): number {
    let zeros = 0;
    for (let word = this.peek(); ; word = this.peek()) {
      const run = Math.clz32(word);
      zeros += run;
      if (run < 32) {
        this.at += run + 1;
        return zeros;
      }
      this.at += 32;
      this.check();
    }
  }

  /** Reads signed numbers in Rice codes of parameter `k` (0 to 30) into `out`. */
  rice(out: Int32Array, from: number, to: number, k: number): void {
    const view = this.view;
    let at = this.at;
    for (let i = from; i < to; i++) {
      // At least 25 bits, enough for almost every code.
      const word = view.getInt32(at >> 3) << (at & 7);
      const zeros = Math.clz32(word);
      let folded: number;
      if (zeros + k < 25) {
        folded = (zeros << k) | (((word << zeros) & 0x7fff_ffff) >>> (31 - k));
        at += zeros + 1 + k;
      } else {
        this.at = at;
        folded = (this.unary() << k) | this.unsigned(k);
        at = this.at;
      }
      out[i] = (folded >>> 1) ^ -(folded & 1);
    }
    this.at = at;
    this.check();
  }
}
