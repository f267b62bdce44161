/** AIFFs of the same sound in every compression type. */
import { bytesOf, joined } from "./song-tags.ts";

const be = (value: number, bytes: number) =>
  Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) & 255);

function chunk(name: string, ...content: ArrayLike<number>[]): Uint8Array {
  const body = joined(...content.map((part) => Uint8Array.from(part)));
  return joined(
    Uint8Array.from([...bytesOf(name), ...be(body.length, 4)]),
    body,
    new Uint8Array(body.length % 2),
  );
}

/** A whole rate as an 80 bit float. */
function extended(rate: number): number[] {
  const exponent = Math.floor(Math.log2(rate));
  return [...be(16_383 + exponent, 2), ...be(rate * 2 ** (31 - exponent), 4), 0, 0, 0, 0];
}

export interface AiffForm {
  /** AIFF-C's compression type; null for an AIFF, which has none. */
  coding: string | null;
  bits: number;
  /** The bytes of a sample between -1 and 1. */
  write(value: number): number[];
}

const float = (width: 4 | 8) => (value: number) => {
  const view = new DataView(new ArrayBuffer(width));
  if (width === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return [...new Uint8Array(view.buffer)];
};
const integer = (bytes: number) => (value: number) => be(Math.round(value * 2 ** (8 * bytes - 1)), bytes);

export const AIFF_FORMS: readonly AiffForm[] = [
  { coding: null, bits: 8, write: integer(1) },
  { coding: null, bits: 16, write: integer(2) },
  { coding: null, bits: 24, write: integer(3) },
  { coding: null, bits: 32, write: integer(4) },
  { coding: "NONE", bits: 16, write: integer(2) },
  { coding: "twos", bits: 16, write: integer(2) },
  { coding: "sowt", bits: 16, write: (value) => integer(2)(value).reverse() },
  { coding: "in24", bits: 24, write: integer(3) },
  { coding: "in32", bits: 32, write: integer(4) },
  { coding: "raw ", bits: 8, write: (value) => [Math.round(value * 128) + 128] },
  { coding: "fl32", bits: 32, write: float(4) },
  { coding: "FL32", bits: 32, write: float(4) },
  { coding: "fl64", bits: 64, write: float(8) },
];

/** Sample `i` of a tone in two channels. */
export const toneAt = (i: number): [left: number, right: number] => [
  0.5 * Math.sin(i / 20),
  0.25 * Math.cos(i / 13),
];

export function aiff(
  samples: number,
  rate: number,
  { coding, bits, write }: AiffForm,
  { before = [], soundSize }: { before?: Uint8Array[]; soundSize?: number } = {},
): Uint8Array {
  const data = Array.from({ length: samples }, (_, i) => toneAt(i).flatMap(write)).flat();
  const name = "not compressed";
  const compression = coding === null ? [] : [...bytesOf(coding), name.length, ...bytesOf(name), 0];
  const common = chunk("COMM", be(2, 2), be(samples, 4), be(bits, 2), extended(rate), compression);
  const sound = chunk("SSND", new Uint8Array(8), data);
  if (soundSize !== undefined) sound.set(be(soundSize, 4), 4);
  const version = coding === null ? [] : [chunk("FVER", be(0xa280_5140, 4))];
  const body = joined(
    Uint8Array.from(bytesOf(coding === null ? "AIFF" : "AIFC")),
    ...version,
    ...before,
    common,
    sound,
  );
  return joined(Uint8Array.from([...bytesOf("FORM"), ...be(body.length, 4)]), body);
}

export const textChunk = (name: "NAME" | "AUTH", text: string): Uint8Array => chunk(name, bytesOf(text));
