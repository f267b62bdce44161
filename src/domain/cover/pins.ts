/** Checks the person's pins and divides the song at them into stretches that the solver fills with scenes. */

import { failure } from "../record/failures.ts";
import type { Failure, Pin } from "../record/record.ts";
import type { Span } from "../record/song.ts";

/** A span of the song between two fixed cuts. Stretches tile the song. */
export interface Stretch extends Span {
  /** A pinned scene: one scene, whatever its length. */
  pinned: boolean;
  /** Its shortest scene, in frames: the legal minimum, or less where no number of legal scenes fills it. */
  minFrames: number;
}

interface Limits {
  totalFrames: number;
  fps: number;
  /** Legal lengths of a scene, in frames, both inclusive. */
  minFrames: number;
  maxFrames: number;
}

/** Shortest gap between two pins; a shorter one is taken for a mistake, unless it is pinned as a scene. */
const SHORTEST_SECONDS = 0.5;

const at = (frame: number, fps: number) => `${(frame / fps).toFixed(2)} s`;
const spanOf = (pin: Pin): Span =>
  pin.kind === "scene" ? pin : { startFrame: pin.frame, endFrame: pin.frame };
const nameOf = (pin: Pin, fps: number) =>
  pin.kind === "cut"
    ? `the cut pinned at ${at(pin.frame, fps)}`
    : `the scene pinned from ${at(pin.startFrame, fps)} to ${at(pin.endFrame, fps)}`;

const impossible = (what: string, nextAction: string): Failure =>
  failure("cover_impossible", `${what.charAt(0).toUpperCase()}${what.slice(1)}.`, { nextAction });

/** Why a pin by itself is invalid; undefined where it is valid. */
function invalidity(pin: Pin, { totalFrames, fps, maxFrames }: Limits): Failure | undefined {
  const { startFrame, endFrame } = spanOf(pin);
  const name = nameOf(pin, fps);
  if (![startFrame, endFrame].every(Number.isSafeInteger))
    return impossible(`${name} is not on whole frames`, `Pin it to a multiple of 1/${fps} s.`);
  if (startFrame < 0 || endFrame > totalFrames)
    return impossible(
      `${name} lies outside the song, which lasts ${at(totalFrames, fps)}`,
      "Move the pin into the song, or remove it.",
    );
  if (pin.kind === "cut") return undefined;
  if (endFrame <= startFrame)
    return impossible(`${name} ends before it begins`, "Move its end after its start, or remove it.");
  if (endFrame - startFrame > maxFrames)
    return impossible(
      `${name} lasts ${at(endFrame - startFrame, fps)}, and the longest scene is ${at(maxFrames, fps)}`,
      "Shorten it, pin it as two scenes, or allow longer scenes (a clip model with longer clips).",
    );
  return undefined;
}

/** Pins in song order, without duplicates; a pinned cut comes before a pinned scene that starts there. */
function inOrder(pins: readonly Pin[]): Pin[] {
  const once = new Map(pins.map((pin) => [`${spanOf(pin).startFrame}-${spanOf(pin).endFrame}`, pin]));
  return [...once.values()].toSorted((a, b) => {
    const [one, other] = [spanOf(a), spanOf(b)];
    return one.startFrame - other.startFrame || one.endFrame - other.endFrame;
  });
}

/** The greatest shortest length, up to `minFrames`, with which scenes can fill this many frames. */
const shortestFilling = (frames: number, { minFrames, maxFrames }: Limits): number =>
  Math.min(minFrames, Math.floor(frames / Math.ceil(frames / maxFrames)));

/**
 * The stretches that the pins leave, in song order; the whole song where nothing is pinned. Fails with
 * `cover_impossible`, naming the pins in seconds, where a pin lies outside the song or not on whole frames,
 * a pinned scene is too long, two pins contradict each other, or the gap between two is too short for a
 * scene. Any other stretch can be filled.
 */
export function stretchesOf(
  pins: readonly Pin[],
  limits: Limits,
): { ok: true; stretches: Stretch[] } | { ok: false; failure: Failure } {
  const { totalFrames, fps, minFrames, maxFrames } = limits;
  // Where a stretch needs more than one scene, none has to be shorter than half the longest length.
  const shortest = Math.min(minFrames, Math.ceil(SHORTEST_SECONDS * fps), Math.ceil(maxFrames / 2));
  const stretches: Stretch[] = [];
  let cursor = 0;
  let behind: Pin | undefined;
  const fill = (to: number, before: Pin | undefined): Failure | undefined => {
    const free = to - cursor;
    if (free > 0 && free < shortest && free < totalFrames) {
      const from = behind ? nameOf(behind, fps) : "the song's start";
      return impossible(
        `between ${from} and ${before ? nameOf(before, fps) : "the song's end"} there are ${at(free, fps)}, too little for a scene`,
        "Move one of them to close or widen the gap, or pin what lies between as a scene of its own.",
      );
    }
    if (free > 0) {
      const least = shortestFilling(free, limits);
      stretches.push({ startFrame: cursor, endFrame: to, pinned: false, minFrames: least });
    }
    cursor = to;
    return undefined;
  };
  for (const pin of pins) {
    const why = invalidity(pin, limits);
    if (why) return { ok: false, failure: why };
  }
  for (const pin of inOrder(pins)) {
    const { startFrame, endFrame } = spanOf(pin);
    const why =
      behind && startFrame < cursor
        ? impossible(
            `${nameOf(pin, fps)} reaches into ${nameOf(behind, fps)}`,
            "Move one of them, or remove it.",
          )
        : fill(startFrame, pin);
    if (why) return { ok: false, failure: why };
    if (pin.kind === "scene")
      stretches.push({ startFrame, endFrame, pinned: true, minFrames: endFrame - startFrame });
    cursor = endFrame;
    behind = pin;
  }
  const why = fill(totalFrames, undefined);
  return why ? { ok: false, failure: why } : { ok: true, stretches };
}
