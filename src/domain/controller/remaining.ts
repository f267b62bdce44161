/**
 * What is still to be bought for the scenes, and how much of it motifs would save. Estimated, in US dollars.
 */

import { type Motif, motifsOf } from "../cover/motifs.ts";
import { type MotifWay, type ProjectRecord, STAGES } from "../record/record.ts";
import { currentOf } from "./current.ts";
import { policyOf } from "./stages/index.ts";

/** Estimated cost of all that the scenes lack, at the first suppliers; 0 before the scenes are planned. */
export function remainingUsd(record: ProjectRecord): number {
  const policies = STAGES.map(policyOf);
  let sum = 0;
  for (const scene of currentOf(record).scenes)
    for (const { isMissing, offers } of policies)
      if (isMissing?.(scene)) sum += offers(record, () => scene)[0]?.estimateUsd ?? 0;
  return sum;
}

export interface MotifOffer extends Motif {
  /** The leader's lyric. */
  lyric: string;
  /** By id of each scene but the leader: how it is made now. */
  ways: Record<string, MotifWay>;
  /** `remainingUsd` of the whole project if all scenes of this motif but the leader were made so. */
  remainingUsd: Record<MotifWay, number>;
}

/** The motifs of the scenes, each with the cost of every way of making them. */
export function motifOffers(record: ProjectRecord): MotifOffer[] {
  const planned = record.scenes.toSorted((a, b) => a.orderIdx - b.orderIdx);
  const { motifs } = record.project.settings;
  return motifsOf(planned).map((motif) => {
    const isFollower = (id: string) => id !== motif.leaderId && motif.sceneIds.includes(id);
    const costOf = (way: MotifWay) =>
      remainingUsd({
        ...record,
        scenes: planned.map((scene) => (isFollower(scene.id) ? { ...scene, motif: way } : scene)),
      });
    return {
      ...motif,
      lyric: planned.find((scene) => scene.id === motif.leaderId)?.lyricExcerpt ?? "",
      ways: Object.fromEntries(
        planned.filter((s) => isFollower(s.id)).map((scene) => [scene.id, scene.motif ?? motifs]),
      ),
      remainingUsd: { new: costOf("new"), vary: costOf("vary"), reuse: costOf("reuse") },
    };
  });
}
