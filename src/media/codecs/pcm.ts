/** Reads uncompressed sound as whole numbers. */

export interface PcmForm {
  /** Bits of a sample that `read` returns; floats and 32 bit samples are reduced to 24 bits. */
  bits: 16 | 24;
  bytesPerSample: number;
  /** The sample at a byte offset. */
  read(view: DataView, at: number): number;
}

const clamp24 = (value: number) =>
  Math.max(-0x80_0000, Math.min(0x7f_ffff, Math.round(value * 0x80_0000))) || 0;

/** A byte of µ-law sound as 16 bits (ITU-T G.711, table 2a). */
function muLaw(byte: number): number {
  const bits = ~byte & 0xff;
  const magnitude = ((((bits & 0x0f) << 3) + 0x84) << ((bits & 0x70) >> 4)) - 0x84;
  return bits & 0x80 ? -magnitude : magnitude;
}

/** A byte of A-law sound as 16 bits (ITU-T G.711, table 1a). */
function aLaw(byte: number): number {
  const bits = byte ^ 0x55;
  const segment = (bits & 0x70) >> 4;
  const low = ((bits & 0x0f) << 4) + 8;
  const magnitude = segment === 0 ? low : (low + 0x100) << (segment - 1);
  return bits & 0x80 ? magnitude : -magnitude;
}

const signed24 = (high: number, middle: number, low: number) =>
  ((high << 24) | (middle << 16) | (low << 8)) >> 8;

/** How to read a codec of mediabunny's PCM family (`pcm-s16`, `ulaw` and so on); undefined for any other. */
export function pcmForm(codec: string): PcmForm | undefined {
  const little = !codec.endsWith("be");
  switch (codec.replace(/be$/, "")) {
    case "pcm-u8":
      return { bits: 16, bytesPerSample: 1, read: (view, at) => (view.getUint8(at) - 128) << 8 };
    case "pcm-s8":
      return { bits: 16, bytesPerSample: 1, read: (view, at) => view.getInt8(at) << 8 };
    case "ulaw":
      return { bits: 16, bytesPerSample: 1, read: (view, at) => muLaw(view.getUint8(at)) };
    case "alaw":
      return { bits: 16, bytesPerSample: 1, read: (view, at) => aLaw(view.getUint8(at)) };
    case "pcm-s16":
      return { bits: 16, bytesPerSample: 2, read: (view, at) => view.getInt16(at, little) };
    case "pcm-s24":
      return {
        bits: 24,
        bytesPerSample: 3,
        read: (view, at) => {
          const middle = view.getUint8(at + 1);
          const [first, last] = [view.getUint8(at), view.getUint8(at + 2)];
          return little ? signed24(last, middle, first) : signed24(first, middle, last);
        },
      };
    case "pcm-s32":
      return { bits: 24, bytesPerSample: 4, read: (view, at) => view.getInt32(at, little) >> 8 };
    case "pcm-f32":
      return { bits: 24, bytesPerSample: 4, read: (view, at) => clamp24(view.getFloat32(at, little)) };
    case "pcm-f64":
      return { bits: 24, bytesPerSample: 8, read: (view, at) => clamp24(view.getFloat64(at, little)) };
    default:
      return undefined;
  }
}
