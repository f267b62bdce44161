/** Vorbis codebooks (Vorbis I, 3): a Huffman code for entry numbers, and the vectors of the entries. */
import { bitsOf, brokenSetup, type LowBitReader } from "./vorbis-bits.ts";

export interface Book {
  dimensions: number;
  /** The vectors, concatenated; null for a book without vectors. */
  vectors: Float32Array | null;
  /** A lookup table by the next bits: `number << 6 | bits of its code`; 0 when the code is longer. */
  fast: Int32Array;
  /** All codes in ascending order, left-aligned in 32 bits, with their lengths and entry numbers. */
  codes: Uint32Array;
  lengths: Uint8Array;
  numbers: Uint16Array;
}

const FAST_BITS = 10;
const FAST_MASK = (1 << FAST_BITS) - 1;
/** Limit for all books of a stream together; real encoders use less than a tenth of it. */
const MAX_ENTRIES = 65_535;
const MAX_VECTOR_NUMBERS = 2 * 1024 * 1024;

function reversed(word: number): number {
  let w = word;
  w = ((w >>> 1) & 0x5555_5555) | ((w & 0x5555_5555) << 1);
  w = ((w >>> 2) & 0x3333_3333) | ((w & 0x3333_3333) << 2);
  w = ((w >>> 4) & 0x0f0f_0f0f) | ((w & 0x0f0f_0f0f) << 4);
  w = ((w >>> 8) & 0x00ff_00ff) | ((w & 0x00ff_00ff) << 8);
  return ((w >>> 16) | (w << 16)) >>> 0;
}

/** Reads the bits of each entry's code; 0 for unused entries. */
function readLengths(input: LowBitReader, entries: number): Uint8Array {
  const lengths = new Uint8Array(entries);
  if (input.flag()) {
    let length = input.unsigned(5) + 1;
    for (let i = 0; i < entries; length++) {
      const count = input.unsigned(bitsOf(entries - i));
      if (count > entries - i || length > 32) throw brokenSetup("a codebook's lengths don't fit it");
      lengths.fill(length, i, i + count);
      i += count;
    }
    return lengths;
  }
  const isSparse = input.flag();
  for (let i = 0; i < entries; i++) if (!isSparse || input.flag()) lengths[i] = input.unsigned(5) + 1;
  return lengths;
}

/** Assigns the lowest free code to each entry in order (Vorbis I, 3.2.1). */
function assign(lengths: Uint8Array): { code: number; length: number; number: number }[] {
  const made: { code: number; length: number; number: number }[] = [];
  // By length: the lowest free code of that length; -1 for none.
  const free = new Float64Array(33).fill(-1);
  free[0] = 0;
  for (const [number, length] of lengths.entries()) {
    if (length === 0) continue;
    let from = length;
    while (from >= 0 && (free[from] ?? -1) < 0) from--;
    if (from < 0) throw brokenSetup("a codebook has too many codes");
    const code = free[from] ?? 0;
    free[from] = -1;
    for (let l = from + 1; l <= length; l++) free[l] = code + 2 ** (32 - l);
    made.push({ code, length, number });
  }
  return made.sort((a, b) => a.code - b.code);
}

/** Reads a float (Vorbis I, 9.2.2). */
function readFloat(input: LowBitReader): number {
  const bits = input.unsigned(32);
  const size = (bits & 0x1f_ffff) * 2 ** (((bits >>> 21) & 0x3ff) - 788);
  return bits >>> 31 ? -size : size;
}

/** The greatest whole number that, raised to `dimensions`, is at most `entries`. */
function latticeSize(entries: number, dimensions: number): number {
  let size = Math.floor(entries ** (1 / dimensions));
  while ((size + 1) ** dimensions <= entries) size++;
  while (size ** dimensions > entries) size--;
  return size;
}

function readVectors(input: LowBitReader, entries: number, dimensions: number): Float32Array | null {
  const type = input.unsigned(4);
  if (type === 0) return null;
  if (type > 2) throw brokenSetup("a codebook's vectors are of an unknown kind");
  const [least, step] = [readFloat(input), readFloat(input)];
  const bits = input.unsigned(4) + 1;
  const isSequence = input.flag();
  const count = type === 1 ? latticeSize(entries, dimensions) : entries * dimensions;
  const steps = Uint16Array.from({ length: count }, () => input.unsigned(bits));
  const vectors = new Float32Array(entries * dimensions);
  for (let entry = 0; entry < entries; entry++) {
    let last = 0;
    let rest = entry;
    for (let d = 0; d < dimensions; d++) {
      const at = entry * dimensions + d;
      const value = (steps[type === 1 ? rest % count : at] ?? 0) * step + least + last;
      if (isSequence) last = value;
      vectors[at] = value;
      rest = Math.floor(rest / count);
    }
  }
  return vectors;
}

/** Reads the codebooks of a setup header. */
export function readBooks(input: LowBitReader): Book[] {
  let [entriesLeft, numbersLeft] = [MAX_ENTRIES, MAX_VECTOR_NUMBERS];
  return Array.from({ length: input.unsigned(8) + 1 }, () => {
    if (input.unsigned(24) !== 0x56_4342) throw brokenSetup("a codebook is missing");
    const [dimensions, entries] = [input.unsigned(16), input.unsigned(24)];
    entriesLeft -= entries;
    numbersLeft -= entries * dimensions;
    if (dimensions === 0 || entriesLeft < 0 || numbersLeft < 0) throw brokenSetup("a codebook is too large");
    const made = assign(readLengths(input, entries));
    const fast = new Int32Array(FAST_MASK + 1);
    for (const { code, length, number } of made) {
      if (length > FAST_BITS) continue;
      for (let i = reversed(code); i <= FAST_MASK; i += 1 << length) fast[i] = (number << 6) | length;
    }
    return {
      dimensions,
      vectors: readVectors(input, entries, dimensions),
      fast,
      codes: Uint32Array.from(made, ({ code }) => code),
      lengths: Uint8Array.from(made, ({ length }) => length),
      numbers: Uint16Array.from(made, ({ number }) => number),
    };
  });
}

/**
 * Reads the next entry number; past the packet's end the number is arbitrary. Throws when the bits match no
 * code.
 */
export function readNumber(input: LowBitReader, book: Book): number {
  const word = input.peek();
  const known = book.fast[word & FAST_MASK] ?? 0;
  if (known !== 0) {
    input.at += known & 63;
    return known >> 6;
  }
  const wanted = reversed(word);
  let [low, high] = [0, book.codes.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((book.codes[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  const length = book.lengths[low] ?? 0;
  if (length === 0 || (wanted ^ (book.codes[low] ?? 0)) >>> (32 - length) !== 0)
    throw new Error("A Vorbis packet is damaged: it holds no such code.");
  input.at += length;
  return book.numbers[low] ?? 0;
}
