/** Residues (Vorbis I, 8): the fine structure of a spectrum, as sums of vectors from codebooks. */
import { brokenSetup, type LowBitReader } from "./vorbis-bits.ts";
import { type Book, readNumber } from "./vorbis-book.ts";

export interface Residue {
  /**
   * 0: a vector's numbers are spread over a partition; 1: they are consecutive; 2: as 1, with all channels
   * interleaved.
   */
  type: number;
  begin: number;
  end: number;
  partitionSize: number;
  /** Each of its numbers holds the classes of as many partitions as the book has dimensions. */
  classBook: Book;
  /** By class and pass; null when nothing is added. */
  books: (Book | null)[][];
}

const PASSES = 8;

export function readResidueSetup(input: LowBitReader, bookAt: (index: number) => Book): Residue {
  const type = input.unsigned(16);
  if (type > 2) throw brokenSetup("a residue is of an unknown kind");
  const [begin, end, partitionSize] = [input.unsigned(24), input.unsigned(24), input.unsigned(24) + 1];
  const classes = input.unsigned(6) + 1;
  const classBook = bookAt(input.unsigned(8));
  const cascades = Array.from({ length: classes }, () => {
    const low = input.unsigned(3);
    return input.flag() ? (input.unsigned(5) << 3) | low : low;
  });
  const books = cascades.map((cascade) =>
    Array.from({ length: PASSES }, (_, pass) => {
      if (!((cascade >> pass) & 1)) return null;
      const book = bookAt(input.unsigned(8));
      if (!book.vectors) throw brokenSetup("a residue's codebook has no vectors");
      return book;
    }),
  );
  return { type, begin, end, partitionSize, classBook, books };
}

/** Reads one partition and adds it to a spectrum; false when the packet has ended. */
function addPartition(
  input: LowBitReader,
  book: Book,
  out: Float64Array,
  from: number,
  size: number,
  isSpread: boolean,
): boolean {
  const { dimensions, vectors } = book;
  const count = Math.ceil(size / dimensions);
  const stride = isSpread ? count : 1;
  for (let i = 0; i < count; i++) {
    const vector = readNumber(input, book) * dimensions;
    if (input.ended()) return false;
    let at = from + (isSpread ? i : i * dimensions);
    for (let d = 0; d < dimensions; d++) {
      out[at] = (out[at] ?? 0) + (vectors?.[vector + d] ?? 0);
      at += stride;
    }
  }
  return true;
}

/** Reads the classes of the next partitions: the digits of one number, the most significant first. */
function readClasses(input: LowBitReader, residue: Residue, out: Uint8Array, from: number): void {
  const { classBook, books } = residue;
  let rest = readNumber(input, classBook);
  for (let i = classBook.dimensions - 1; i >= 0; i--) {
    out[from + i] = rest % books.length;
    rest = Math.floor(rest / books.length);
  }
}

function addAll(input: LowBitReader, residue: Residue, spectra: readonly Float64Array[]): void {
  const { partitionSize, classBook, books } = residue;
  const length = spectra[0]?.length ?? 0;
  const begin = Math.min(residue.begin, length);
  const partitions = Math.floor((Math.min(residue.end, length) - begin) / partitionSize);
  const classes = spectra.map(() => new Uint8Array(Math.max(0, partitions) + classBook.dimensions));
  for (let pass = 0; pass < PASSES; pass++) {
    for (let p = 0; p < partitions; p++) {
      if (pass === 0 && p % classBook.dimensions === 0) {
        for (const row of classes) readClasses(input, residue, row, p);
        if (input.ended()) return;
      }
      for (let c = 0; c < spectra.length; c++) {
        const book = books[classes[c]?.[p] ?? 0]?.[pass];
        const out = spectra[c];
        if (!book || !out) continue;
        const from = begin + p * partitionSize;
        if (!addPartition(input, book, out, from, partitionSize, residue.type === 0)) return;
      }
    }
  }
}

/**
 * Reads a residue and adds it to the spectra of its channels, each half a block long. When the packet ends
 * early, which the format allows, the rest stays unchanged.
 */
export function addResidue(
  input: LowBitReader,
  residue: Residue,
  spectra: readonly Float64Array[],
  isSilent: readonly boolean[],
): void {
  if (residue.type !== 2) {
    addAll(
      input,
      residue,
      spectra.filter((_, c) => !isSilent[c]),
    );
    return;
  }
  if (isSilent.every(Boolean)) return;
  const channels = spectra.length;
  const interleaved = new Float64Array(channels * (spectra[0]?.length ?? 0));
  addAll(input, residue, [interleaved]);
  for (const [c, out] of spectra.entries()) {
    for (let i = 0; i < out.length; i++) out[i] = interleaved[i * channels + c] ?? 0;
  }
}
