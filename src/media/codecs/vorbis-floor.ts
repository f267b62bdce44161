/** Floors of type 1 (Vorbis I, 7): the envelope of a spectrum, as straight lines between points. */
import { bitsOf, brokenSetup, type LowBitReader } from "./vorbis-bits.ts";
import { type Book, readNumber } from "./vorbis-book.ts";

interface PointClass {
  /** Number of points in a partition of this class. */
  count: number;
  subclassBits: number;
  masterBook: Book | null;
  /** By subclass; null when its points are not coded and 0. */
  books: (Book | null)[];
}

export interface Floor {
  partitions: PointClass[];
  /** One unit of height is this many steps of 0.55 dB. */
  multiplier: number;
  /** Positions (X) of the points on the spectrum, in coding order. */
  places: number[];
  /** Indexes of the points, from left to right. */
  order: number[];
  /**
   * For each point, the indexes of its nearest left and right neighbours among the points coded before it.
   */
  neighbours: [number, number][];
}

const MAX_POINTS = 65;
/** Number of possible heights, by multiplier. */
const HEIGHTS = [0, 256, 128, 86, 64];
/** Amplitudes of the heights (Vorbis I, 10.1), in steps of 140 / 256 dB. */
const LEVELS = Float64Array.from({ length: 256 }, (_, i) => Math.fround(10 ** (((i - 255) * 7) / 256)));

/** Reads a floor's setup. Throws for floors of type 0, which no encoder has written since 2001. */
export function readFloor(input: LowBitReader, bookAt: (index: number) => Book): Floor {
  if (input.unsigned(16) !== 1) throw new Error("This Vorbis stream is of a kind too old to be read here.");
  const used = Array.from({ length: input.unsigned(5) }, () => input.unsigned(4));
  const classes = Array.from({ length: Math.max(-1, ...used) + 1 }, (): PointClass => {
    const count = input.unsigned(3) + 1;
    const subclassBits = input.unsigned(2);
    const masterBook = subclassBits > 0 ? bookAt(input.unsigned(8)) : null;
    const books = Array.from({ length: 1 << subclassBits }, () => {
      const index = input.unsigned(8);
      return index > 0 ? bookAt(index - 1) : null;
    });
    return { count, subclassBits, masterBook, books };
  });
  const multiplier = input.unsigned(2) + 1;
  const rangeBits = input.unsigned(4);
  const partitions = used.flatMap((index) => classes[index] ?? []);
  const points = partitions.flatMap(({ count }) =>
    Array.from({ length: count }, () => input.unsigned(rangeBits)),
  );
  const places = [0, 2 ** rangeBits, ...points];
  if (places.length > MAX_POINTS || new Set(places).size < places.length)
    throw brokenSetup("a floor's points collide");
  const order = places.map((_, i) => i).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const neighbours = places.map((_, i): [number, number] => {
    const before = order.filter((other) => other < i || other === i);
    const at = before.indexOf(i);
    return [before[at - 1] ?? 0, before[at + 1] ?? 1];
  });
  return { partitions, multiplier, places, order, neighbours };
}

/**
 * Reads the coded heights: the first two are absolute, the others relative to the line between their
 * neighbours.
 */
function readHeights(input: LowBitReader, floor: Floor): number[] {
  const bits = bitsOf((HEIGHTS[floor.multiplier] ?? 0) - 1);
  const coded = [input.unsigned(bits), input.unsigned(bits)];
  for (const { count, subclassBits, masterBook, books } of floor.partitions) {
    let choice = masterBook ? readNumber(input, masterBook) : 0;
    for (let i = 0; i < count; i++) {
      const book = books[choice & ((1 << subclassBits) - 1)];
      choice >>= subclassBits;
      coded.push(book ? readNumber(input, book) : 0);
    }
  }
  return coded;
}

/** Heights (Y) of the points; null for points that the curve does not use. */
function heights({ multiplier, places, neighbours }: Floor, coded: readonly number[]): (number | null)[] {
  const most = HEIGHTS[multiplier] ?? 0;
  const final = coded.slice();
  const isUsed = coded.map((_, i) => i < 2);
  for (let i = 2; i < places.length; i++) {
    const [low, high] = neighbours[i] ?? [0, 1];
    const from = final[low] ?? 0;
    const rise = (final[high] ?? 0) - from;
    const start = places[low] ?? 0;
    const part = (Math.abs(rise) * ((places[i] ?? 0) - start)) / ((places[high] ?? 0) - start);
    const predicted = from + Math.sign(rise) * Math.floor(part);
    const value = coded[i] ?? 0;
    final[i] = predicted;
    if (value === 0) continue;
    isUsed[low] = isUsed[high] = isUsed[i] = true;
    const [above, below] = [most - predicted, predicted];
    if (value >= 2 * Math.min(above, below)) {
      final[i] = above > below ? value - below + predicted : predicted - value + above - 1;
    } else {
      final[i] = predicted + (value % 2 === 1 ? -(value + 1) / 2 : value / 2);
    }
  }
  return final.map((height, i) => (isUsed[i] ? height : null));
}

/** Draws a line in whole steps, as the format prescribes, without its last point. */
function drawLine(curve: Float64Array, x0: number, y0: number, x1: number, y1: number): void {
  const width = x1 - x0;
  const base = Math.trunc((y1 - y0) / width);
  const extra = Math.abs(y1 - y0) - Math.abs(base) * width;
  const step = y1 < y0 ? -1 : 1;
  const end = Math.min(x1, curve.length);
  let error = 0;
  let y = y0;
  for (let x = x0; x < end; x++) {
    curve[x] = LEVELS[Math.max(0, Math.min(255, y))] ?? 0;
    y += base;
    error += extra;
    if (error < width) continue;
    error -= width;
    y += step;
  }
}

/** Reads one channel's floor into `curve`, half a block long. False when the channel is silent. */
export function readCurve(input: LowBitReader, floor: Floor, curve: Float64Array): boolean {
  if (!input.flag()) return false;
  const coded = readHeights(input, floor);
  if (input.ended()) return false;
  const points = heights(floor, coded);
  let x = 0;
  let y = (points[0] ?? 0) * floor.multiplier;
  for (const index of floor.order.slice(1)) {
    const height = points[index] ?? null;
    if (height === null) continue;
    const next = floor.places[index] ?? 0;
    drawLine(curve, x, y, next, height * floor.multiplier);
    x = next;
    y = height * floor.multiplier;
  }
  drawLine(curve, x, y, curve.length, y);
  return true;
}
