/**
 * A line of lettering in a face of our own: single strokes with round ends, drawn from circles and
 * straight lines, because a bare machine has no fonts and pictures must be the same everywhere.
 */
import { Path2D } from "@napi-rs/canvas";
import type { Brush } from "./plane.ts";

/** Advance, then strokes as SVG path data: baseline at 0, x-height 10, capitals 15, y downwards. */
const GLYPHS: Readonly<Record<string, readonly [number, string]>> = {
  a: [10, "M10-10V0M10-5A5 5 0 1 0 0-5A5 5 0 1 0 10-5"],
  b: [10, "M0-16V0M0-5A5 5 0 1 1 10-5A5 5 0 1 1 0-5"],
  c: [8.6, "M8.54-8.54A5 5 0 1 0 8.54-1.46"],
  d: [10, "M10-16V0M10-5A5 5 0 1 0 0-5A5 5 0 1 0 10-5"],
  e: [10, "M0-5H10A5 5 0 1 0 8.54-1.46"],
  f: [5.5, "M6-16A3.5 3.5 0 0 0 2.5-12.5V0M0-10H5.5"],
  g: [10, "M10-10V0A5 5 0 0 1 1.2 3.2M10-5A5 5 0 1 0 0-5A5 5 0 1 0 10-5"],
  h: [9, "M0-16V0M0-5.5A4.5 4.5 0 0 1 9-5.5V0"],
  i: [0, "M0-10V0M0-14.2V-14"],
  j: [2, "M2-10V2.5A2.5 2.5 0 0 1-.5 5M2-14.2V-14"],
  k: [8, "M0-16V0M7.5-10L0-4M2.9-6.3L8 0"],
  l: [0, "M0-16V0"],
  m: [15, "M0-10V0M0-6.2A3.75 3.75 0 0 1 7.5-6.2V0M7.5-6.2A3.75 3.75 0 0 1 15-6.2V0"],
  n: [9, "M0-10V0M0-5.5A4.5 4.5 0 0 1 9-5.5V0"],
  o: [10, "M10-5A5 5 0 1 0 0-5A5 5 0 1 0 10-5"],
  p: [10, "M0-10V5M0-5A5 5 0 1 1 10-5A5 5 0 1 1 0-5"],
  q: [10, "M10-10V5M10-5A5 5 0 1 0 0-5A5 5 0 1 0 10-5"],
  r: [4.6, "M0-10V0M0-5.4A4.6 4.6 0 0 1 4.6-10"],
  s: [6, "M5.8-8.6A2.9 2.5 0 1 0 3-5A2.9 2.5 0 1 1 .2-1.4"],
  t: [5.5, "M2.5-14V-3A3 3 0 0 0 5.5 0M0-10H5.5"],
  u: [9, "M0-10V-4.5A4.5 4.5 0 0 0 9-4.5V-10M9-4.5V0"],
  v: [8.4, "M0-10L4.2 0L8.4-10"],
  w: [13.6, "M0-10L3.4 0L6.8-10L10.2 0L13.6-10"],
  x: [7.6, "M0-10L7.6 0M7.6-10L0 0"],
  y: [8.4, "M0-10L4.2 0M8.4-10L2.1 5"],
  z: [7.4, "M.2-10H7.2L0 0H7.4"],
  A: [12, "M0 0L6-15L12 0M2-5H10"],
  B: [9.4, "M0 0V-15H5A3.7 3.7 0 0 1 5-7.6H0M5-7.6H5.6A3.8 3.8 0 0 1 5.6 0H0"],
  C: [13, "M12.8-12.8A7.5 7.5 0 1 0 12.8-2.2"],
  D: [11.8, "M0 0V-15H4.3A7.5 7.5 0 0 1 4.3 0H0"],
  E: [7.6, "M7.6-15H0V0H7.6M0-7.6H6.8"],
  F: [7.2, "M7.2-15H0V0M0-7.6H6.4"],
  G: [15, "M12.8-12.8A7.5 7.5 0 1 0 15-7.5H9"],
  H: [10.6, "M0-15V0M10.6-15V0M0-7.6H10.6"],
  I: [0, "M0-15V0"],
  J: [6, "M6-15V-3.6A3.4 3.4 0 0 1-.4-2.4"],
  K: [9, "M0-15V0M8.6-15L0-5.6M3-8.8L9 0"],
  L: [7.2, "M0-15V0H7.2"],
  M: [13.4, "M0 0V-15L6.7-3.6L13.4-15V0"],
  N: [11, "M0 0V-15L11 0V-15"],
  O: [15, "M15-7.5A7.5 7.5 0 1 0 0-7.5A7.5 7.5 0 1 0 15-7.5"],
  P: [8.8, "M0 0V-15H4.8A4 4 0 0 1 4.8-7H0"],
  Q: [15, "M15-7.5A7.5 7.5 0 1 0 0-7.5A7.5 7.5 0 1 0 15-7.5M9.6-5L14.6.4"],
  R: [9, "M0 0V-15H4.8A4 4 0 0 1 4.8-7H0M4.4-7L9 0"],
  S: [8.6, "M8.2-12.6A4.1 3.8 0 1 0 4.3-7.5A4.2 3.75 0 1 1 .2-2.3"],
  T: [10, "M0-15H10M5-15V0"],
  U: [10.8, "M0-15V-5.4A5.4 5.4 0 0 0 10.8-5.4V-15"],
  V: [11.6, "M0-15L5.8 0L11.6-15"],
  W: [17.6, "M0-15L4.4 0L8.8-15L13.2 0L17.6-15"],
  X: [10.2, "M0-15L10.2 0M10.2-15L0 0"],
  Y: [10.4, "M0-15L5.2-7.4L10.4-15M5.2-7.4V0"],
  Z: [9.4, "M.2-15H9.2L0 0H9.4"],
  "0": [9, "M9-7.5A4.5 7.5 0 1 0 0-7.5A4.5 7.5 0 1 0 9-7.5"],
  "1": [4, "M0-12L4-15V0"],
  "2": [8.4, "M.2-11A4.1 4.1 0 1 1 7.5-8.4L0 0H8.4"],
  "3": [8.2, "M.4-12.4A3.7 3.7 0 1 1 4-7.7A3.9 3.9 0 1 1 0-3"],
  "4": [9, "M6.8 0V-15L0-4H9"],
  "5": [8.4, "M7.4-15H1.6L.8-8.4A4.6 4.6 0 1 1 0-2"],
  "6": [8.8, "M6.6-15L1-6.6A4.4 4.4 0 1 0 8.8-4.4A4.4 4.4 0 0 0 1-6.6"],
  "7": [8, "M0-15H8L2.6 0"],
  "8": [
    8.4,
    "M7.6-11.4A3.4 3.6 0 1 0 .8-11.4A3.4 3.6 0 1 0 7.6-11.4M8.4-3.9A4.2 3.9 0 1 0 0-3.9A4.2 3.9 0 1 0 8.4-3.9",
  ],
  "9": [8.8, "M2.2 0L7.8-8.4A4.4 4.4 0 1 0 0-10.6A4.4 4.4 0 0 0 7.8-8.4"],
  ".": [0, "M0-.2V0"],
  ",": [1, "M1-.2L0 2.6"],
  "!": [0, "M0-15V-4.4M0-.2V0"],
  "?": [7.4, "M.2-11.4A3.6 3.6 0 1 1 5.4-8.2Q3.6-7 3.6-4.4M3.6-.2V0"],
  "'": [1, "M1-15.4L.4-12.4"],
  '"': [4, "M.4-15.4V-12.6M3.6-15.4V-12.6"],
  "-": [5, "M0-5.4H5"],
  "–": [8, "M0-5.4H8"],
  "—": [13, "M0-5.4H13"],
  ":": [0, "M0-8.4V-8.2M0-.2V0"],
  ";": [1, "M1-8.4V-8.2M1-.2L0 2.6"],
  "(": [3, "M3-16.4A12.4 12.4 0 0 0 3 2.4"],
  ")": [3, "M0-16.4A12.4 12.4 0 0 1 0 2.4"],
  "/": [7, "M0 2L7-16.4"],
  "&": [10.4, "M10.4 0L2.6-10.4A2.8 2.8 0 1 1 7-10.4Q6.4-8.8 2.6-7A3.9 3.9 0 1 0 8.8-2Q9.6-3.4 9.8-5.4"],
  "…": [8, "M0-.2V0M4-.2V0M8-.2V0"],
};
/** Marks above or below a letter: strokes about the middle of its x-height top (or foot). */
const MARKS: Readonly<Record<string, string>> = {
  "\u0300": "M-2-5L1-2.6",
  "\u0301": "M2-5L-1-2.6",
  "\u0302": "M-2.4-2.6L0-5L2.4-2.6",
  "\u0303": "M-3-2.8Q-1.4-5.2 0-3.8Q1.4-2.4 3-4.8",
  "\u0304": "M-2.8-3.8H2.8",
  "\u0308": "M-2.2-4V-3.8M2.2-4V-3.8",
  "\u030a": "M1.8-4A1.8 1.8 0 1 0-1.8-4A1.8 1.8 0 1 0 1.8-4",
  "\u030c": "M-2.4-5L0-2.6L2.4-5",
  "\u0327": "M0 10Q2.6 11 1.6 13Q.8 14.4-1.4 14",
};
const PLAIN: Readonly<Record<string, string>> = {
  "’": "'",
  "‘": "'",
  "“": '"',
  "”": '"',
  ß: "ss",
  æ: "ae",
  œ: "oe",
  Æ: "Ae",
  Œ: "Oe",
  ø: "o",
  Ø: "O",
  ł: "l",
  Ł: "L",
};
const TRACK = 3.3;
const SPACE = 6.5;

interface Placed {
  x: number;
  path: string;
  lift: number;
}

/** Strokes and width of `text` in glyph units; null where a letter is not in the face. */
function set(text: string): { marks: Placed[]; width: number } | null {
  const letters = [
    ...[...text]
      .map((c) => PLAIN[c] ?? c)
      .join("")
      .normalize("NFD"),
  ];
  const marks: Placed[] = [];
  let x = 0;
  let last = { x: 0, wide: 0, tall: false };
  for (const letter of letters) {
    const mark = MARKS[letter];
    if (mark !== undefined) {
      marks.push({ x: last.x + last.wide / 2, path: mark, lift: last.tall ? -15 : -10 });
      continue;
    }
    if (letter === " ") {
      x += SPACE;
      continue;
    }
    const glyph = GLYPHS[letter];
    if (!glyph) return null;
    last = { x, wide: glyph[0], tall: letter.toLowerCase() !== letter };
    marks.push({ x, path: glyph[1], lift: 0 });
    x += glyph[0] + TRACK;
  }
  return { marks, width: Math.max(0, x - TRACK) };
}

/** Words in lines of at most `most` units, as even as they come. */
function lines(text: string, most: number): string[] {
  const words = text.split(/\s+/u).filter(Boolean);
  const total = set(words.join(" "))?.width ?? 0;
  const goal = total / Math.ceil(total / most) + 12;
  const out: string[] = [];
  for (const word of words) {
    const longer = out.length > 0 ? `${out.at(-1)} ${word}` : word;
    const fits = out.length > 0 && (set(longer)?.width ?? 0) <= Math.min(goal, most);
    if (fits) out[out.length - 1] = longer;
    else out.push(word);
  }
  return out;
}

/**
 * Sets `text`, its lines divided by " / ", with its last baseline at `y`, starting at `x`, in at most `wide` pixels; `size` is a
 * capital's height. Draws nothing where the face lacks a letter. Returns the top of the block.
 */
export function letter(
  brush: Brush,
  text: string,
  at: { x: number; y: number; wide: number; size: number },
  colour: string,
): number | null {
  const scale = at.size / 15;
  if (text.trim() === "" || set(text) === null) return null;
  const rows = text
    .split(/\s+\/\s+|\n/u)
    .flatMap((row) => lines(row, at.wide / scale))
    .slice(-4);
  const leading = 30 * scale;
  brush.save();
  brush.strokeStyle = colour;
  brush.lineCap = "round";
  brush.lineJoin = "round";
  rows.forEach((row, i) => {
    for (const mark of set(row)?.marks ?? []) {
      brush.save();
      brush.translate(at.x + mark.x * scale, at.y - (rows.length - 1 - i) * leading + mark.lift * scale);
      brush.scale(scale, scale);
      brush.lineWidth = 1.35;
      brush.stroke(new Path2D(mark.path));
      brush.restore();
    }
  });
  brush.restore();
  return at.y - (rows.length - 1) * leading - at.size;
}
