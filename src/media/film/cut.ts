/** Cuts a clip at a frame, and makes a short clip fill its scene, without encoding. */
import { SLACK_FRAMES } from "../../domain/cover/fill.ts";
import type { Fill } from "../../domain/record/record.ts";

export interface Shown {
  /** Index of the packet in the clip, in decode order, from 0. */
  packet: number;
  /** Seconds from the scene's start. */
  timestamp: number;
  duration: number;
}

/** Pictures that would start this close to the scene's end (in seconds) are not shown. */
const END_TOLERANCE = 1e-6;
/** Rounding error of sums of times, in seconds: no round of a loop begins for such a small remainder. */
const ROUNDING = 1e-9;

const earliest = (times: readonly number[]) =>
  times.reduce((first, time) => Math.min(first, time), Number.POSITIVE_INFINITY);

/**
 * The first packets of a clip, in decode order: as many as it has pictures that begin within `span` seconds.
 * Each has its presentation time, shifted by `start`. `times` are the presentation times of all packets, in
 * seconds and in decode order. The last picture lasts to the end of `span`.
 *
 * A prefix in decode order can always be decoded. With B-frames it may contain a picture from after the cut
 * in place of one from before it. That picture is then shown at the other's time, at most a few frames early,
 * among the scene's last frames: the number of pictures and the cut stay exact, and no frame freezes.
 */
function prefix(times: readonly number[], span: number, start: number): Shown[] {
  const first = earliest(times);
  const sortedTimes = times
    .map((time) => time - first)
    .sort((a, b) => a - b)
    .filter((time) => time < span - END_TOLERANCE);
  const kept = times.slice(0, sortedTimes.length);
  const order = kept.map((_, i) => i).sort((a, b) => (kept[a] ?? 0) - (kept[b] ?? 0));
  const shown: Shown[] = new Array(kept.length);
  order.forEach((packet, place) => {
    const at = sortedTimes[place] ?? 0;
    shown[packet] = { packet, timestamp: start + at, duration: (sortedTimes[place + 1] ?? span) - at };
  });
  return shown;
}

/**
 * The pictures of a clip that fills `span` seconds: cut when it is longer; when it is shorter, slowed down
 * evenly (`stretch`), repeated from its first picture (`loop`), or with its last picture held (`hold`).
 * `times` in decode order and `end` are in seconds; `frame` is the length of one film frame in seconds. The
 * caller checks that the clip can fill the scene in this way (src/domain/cover/fill.ts).
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
    // The last round lasts to the end of the scene; a remainder of less than the slack belongs to the round
    // before.
    const rest = span - round * length;
    const lasts = rest - length > slack ? length : rest;
    for (const picture of prefix(times, lasts, round * length)) shown.push(picture);
  }
  return shown;
}
