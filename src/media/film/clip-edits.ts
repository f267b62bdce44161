/** A clip's edit list: which of its pictures are shown (ISO 14496-12, 8.6.6). */
import type { IndexedTrack, Sample } from "./clip-index.ts";

/** Pictures that the edit list shows, and when they end by the clip's own clock; or why they can't be told apart by copying packets. */
type ShownPictures = { ok: true; samples: Sample[]; end: number } | { ok: false; why: string };

/**
 * The pictures that are shown, in decode order, none that is hidden among them. A picture of which
 * less than half is shown counts as hidden.
 *
 * | edit list | what becomes of it |
 * |---|---|
 * | none; one edit from the first picture on | all pictures |
 * | empty edits in front | all pictures: the scene begins with the first |
 * | begins later, at a key picture | the pictures before it are left out |
 * | begins later, between key pictures | refused: hidden pictures would have to be decoded |
 * | ends sooner | the later pictures are left out, as where a scene cuts a clip (cut.ts) |
 * | ends sooner, in a clip of fragments | all pictures (clip-fragments.ts) |
 * | several edits with pictures | refused |
 * | a rate other than 1 (0 holds a picture) | refused |
 * | only empty edits | refused: nothing is shown |
 *
 * Hidden pictures of next to no length would show all of those that are refused; but a film has one
 * picture for each of its frames, and editors and converters would come upon more.
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
