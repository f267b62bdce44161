/** Cutting a clip at a frame, and making a short one last, without encoding it. */
import { SLACK_FRAMES } from "../../domain/cover/fill.ts";
import type { Fill } from "../../domain/record/record.ts";

export interface Shown {
  /** Which packet of the clip, in decode order from 0. */
  packet: number;
  /** Seconds from the scene's start. */
  timestamp: number;
  duration: number;
}

/** Frames that would start this close to the scene's end are not shown. */
const HAIR = 1e-6;
/** Seconds by which sums of times may be off: no round of a loop begins for that. */
const ROUNDING = 1e-9;

const earliest = (times: readonly number[]) =>
  times.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY);

/**
 * The first packets of a clip that begin within `span` seconds, with the times at which they are
 * shown, from `start` on; in decode order, as `times` are (presentation times in seconds). The last
 * of them lasts to the end of `span`.
 *
 * A prefix in decode order always decodes. Where B-frames put a later picture into it, that picture
 * is shown in the place of the one that it displaces, at most a few frames early, on the scene's
 * last frames: the count and the cut stay exact, with no frozen frame.
 */
function prefix(times: readonly number[], span: number, start: number): Shown[] {
  const first = earliest(times);
  const places = times
    .map((time) => time - first)
    .sort((a, b) => a - b)
    .filter((time) => time < span - HAIR);
  const kept = times.slice(0, places.length);
  const order = kept.map((_, i) => i).sort((a, b) => (kept[a] ?? 0) - (kept[b] ?? 0));
  const shown: Shown[] = new Array(kept.length);
  order.forEach((packet, place) => {
    const at = places[place] ?? 0;
    shown[packet] = { packet, timestamp: start + at, duration: (places[place + 1] ?? span) - at };
  });
  return shown;
}

/**
 * A clip as it fills `span` seconds: cut where it is longer; where it is shorter, slowed down
 * evenly, or played again from its first picture, or with its last picture held. `times` in decode
 * order and `end` in seconds, `frame` the length of the film's frames. That the clip can fill its
 * scene so is for the caller to know (domain/fill.ts).
 */
export function cutClip(
  times: readonly number[],
  end: number,
  span: number,
  fill: Fill | null,
  frame: number,
): Shown[] {
  const length = end - earliest(times);
  const slack = SLACK_FRAMES * frame;
  if (length >= span - slack || fill === null || fill === "hold") return prefix(times, span, 0);
  if (fill === "stretch") {
    const slower = span / length;
    return prefix(
      times.map((time) => time * slower),
      span,
      0,
    );
  }
  const shown: Shown[] = [];
  for (let round = 0; round === 0 || span - round * length > slack + ROUNDING; round++) {
    // The last round goes on to the end; one that would leave less than half a frame goes on for it.
    const rest = span - round * length;
    const lasts = rest - length > slack ? length : rest;
    for (const picture of prefix(times, lasts, round * length)) shown.push(picture);
  }
  return shown;
}
