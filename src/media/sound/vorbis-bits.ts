/** Reads the bits of a Vorbis packet, the least significant of each byte first (Vorbis I, 2.1). */

const PADDING = 8;
/** An hour of a setup header would fit; it bounds what a hostile file can make us copy. */
const MOST_PACKET_BYTES = 16 * 1024 * 1024;

export class LowBitReader {
  #bytes = new Uint8Array(PADDING);
  #view = new DataView(this.#bytes.buffer);
  /** Bits read so far. */
  at = 0;
  #end = 0;

  /** Begins a packet; its bytes are copied. */
  open(packet: Uint8Array): void {
    if (packet.length > MOST_PACKET_BYTES) throw new Error("A packet of sound is too large.");
    if (this.#bytes.length < packet.length + PADDING) {
      this.#bytes = new Uint8Array(2 * packet.length + PADDING);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#bytes.set(packet);
    this.#bytes.fill(0, packet.length, packet.length + PADDING);
    this.at = 0;
    this.#end = packet.length * 8;
  }

  /** Whether the packet has ended; it reads as zeros from there on. */
  ended(): boolean {
    return this.at > this.#end;
  }

  /** The next 32 bits, not read yet. */
  peek(): number {
    if (this.at >= this.#end) return 0;
    const byte = this.at >> 3;
    const bit = this.at & 7;
    return (this.#view.getUint32(byte, true) >>> bit) | (((this.#bytes[byte + 4] ?? 0) << 1) << (31 - bit));
  }

  /** 0 to 32 bits. */
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
