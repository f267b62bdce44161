/** Applies a clip's edit list: which of its pictures are shown (ISO 14496-12, 8.6.6). */
import type { IndexedTrack, Sample } from "./clip-index.ts";

/**
 * The shown pictures, and when they end, in seconds on the clip's own timeline; or why the edit list can't be
 * applied by copying packets, as the end of "The clip's edit list".
 */
type ShownPictures = { ok: true; samples: Sample[]; end: number } | { ok: false; why: string };

/**
 * The pictures that the edit list shows, in decode order. A picture of which less than half is shown counts
 * as hidden.
 *
 * | edit list | result |
 * |---|---|
 * | none; one edit from the first picture on | all pictures |
 * | empty edits first | all pictures: the scene begins with the first |
 * | begins at a later key picture | the pictures before it are left out |
 * | begins later, between key pictures | refused: hidden pictures would have to be decoded |
 * | ends earlier | the later pictures are left out, as when a scene cuts a clip (cut.ts) |
 * | ends earlier, in a fragmented clip | all pictures (clip-fragments.ts) |
 * | several edits with pictures | refused |
 * | a rate other than 1 (0 freezes a picture) | refused |
 * | only empty edits | refused: nothing is shown |
 *
 * Clips that are refused could be shown by giving hidden pictures a duration near 0; but then the film would
 * have more pictures than frames, which editors and converters would notice.
 */
export function shownPictures({ edits, samples, startSeconds }: IndexedTrack): ShownPictures {
  const end = samples.reduce(
    (latest, { time, seconds }) => Math.max(latest, time + seconds),
    Number.NEGATIVE_INFINITY,
  );
  if (edits.length === 0) return { ok: true, samples, end };
  const [edit, ...more] = edits.filter(({ from }) => from !== null);
  if (!edit) return { ok: false, why: "shows none of its pictures" };
  if (more.length > 0) return { ok: false, why: "shows them in several pieces" };
  if (edit.rate !== 1) return { ok: false, why: `shows them at ${edit.rate} times their speed` };
  const shownFrom = (edit.from ?? 0) + startSeconds;
  const shownTo = edit.seconds > 0 ? shownFrom + edit.seconds : Number.POSITIVE_INFINITY;
  const middle = ({ time, seconds }: Sample) => time + seconds / 2;
  const first = samples.findIndex((sample) => middle(sample) > shownFrom);
  const opening = samples[first];
  if (!opening) return { ok: false, why: "shows none of its pictures" };
  const rest = first === 0 ? samples : samples.slice(first);
  const isHidden = (sample: Sample) => middle(sample) <= shownFrom;
  if (!opening.key || rest.some(isHidden)) return { ok: false, why: "hides pictures that the others need" };
  const shown = rest.filter((sample) => middle(sample) < shownTo);
  if (shown.length === rest.length) return { ok: true, samples: rest, end };
  const times = shown.map(({ time }) => time).sort((a, b) => a - b);
  const kept = rest.slice(0, shown.length);
  const order = kept.map(({ time }) => time).sort((a, b) => a - b);
  return {
    ok: true,
    samples: kept.map((sample) => ({ ...sample, time: times[order.indexOf(sample.time)] ?? sample.time })),
    end: shownTo,
  };
}
