/** Makes a language model's text safe to store, to show and to pass on: one line of plain words. */
import { storable } from "../domain/record/text.ts";

/**
 * Invisible characters, and those that change how the rest is shown: direction marks, invisible spaces, tags.
 */
const INVISIBLE = /[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu;

/** Runs of characters that an address may have; quotes, brackets and other letters end them. */
const RUN = /[\w!#$%&*+,./:;=?@\\^`|~-]+/g;
/**
 * Addresses, with a scheme or as people write them. They are removed, so that no later model or page follows
 * one.
 */
const ADDRESS =
  /:\/\/|:\\\\|https?:|(^|[^\w.])www\.|(^|[^:\w])\/\/[\w-]+\.|\b(javascript|vbscript|data|file|blob|mailto|ftp|wss?):./i;

/**
 * One line of at most `most` UTF-16 code units, storable, without control characters, characters that hide or
 * reorder text, and addresses.
 */
export function plainLine(text: string, most: number): string {
  const clean = text
    .replace(INVISIBLE, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(RUN, (run) => (ADDRESS.test(run) ? " " : run))
    .replace(/ +/g, " ")
    .trim();
  return storable(clean, most).trim();
}
