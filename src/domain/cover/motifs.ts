/** Motifs: scenes over the same lyrics. */

import { sungWords } from "../lyrics/sung-words.ts";
import { inputHash } from "../record/hash.ts";

export interface Motif {
  /** Hash of the leader's words; does not depend on the rest of the song. */
  key: string;
  /** Id of the first scene over these lyrics. */
  leaderId: string;
  /** Ids of the leader and of the scenes that repeat its lyrics, in the film's order; at least two. */
  sceneIds: string[];
}

/** Scenes that share this much of their words have the same lyrics: one word may differ, but not a line. */
const ALIKE = 0.8;

interface Group {
  words: string[];
  counts: Map<string, number>;
  sceneIds: string[];
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}

/** The share of both texts' words that they have in common, 0 to 1, each as often as it is in both (Dice). */
function likeness(group: Group, words: readonly string[], counts: ReadonlyMap<string, number>): number {
  const all = group.words.length + words.length;
  if (2 * Math.min(group.words.length, words.length) < ALIKE * all) return 0;
  let shared = 0;
  for (const [word, count] of counts) shared += Math.min(count, group.counts.get(word) ?? 0);
  return (2 * shared) / all;
}

/**
 * The motifs of a film's scenes, in the order of their leaders. A scene joins the earlier one whose words
 * are most like its own; scenes without words are in no motif. `scenes` in the film's order.
 */
export function motifsOf(scenes: readonly { id: string; lyricExcerpt: string }[]): Motif[] {
  const groups: Group[] = [];
  const byText = new Map<string, Group>();
  for (const { id, lyricExcerpt } of scenes) {
    const words = sungWords(lyricExcerpt);
    if (words.length === 0) continue;
    const text = words.join(" ");
    let group = byText.get(text);
    if (!group) {
      const counts = counted(words);
      let most = ALIKE;
      for (const earlier of groups) {
        const like = likeness(earlier, words, counts);
        if (like > most || (like === most && !group)) {
          most = like;
          group = earlier;
        }
      }
      if (!group) {
        group = { words, counts, sceneIds: [] };
        groups.push(group);
      }
      byText.set(text, group);
    }
    group.sceneIds.push(id);
  }
  return groups
    .filter((g) => g.sceneIds.length > 1)
    .map(({ words, sceneIds }) => ({
      key: inputHash({ lyric: words.join(" ") }),
      leaderId: sceneIds[0] ?? "",
      sceneIds,
    }));
}
