/** Cutting a clip at a frame without encoding it. */

export interface Shown {
  /** Seconds from the scene's start. */
  timestamp: number;
  duration: number;
}

/** Frames that would start this close to the scene's end are not shown. */
const HAIR = 1e-6;

/**
 * The first packets of a clip that fill `span` seconds, with the times at which they are shown; in
 * decode order, as `times` are (presentation times in seconds). Null where the clip ends before
 * `span` by more than `slack`; then even its last frame can't fill the scene.
 *
 * A prefix in decode order always decodes. Where B-frames put a later picture into it, that picture
 * is shown in the place of the one that it displaces, at most a few frames early, on the scene's
 * last frames: the count and the cut stay exact, with no frozen frame.
 */
export function cutClip(
  times: readonly number[],
  clipEnd: number,
  span: number,
  slack: number,
): Shown[] | null {
  const first = Math.min(...times);
  if (!(clipEnd - first >= span - slack)) return null;
  const places = times
    .map((time) => time - first)
    .sort((a, b) => a - b)
    .filter((time) => time < span - HAIR);
  const kept = times.slice(0, places.length);
  const order = kept.map((_, i) => i).sort((a, b) => (kept[a] ?? 0) - (kept[b] ?? 0));
  const shown: Shown[] = new Array(kept.length);
  order.forEach((packet, place) => {
    const timestamp = places[place] ?? 0;
    shown[packet] = { timestamp, duration: (places[place + 1] ?? span) - timestamp };
  });
  return shown;
}
