/** What a person's approvals and rejections say: of each image or clip, the newest one counts. */
import type { Approval, Clip, Image } from "../record/record.ts";
import { subjectHash } from "./inputs.ts";

/** By the database's clock: ids are made from the clocks of workers, which may differ. */
export const isLater = (a: Approval, b: Approval): boolean =>
  +a.createdAt > +b.createdAt || (+a.createdAt === +b.createdAt && a.id > b.id);

/** The newest approval or rejection of each image and clip, by the id of the image or clip. */
export function newestApprovals(approvals: readonly Approval[]): Map<string, Approval> {
  const newest = new Map<string, Approval>();
  for (const approval of approvals) {
    const id = approval.imageId ?? approval.clipId ?? "";
    const last = newest.get(id);
    if (!last || isLater(approval, last)) newest.set(id, approval);
  }
  return newest;
}

/** Whether the image or clip counts as approved. `auto`: it does unless a person decided. */
export function isApproved(
  newest: ReadonlyMap<string, Approval>,
  asset: Image | Clip | null,
  auto: boolean,
): boolean {
  if (!asset) return false;
  const approval = newest.get(asset.id);
  if (!approval) return auto;
  return approval.approved && approval.subjectHash === subjectHash(asset);
}

export const isRejected = (newest: ReadonlyMap<string, Approval>, asset: Image | Clip): boolean =>
  newest.get(asset.id)?.approved === false;

/**
 * The take that is the scene's, from 0: the one that was approved last (of takes that were approved in one
 * request, the newest), else the first that was not rejected. A rejection asks for the next take of the same
 * inputs only.
 *
 * @param made the scene's completed images or clips, of whatever inputs
 * @param hashesAt the input hashes that an image or clip of this take may have
 */
export function takeOf(
  made: readonly (Image | Clip)[],
  newest: ReadonlyMap<string, Approval>,
  hashesAt: (take: number) => readonly string[],
): number {
  const rejected = new Set(made.filter((a) => isRejected(newest, a)).map((a) => a.inputHash));
  if (rejected.size === 0 && made.length < 2) return 0;
  let best: { take: number; at: number } | null = null;
  let firstLeft: number | null = null;
  for (let take = 0; ; take++) {
    const hashes = new Set(hashesAt(take));
    const ofTake = made.filter((a) => hashes.has(a.inputHash));
    for (const asset of ofTake) {
      if (!isApproved(newest, asset, false)) continue;
      const at = newest.get(asset.id)?.createdAt.getTime() ?? 0;
      if (!best || at >= best.at) best = { take, at };
    }
    if (!ofTake.some((a) => rejected.has(a.inputHash))) firstLeft ??= take;
    // A take is asked for only once the one before it was made.
    if (ofTake.length === 0) return best?.take ?? firstLeft ?? take;
  }
}
