/** Plans the film's cuts and checks them, before a byte of the film is written. */
import { canFillScene } from "../../domain/cover/fill.ts";
import { checkCover } from "../../domain/cover/solve.ts";
import type { EditListEntry, Failure, Fill } from "../../domain/record/record.ts";
import { refusal } from "../lib/failures.ts";
import type { MediaFile } from "../lib/source.ts";
import { type ClipPackets, clipPackets } from "./clip.ts";
import type { Sample } from "./clip-index.ts";
import { cutClip, type Shown } from "./cut.ts";
import { refuseJoin, sceneNames } from "./join.ts";

/** An entry of the edit list with its clip's file; `fill` is set when the scene has its own choice. */
export type FilmEdit = EditListEntry & { file: MediaFile };

/** One clip as it is used in the film. */
export interface Cut {
  edit: FilmEdit;
  packets: ClipPackets;
  /** How many pictures are shown. */
  count: number;
  /** These pictures, in decode order; a loop repeats the clip's packets. */
  shown(pictures: readonly Sample[]): Shown[];
  startSeconds: number;
  spanSeconds: number;
  /** How the clip is extended to fill its scene; null when it is long enough. */
  fill: Fill | null;
}

/** Clips whose indexes are read concurrently: a Worker may have six open connections. */
const AT_ONCE = 5;

type Indexed = Awaited<ReturnType<typeof clipPackets>>;

/** The index of every clip file, each read once. */
async function indexed(edits: readonly FilmEdit[]): Promise<Map<MediaFile, Indexed>> {
  const files = [...new Set(edits.map(({ file }) => file))];
  const known = new Map<MediaFile, Indexed>();
  for (let i = 0; i < files.length; i += AT_ONCE) {
    const some = files.slice(i, i + AT_ONCE);
    const found = await Promise.all(some.map((file) => clipPackets(file, false)));
    for (const [j, file] of some.entries()) {
      const one = found[j];
      if (one) known.set(file, one);
    }
  }
  return known;
}

/** For each fill: what was not enough, and what the user can do instead. */
const TRIED = {
  none: [".", "Choose how short clips fill their scenes (stretch, hold or loop)"],
  stretch: [", even at half speed.", "Hold their last picture or loop them instead"],
  loop: [", however often they are played.", "Hold their last picture instead"],
  hold: [".", "Generate these clips again"],
} as const;

function tooShort(scenes: readonly number[], fill: Fill | null): { ok: false; failure: Failure } {
  const are = scenes.length === 1 ? "The clip of" : "The clips of";
  const short = scenes.length === 1 ? "is shorter than its scene" : "are shorter than their scenes";
  const [limit, instead] = TRIED[fill ?? "none"];
  return refusal(
    "clip_too_short",
    `${are} ${sceneNames(scenes)} ${short}${limit}`,
    `${instead}, generate longer clips, or shorten the scenes.`,
  );
}

/**
 * Reads every clip's index once; the clips' first pictures were checked when the clips were collected. `fill`
 * says how clips that are shorter than their scenes are extended. Fails with `cover_broken`,
 * `clip_unreadable`, `output_form`, `media_gone`, `clip_too_short`, or as `refuseJoin` does; all but
 * `cover_broken` name the scenes, counted from 1.
 */
export async function planCuts(
  edits: readonly FilmEdit[],
  fps: number,
  fill: Fill | null,
): Promise<{ ok: true; cuts: Cut[] } | { ok: false; failure: Failure }> {
  const { gaps, overlaps } = checkCover(edits, edits.at(-1)?.endFrame ?? 1);
  if (gaps + overlaps > 0) {
    return refusal(
      "cover_broken",
      "The scenes do not follow one another from the start of the song.",
      "Plan the scenes again.",
    );
  }
  const known = await indexed(edits);
  const cuts: Cut[] = [];
  const short: number[] = [];
  let tried: Fill | null = null;
  for (const [i, edit] of edits.entries()) {
    const found = known.get(edit.file);
    if (!found?.ok) {
      if (!found) throw new Error("A clip was not looked at.");
      const message = `Scene ${i + 1}: ${found.failure.message}`;
      return { ok: false, failure: { ...found.failure, message } };
    }
    const { packets } = found;
    const sceneFrames = edit.endFrame - edit.startFrame;
    const fit = { clipFrames: packets.facts.frames, clipFps: packets.facts.fps, sceneFrames, fps };
    const isLongEnough = canFillScene({ ...fit, fill: null });
    const chosen = isLongEnough ? null : (edit.fill ?? fill);
    if (!isLongEnough && !canFillScene({ ...fit, fill: chosen })) {
      short.push(i + 1);
      tried = chosen;
      continue;
    }
    const spanSeconds = sceneFrames / fps;
    const shown = (samples: readonly Sample[]) =>
      cutClip(
        samples.map(({ time }) => time),
        packets.end,
        spanSeconds,
        chosen,
        1 / fps,
      );
    const count = shown(packets.pictures()).length;
    cuts.push({
      edit,
      packets,
      count,
      shown,
      startSeconds: edit.startFrame / fps,
      spanSeconds,
      fill: chosen,
    });
  }
  if (short.length > 0) return tooShort(short, tried);
  const refused = refuseJoin(cuts.map((cut, i) => ({ scene: i + 1, clip: cut.packets.facts })));
  return refused ? { ok: false, failure: refused } : { ok: true, cuts };
}
