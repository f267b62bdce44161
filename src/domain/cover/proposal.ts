/** Repairs the language model's scene proposal, which is untrusted and names lyric lines by number. */
import type { Span } from "../record/song.ts";

/** A scene by lyric lines, first to last, counted from 0; both null for a scene without words. */
export interface ProposedScene {
  firstLine: number | null;
  lastLine: number | null;
}

/** The span that a proposed scene asks for. Parts tile the song in order. */
export interface Part extends Span {
  /** Index in the proposal. */
  proposalIndex: number;
}

interface Item {
  index: number;
  /** First and last line, inclusive; null without words. */
  range: [number, number] | null;
}

const name = (item: Item) => `Proposed scene ${item.index + 1}`;
const lineNames = (from: number, to: number) =>
  from === to ? `line ${from + 1}` : `lines ${from + 1} to ${to + 1}`;

/** One scene's indices, clamped to lines that exist; undefined where it names none of them. */
function readItem(
  scene: ProposedScene,
  index: number,
  lineCount: number,
  repairs: string[],
): Item | undefined {
  const given = [scene.firstLine, scene.lastLine].filter((n) => n !== null);
  if (given.length === 0) return { index, range: null };
  const item: Item = { index, range: null };
  const whole = given.filter(Number.isFinite).map(Math.round);
  const low = Math.min(...whole);
  const high = Math.max(...whole);
  if (whole.length === 0 || high < 0 || low >= lineCount) {
    repairs.push(`${name(item)} names lines that the song does not have, so it was left out.`);
    return undefined;
  }
  const range: [number, number] = [Math.max(0, low), Math.min(lineCount - 1, high)];
  if (whole.length === 2 && whole[0] !== low) {
    repairs.push(`${name(item)} ends before it begins; its ends were exchanged.`);
  }
  if (range[0] !== low || range[1] !== high) {
    repairs.push(`${name(item)} reaches past the lyrics; it was cut to ${lineNames(...range)}.`);
  }
  return { index, range };
}

/** Sorts scenes with words by first line; a scene without words stays after the scene that it followed. */
function inSongOrder(items: Item[], repairs: string[]): Item[] {
  let behind = -1;
  const keyed = items.map((item) => {
    behind = item.range ? item.range[0] : behind;
    return { item, key: behind };
  });
  const sorted = keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
  if (sorted.some((item, i) => item !== items[i])) {
    repairs.push("The proposed scenes were not in the order of the lyrics; they were sorted.");
  }
  return sorted;
}

/** Puts every line in exactly one scene: a line that several or no scenes name goes to the earlier scene. */
function assignLines(items: Item[], lineCount: number, repairs: string[]): Item[] {
  const kept: Item[] = [];
  let next = 0;
  let last: Item | undefined;
  for (const item of items) {
    if (!item.range) {
      kept.push(item);
      continue;
    }
    const [first, end] = item.range;
    if (end < next) {
      repairs.push(`${name(item)} repeats lines of an earlier scene, so it was left out.`);
      continue;
    }
    if (first < next)
      repairs.push(`${name(item)} overlaps an earlier scene; it starts at ${lineNames(next, next)}.`);
    if (first > next) {
      const owner = last ?? item;
      repairs.push(
        `No scene was proposed for ${lineNames(next, first - 1)}; scene ${owner.index + 1} took them.`,
      );
      if (last?.range) last.range = [last.range[0], first - 1];
    }
    last = { index: item.index, range: [last ? Math.max(first, next) : 0, end] };
    kept.push(last);
    next = end + 1;
  }
  if (last?.range && next < lineCount) {
    repairs.push(
      `No scene was proposed for ${lineNames(next, lineCount - 1)}; scene ${last.index + 1} took them.`,
    );
    last.range = [last.range[0], lineCount - 1];
  }
  return kept;
}

/** The span of each item: scenes with words start at their first line, those without share the pauses. */
function layOut(
  items: Item[],
  lines: readonly Span[],
  totalFrames: number,
  leastFrames: number,
  repairs: string[],
): Part[] {
  const parts: Part[] = [];
  let cursor = 0;
  let silent: Item[] = [];
  const startOf = (item: Item) => lines[item.range?.[0] ?? 0]?.startFrame ?? 0;
  const endOf = (item: Item) => lines[item.range?.[1] ?? 0]?.endFrame ?? 0;
  const put = (item: Item, end: number) => {
    const endFrame = Math.min(totalFrames, Math.max(cursor, end));
    if (endFrame > cursor) parts.push({ proposalIndex: item.index, startFrame: cursor, endFrame });
    else repairs.push(`${name(item)} has no time of its own in the song, so it was left out.`);
    cursor = endFrame;
  };
  /** Scenes without words up to `to`, as many as fit. */
  const putSilent = (to: number) => {
    const from = cursor;
    const room = Math.floor((to - from) / leastFrames);
    for (const item of silent.slice(Math.max(0, room))) {
      repairs.push(`${name(item)} has no words and there is no pause for it, so it was left out.`);
    }
    const fit = silent.slice(0, Math.max(0, room));
    fit.forEach((item, i) => {
      put(item, from + Math.round(((to - from) * (i + 1)) / fit.length));
    });
    silent = [];
  };
  let open: Item | undefined;
  for (const item of items) {
    if (!item.range) {
      silent.push(item);
      continue;
    }
    const start = startOf(item);
    if (open) {
      const fits = silent.length > 0 && start - Math.max(cursor, endOf(open)) >= leastFrames;
      put(open, fits ? endOf(open) : start);
    }
    putSilent(Math.min(totalFrames, start));
    open = item;
  }
  if (open) {
    const fits = silent.length > 0 && totalFrames - Math.max(cursor, endOf(open)) >= leastFrames;
    put(open, fits ? endOf(open) : totalFrames);
  }
  putSilent(totalFrames);
  const tail = parts.at(-1);
  if (tail) tail.endFrame = totalFrames;
  return parts;
}

/**
 * Repairs an untrusted proposal: lines that do not exist, are swapped, out of order, named twice or by no
 * scene; `repairs` has a sentence for each. The parts tile the song from 0 to `totalFrames`; none where the
 * proposal has nothing usable. `leastFrames`: the shortest pause that is enough for a scene without words.
 * `lines` in song order.
 */
export function repairProposal(input: {
  proposal: readonly ProposedScene[];
  lines: readonly Span[];
  totalFrames: number;
  leastFrames: number;
}): { parts: Part[]; repairs: string[] } {
  const { proposal, lines, totalFrames } = input;
  const repairs: string[] = [];
  const read = proposal.flatMap((scene, i) => readItem(scene, i, lines.length, repairs) ?? []);
  const items = assignLines(inSongOrder(read, repairs), lines.length, repairs);
  return { parts: layOut(items, lines, totalFrames, Math.max(1, input.leastFrames), repairs), repairs };
}
