/** Writes WAVs of every kind. */
import { bytesOf, joined } from "./song-tags.ts";

interface WavForm {
  bits?: 8 | 16 | 24 | 32 | 64;
  /** 1: integers, 3: floats. */
  formatTag?: number;
  extensible?: boolean;
  /** Chunks before the samples. */
  before?: Uint8Array[];
  /** Chunks after the samples. */
  behind?: Uint8Array[];
  /** Wrong sizes for the header. */
  riffSize?: number;
  dataSize?: number;
  name?: "RIFF" | "RIFX" | "RF64";
}

const RATE = 8000;
const uint = (value: number, bytes: number, little = true) => {
  const out = Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 255);
  return little ? out : out.reverse();
};

/** A chunk with its padding, which some writers leave out. */
export function chunk(
  name: string,
  content: ArrayLike<number>,
  { padded = true, little = true } = {},
): Uint8Array {
  const padding = padded && content.length % 2 === 1 ? [0] : [];
  return Uint8Array.from([
    ...bytesOf(name),
    ...uint(content.length, 4, little),
    ...Array.from(content),
    ...padding,
  ]);
}

/** A tone of two channels at 8 kHz, that many samples long. */
export function wav(samples: number, form: WavForm = {}): Uint8Array {
  const { bits = 16, formatTag = 1, extensible = false, before = [], behind = [], name = "RIFF" } = form;
  const little = name !== "RIFX";
  const width = bits / 8;
  const data = new Uint8Array(samples * 2 * width);
  const view = new DataView(data.buffer);
  for (let i = 0; i < samples * 2; i++) {
    const value = Math.sin(i / 20) * 0.5;
    if (formatTag === 3 && bits === 64) view.setFloat64(i * width, value, little);
    else if (formatTag === 3) view.setFloat32(i * width, value, little);
    else
      data.set(
        uint(Math.round((bits === 8 ? value + 1 : value) * 2 ** (bits - 1)) >>> 0, width, little),
        i * width,
      );
  }
  const format = [
    ...uint(extensible ? 0xfffe : formatTag, 2, little),
    ...uint(2, 2, little),
    ...uint(RATE, 4, little),
    ...uint(RATE * 2 * width, 4, little),
    ...uint(2 * width, 2, little),
    ...uint(bits, 2, little),
    ...(extensible
      ? [22, 0, bits, 0, 3, 0, 0, 0, formatTag, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]
      : []),
  ];
  const head = (size: number) => [...bytesOf(name), ...uint(size, 4, little), ...bytesOf("WAVE")];
  const chunks = joined(
    ...(name === "RF64"
      ? [chunk("ds64", [...uint(0, 8), ...uint(data.length, 8), ...uint(samples, 8), 0, 0, 0, 0])]
      : []),
    chunk("fmt ", format, { little }),
    ...before,
    Uint8Array.of(...bytesOf("data"), ...uint(form.dataSize ?? data.length, 4, little)),
    data,
    ...behind,
  );
  return joined(Uint8Array.from(head(form.riffSize ?? chunks.length + 4)), chunks);
}
