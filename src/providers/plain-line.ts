/** Text of a language model, made fit to be stored, shown and passed on: one line of plain words. */
import { storable } from "../domain/record/text.ts";

/** What is not seen, or changes how the rest is seen: direction marks, invisible spaces and signs, tags. */
const UNSEEN = /[\u00AD\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/gu;

/** Runs of the characters that addresses are made of; quotes, brackets and other letters end them. */
const RUN = /[\w!#$%&*+,./:;=?@\\^`|~-]+/g;
/** No machine may take an address from text, so none is passed on: with a scheme, or as people write it. */
const ADDRESS =
  /:\/\/|:\\\\|https?:|(^|[^\w.])www\.|(^|[^:\w])\/\/[\w-]+\.|\b(javascript|vbscript|data|file|blob|mailto|ftp|wss?):./i;

/**
 * One line of at most `most` UTF-16 units, storable, without control characters, marks that hide or
 * reorder text, and addresses.
 */
export function plainLine(text: string, most: number): string {
  const clean = text
    .replace(UNSEEN, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .replace(RUN, (run) => (ADDRESS.test(run) ? " " : run))
    .replace(/ +/g, " ")
    .trim();
  return storable(clean, most).trim();
}
