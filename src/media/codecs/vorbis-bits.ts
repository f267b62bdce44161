/** Reads the bits of a Vorbis packet, the least significant of each byte first (Vorbis I, 2.1). */
import { PacketBits } from "./packet-bits.ts";

export class LowBitReader extends PacketBits {
  /** Whether more bits were read than the packet has; they are zeros. */
  ended(): boolean {
    return this.at > this.end;
  }

  /** The next 32 bits without reading them. */
  peek(): number {
    if (this.at >= this.end) return 0;
    const byte = this.at >> 3;
    const bit = this.at & 7;
    return (this.view.getUint32(byte, true) >>> bit) | (((this.bytes[byte + 4] ?? 0) << 1) << (31 - bit));
  }

  /** Reads an unsigned number of 0 to 32 bits. */
  unsigned(bits: number): number {
    const value = bits === 0 ? 0 : (this.peek() << (32 - bits)) >>> (32 - bits);
    this.at += bits;
    return value;
  }

  flag(): boolean {
    return this.unsigned(1) === 1;
  }
}

/** How many bits a number takes (Vorbis I, 9.2.1). */
export const bitsOf = (value: number): number => 32 - Math.clz32(value);

/** `what`: what is wrong with a stream's setup header. */
export const brokenSetup = (what: string) => new Error(`The Vorbis setup is damaged: ${what}.`);
