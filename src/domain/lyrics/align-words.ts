/** Matches a transcriber's timed words, which have no punctuation, to the text that it wrote, which has. */
import type { TranscribedWord } from "../record/song.ts";

interface Token {
  text: string;
  /** The written text has a line break after this word. */
  endsLine: boolean;
}

/** How far a word's times may lie outside its segment. */
const SLACK_SECONDS = 0.5;
/** Most pairs of words that are compared; a longer segment takes the timed words as they are. */
const MAX_PAIRS = 4_000_000;

/** The written words: runs without white space that hold a letter or digit, with the marks around them. */
export function tokens(text: string): Token[] {
  const out: Token[] = [];
  for (const line of text.split("\n")) {
    for (const run of line.split(/\s+/u)) {
      const last = out.at(-1);
      if (/[\p{L}\p{N}]/u.test(run)) out.push({ text: run, endsLine: false });
      else if (run !== "" && last && !last.endsLine) last.text += ` ${run}`;
    }
    const last = out.at(-1);
    if (last) last.endsLine = true;
  }
  return out;
}

/** In seconds. */
export const middleOf = ({ start, end }: TranscribedWord): number => (start + end) / 2;

/** A word as it is compared: without case and marks. */
export const bare = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, "");

/** Longest common subsequence of written and heard words: for each token the heard word's index, or -1. */
function match(written: readonly string[], transcript: readonly string[]): Int32Array {
  const wide = transcript.length + 1;
  const common = new Uint16Array((written.length + 1) * wide);
  for (let i = written.length - 1; i >= 0; i--) {
    for (let j = transcript.length - 1; j >= 0; j--) {
      const at = i * wide + j;
      const skip = Math.max(common[at + wide] ?? 0, common[at + 1] ?? 0);
      common[at] = written[i] === transcript[j] ? Math.max(skip, (common[at + wide + 1] ?? 0) + 1) : skip;
    }
  }
  const found = new Int32Array(written.length).fill(-1);
  for (let i = 0, j = 0; i < written.length && j < transcript.length; ) {
    const at = i * wide + j;
    if (written[i] === transcript[j] && common[at] === (common[at + wide + 1] ?? 0) + 1) found[i++] = j++;
    else if ((common[at + wide] ?? 0) >= (common[at + 1] ?? 0)) i++;
    else j++;
  }
  return found;
}

/** Times for written words that were not heard: they share the time between their neighbours. */
function fill(
  written: readonly Token[],
  found: Int32Array,
  transcript: readonly TranscribedWord[],
): (TranscribedWord & Token)[] {
  const out: (TranscribedWord & Token)[] = [];
  for (let i = 0; i < written.length; ) {
    const word = transcript[found[i] ?? -1];
    const token = written[i];
    if (word && token) {
      out.push({ ...token, start: word.start, end: word.end });
      i++;
      continue;
    }
    let end = i;
    while (end < written.length && (found[end] ?? -1) < 0) end++;
    const before = out.at(-1)?.end ?? transcript[found[end] ?? -1]?.start ?? 0;
    const after = Math.max(before, transcript[found[end] ?? -1]?.start ?? before);
    const share = (after - before) / (end - i);
    written.slice(i, end).forEach((t, k) => {
      out.push({ ...t, start: before + share * k, end: before + share * (k + 1) });
    });
    i = end;
  }
  return out;
}

/**
 * The words of one segment, as written, with the times at which they were heard. `words` in time
 * order; those before index `from` belong to earlier segments. Where text and words are too different
 * (scripts without spaces, for example), the heard words are returned as they are; empty if there are none.
 * `next`: the index of the first word that the following segment may use.
 */
export function alignWords(
  segment: TranscribedWord,
  words: readonly TranscribedWord[],
  from: number,
): { words: (TranscribedWord & { endsLine?: boolean })[]; next: number } {
  const low = segment.start - SLACK_SECONDS;
  const high = segment.end + SLACK_SECONDS;
  let first = from;
  while (first < words.length && (words[first]?.end ?? low) < low) first++;
  let end = first;
  while (end < words.length && (words[end]?.start ?? high) < high) end++;
  const near = words.slice(first, end);
  const written = tokens(segment.text);
  const pairs = written.length * near.length;
  const found =
    pairs <= MAX_PAIRS
      ? match(
          written.map((t) => bare(t.text)),
          near.map((w) => bare(w.text)),
        )
      : [];
  const hits = found.filter((j) => j >= 0);
  if (found instanceof Int32Array && hits.length > 0 && hits.length * 2 >= written.length) {
    return { words: fill(written, found, near), next: first + (hits.at(-1) ?? 0) + 1 };
  }
  const inside = near.filter((w) => middleOf(w) >= segment.start && middleOf(w) < segment.end);
  const last = inside.at(-1);
  return { words: inside, next: last ? words.indexOf(last, first) + 1 : first };
}
