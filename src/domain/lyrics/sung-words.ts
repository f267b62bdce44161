/** Words as they are compared between two texts or two transcriptions of a song. */

/** A character of a script that is written without spaces, as a regular expression: each is a word. */
export const UNSPACED =
  "[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]";
const WORD = new RegExp(`${UNSPACED}\\p{M}*|(?:(?!${UNSPACED})[\\p{L}\\p{N}\\p{M}])+`, "gu");

/** The text's words without case, punctuation and spacing, with diacritics. "Don't" and "dont" are equal. */
export const sungWords = (text: string): string[] =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/['’ʼ`]/gu, "")
    .match(WORD) ?? [];
