/** Text as Postgres can store it: a schema that accepts no other, and a function that makes any text fit. */
import { z } from "zod";

/**
 * How far before a cut, in UTF-16 units, a character of several code points (a letter with marks, joined
 * emoji) may begin.
 */
const LONGEST_CHARACTER = 64;
const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/** Text of at most `longest` UTF-16 units that Postgres can store: no NUL, no lone surrogate. */
export const text = (longest: number) =>
  z
    .string()
    .max(longest)
    .refine((s) => s.isWellFormed() && !s.includes("\0"), "Must be valid Unicode without NUL characters.");

/** Control characters, line breaks, and the marks that turn the direction of the text around them. */
const NOT_IN_A_LINE = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
/** Anything that can be seen: not only spaces, marks and invisible characters. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** One line of visible text of at most `longest` UTF-16 units, without spaces at its ends. */
export const line = (longest: number) =>
  text(longest)
    .trim()
    .min(1)
    .refine((s) => !NOT_IN_A_LINE.test(s), "Must be one line, without control characters.")
    .refine((s) => s === "" || VISIBLE.test(s), "Must have a visible character.");

/** Any text as one line of at most `most` UTF-16 units, as `storable`; "" where nothing of it can be seen. */
export function oneLine(text: string, most: number): string {
  const plain = text.replace(new RegExp(NOT_IN_A_LINE, "gu"), " ").replace(/ {2,}/g, " ").trim();
  return VISIBLE.test(plain) ? storable(plain, most).trim() : "";
}

/**
 * The text cut to at most `most` UTF-16 units, at the end of a whole character. NUL is left out and a lone
 * surrogate becomes U+FFFD: Postgres takes neither in `text` or `jsonb` (its manual, 8.14.1, version 17).
 */
export function storable(text: string, most = Number.POSITIVE_INFINITY): string {
  const whole = text.replaceAll("\0", "").toWellFormed();
  return whole.length <= most ? whole : whole.slice(0, startOfCharacter(whole, most));
}

/**
 * Start of the character that holds the unit at `at`. If it begins at the text's start, or too far before to
 * be found, the start of the code point instead: such a character is cut.
 */
function startOfCharacter(text: string, at: number): number {
  const from = Math.max(0, at - LONGEST_CHARACTER);
  const found = characters.segment(text.slice(from, at + 2)).containing(at - from);
  if (found && found.index > 0) return from + found.index;
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at - 1 : at;
}
