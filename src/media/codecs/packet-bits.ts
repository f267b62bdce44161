/** The base of bit readers: holds a packet and a position. */

/** Zeros after a packet, so that whole words can be read near its end. */
const PADDING = 16;
/** Far above any packet of sound: 65,536 samples of 8 channels in 32 bits are 2 MiB. */
const MAX_PACKET_BYTES = 16 * 1024 * 1024;

export class PacketBits {
  protected bytes = new Uint8Array(PADDING);
  protected view = new DataView(this.bytes.buffer);
  /** Bits read so far. */
  at = 0;
  /** Bits that the packet has. */
  protected end = 0;

  /** Begins a packet; its bytes are copied. */
  open(packet: Uint8Array): void {
    if (packet.length > MAX_PACKET_BYTES) throw new Error("A packet of sound is too large.");
    if (this.bytes.length < packet.length + PADDING) {
      this.bytes = new Uint8Array(2 * packet.length + PADDING);
      this.view = new DataView(this.bytes.buffer);
    }
    this.bytes.set(packet);
    this.bytes.fill(0, packet.length, packet.length + PADDING);
    this.at = 0;
    this.end = packet.length * 8;
  }
}
