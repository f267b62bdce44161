/** Text that a file or a provider wrote, made fit to be kept. */

/** Characters of several code points (letters with marks, joined emoji) are looked for this far before a cut. */
const LONGEST_CHARACTER = 64;
const characters = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * The text as whole characters, of at most `most` UTF-16 units. NUL is left out and a lone surrogate
 * becomes U+FFFD: Postgres takes neither in `text` or `jsonb` (its manual, 8.14.1, version 17).
 */
export function storable(text: string, most = Number.POSITIVE_INFINITY): string {
  const whole = text.replaceAll("\0", "").toWellFormed();
  return whole.length <= most ? whole : whole.slice(0, startOfCharacter(whole, most));
}

/** Where the character begins that the unit at `at` belongs to; one too long to be kept whole is cut by code points. */
function startOfCharacter(text: string, at: number): number {
  const from = Math.max(0, at - LONGEST_CHARACTER);
  const found = characters.segment(text.slice(from, at + 2)).containing(at - from);
  if (found && found.index > 0) return from + found.index;
  return /[\uDC00-\uDFFF]/.test(text.charAt(at)) ? at - 1 : at;
}
