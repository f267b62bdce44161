/** Words that two transcripts of the same singing have in common, in order. */

import type { TranscribedWord } from "../record/song.ts";
import { bare, middleOf } from "./align-words.ts";
import type { Precision } from "./transcribed-lines.ts";

/** Indices of a word in the first transcript and in the second. */
export type Pair = readonly [number, number];

/**
 * The best pairing of the end of `before` with the beginning of `after`, by text and time: of pairs with the
 * same text, those closer in time score more, so that a repeated word is paired with itself. Pairs ascend on
 * both sides.
 */
export function pairWords(
  before: readonly TranscribedWord[],
  after: readonly TranscribedWord[],
  { slackSeconds, gapCost }: Precision,
): Pair[] {
  const [left, right] = [before.map((word) => bare(word.text)), after.map((word) => bare(word.text))];
  const agreement = (i: number, j: number) => {
    const [a, b] = [before[i], after[j]];
    if (!a || !b || left[i] !== right[j] || left[i] === "") return 0;
    return Math.max(0, 1 - ((middleOf(a) - middleOf(b)) / slackSeconds) ** 2);
  };
  // Best score from word i of `before` and word j of `after` on; what remains of `after` costs nothing.
  const wide = right.length + 1;
  const best = new Float64Array((left.length + 1) * wide);
  const bestAt = (i: number, j: number) => best[i * wide + j] ?? 0;
  for (let i = left.length - 1; i >= 0; i--) {
    best[i * wide + right.length] = bestAt(i + 1, right.length) - gapCost;
    for (let j = right.length - 1; j >= 0; j--) {
      const skip = Math.max(bestAt(i + 1, j), bestAt(i, j + 1)) - gapCost;
      const agree = agreement(i, j);
      best[i * wide + j] = agree > 0 ? Math.max(skip, agree + bestAt(i + 1, j + 1)) : skip;
    }
  }
  // Words of `before` ahead of the first pair cost nothing either.
  let i = 0;
  for (let row = 1; row <= left.length; row++) if (bestAt(row, 0) > bestAt(i, 0)) i = row;
  const pairs: Pair[] = [];
  for (let j = 0; i < left.length && j < right.length; ) {
    const agree = agreement(i, j);
    if (agree > 0 && bestAt(i, j) === agree + bestAt(i + 1, j + 1)) pairs.push([i++, j++]);
    else if (bestAt(i + 1, j) >= bestAt(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}
