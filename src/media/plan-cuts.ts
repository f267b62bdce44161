/** What the film will be made of, decided before a byte of it is written. */
import type { Edit, Failure } from "../domain/record.ts";
import { checkCover } from "../domain/timeline.ts";
import { type ClipPackets, clipPackets } from "./clip.ts";
import { cutClip, type Shown } from "./cut.ts";
import { refusal } from "./failures.ts";
import { refuseJoin, sceneNames } from "./join.ts";
import type { MediaFile } from "./source.ts";

export type FilmEdit = Edit & { file: MediaFile };

/** One clip as it will stand in the film. */
export interface Cut {
  edit: FilmEdit;
  packets: ClipPackets;
  /** For each packet that is used, in decode order. */
  shown: Shown[];
  startSeconds: number;
}

/**
 * Reads every clip's index once; that they are whole was seen when they were collected. Fails with `cover_broken`, `clip_unreadable`, `media_gone`,
 * `clip_too_short`, or as `refuseJoin` does; each names the scenes, counted from 1.
 */
export async function planCuts(
  edits: readonly FilmEdit[],
  fps: number,
): Promise<{ ok: true; cuts: Cut[] } | { ok: false; failure: Failure }> {
  const { gaps, overlaps } = checkCover(edits, edits.at(-1)?.endFrame ?? 1);
  if (gaps + overlaps > 0) {
    return refusal(
      "cover_broken",
      "The scenes do not follow one another from the start of the song.",
      "Plan the scenes again.",
    );
  }
  const known = new Map<MediaFile, ClipPackets>();
  const cuts: Cut[] = [];
  const short: number[] = [];
  for (const [i, edit] of edits.entries()) {
    let packets = known.get(edit.file);
    if (!packets) {
      const found = await clipPackets(edit.file, false);
      if (!found.ok) {
        return {
          ok: false,
          failure: { ...found.failure, message: `Scene ${i + 1}: ${found.failure.message}` },
        };
      }
      packets = found.packets;
      known.set(edit.file, packets);
    }
    const shown = cutClip(packets.times, packets.end, (edit.endFrame - edit.startFrame) / fps, 0.5 / fps);
    if (shown) cuts.push({ edit, packets, shown, startSeconds: edit.startFrame / fps });
    else short.push(i + 1);
  }
  if (short.length > 0) {
    const message = short.length === 1 ? "is shorter than its scene." : "are shorter than their scenes.";
    const clips = `${short.length === 1 ? "The clip" : "The clips"} of ${sceneNames(short)}`;
    return refusal(
      "clip_too_short",
      `${clips} ${message}`,
      "Generate longer clips for them, or shorten the scenes.",
    );
  }
  const refused = refuseJoin(cuts.map((cut, i) => ({ scene: i + 1, clip: cut.packets.facts })));
  return refused ? { ok: false, failure: refused } : { ok: true, cuts };
}
