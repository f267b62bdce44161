/** The film's pictures as editing programs need them: shots one after another, each shown in one way. */
import { rateOf } from "./timecode.ts";
import type { ExportMedia, ExportScene, ExportTimeline } from "./timeline-model.ts";

export interface Shot {
  /** Null where no scene covers the time. */
  scene: ExportScene | null;
  /** Whether the scene begins with this shot. */
  first: boolean;
  startFrame: number;
  endFrame: number;
  /**
   * `clip`: from its first frame at its own speed. `slowed`: all of it, over the shot's time. `held`: its
   * last picture. `nothing`: a card, or the rest of a scene that its clip does not fill.
   */
  shows: "clip" | "slowed" | "held" | "still" | "nothing";
}

/** The clip's length in frames of the film, not rounded. */
export function filmFrames({ frames, fps }: ExportMedia, filmFps: number): number {
  if (frames === null || !fps) return Number.POSITIVE_INFINITY;
  const [own, film] = [rateOf(fps), rateOf(filmFps)];
  return (frames * own.den * film.num) / (own.num * film.den);
}

/** Frames of the film that the clip fills wholly: programs refuse an edit that outlasts its media. */
export const wholeFrames = (media: ExportMedia, fps: number) => Math.floor(filmFrames(media, fps) + 1e-6);

function within(scene: ExportScene, from: number, to: number, fps: number): Shot[] {
  const { media } = scene;
  const shots: Shot[] = [];
  const show = (shows: Shot["shows"], endFrame: number) => {
    const startFrame = shots.at(-1)?.endFrame ?? from;
    shots.push({ scene, first: startFrame === from, startFrame, endFrame, shows });
  };
  const whole = wholeFrames(media, fps);
  if (media.kind === "card" || media.url === null || (media.kind === "clip" && whole < 1)) {
    show("nothing", to);
  } else if (media.kind === "still") {
    show("still", to);
  } else if (from + whole >= to) {
    show("clip", to);
  } else if (media.fill === "stretch") {
    show("slowed", to);
  } else if (media.fill === "loop") {
    for (let at = from; at < to; at += whole) show("clip", Math.min(at + whole, to));
  } else {
    show("clip", from + whole);
    // The film accepts a clip that is up to half a frame short: its last picture is held.
    const short = to - from - filmFrames(media, fps);
    show(media.fill === "hold" || short <= 0.5 ? "held" : "nothing", to);
  }
  return shots;
}

/** Every frame of the film exactly once, in order, whatever the scenes leave out or cover twice. */
export function shotsOf({ scenes, frames, fps }: ExportTimeline): Shot[] {
  const shots: Shot[] = [];
  let at = 0;
  const empty = (endFrame: number) => {
    if (endFrame > at) shots.push({ scene: null, first: true, startFrame: at, endFrame, shows: "nothing" });
    at = Math.max(at, endFrame);
  };
  for (const scene of scenes) {
    const end = Math.min(scene.endFrame, frames);
    empty(Math.min(scene.startFrame, frames));
    if (end <= at) continue;
    shots.push(...within(scene, at, end, fps));
    at = end;
  }
  empty(frames);
  return shots;
}
