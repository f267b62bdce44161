import { type MotifOffer, motifOffers, remainingUsd } from "../domain/controller/remaining.ts";
import { ok, type Result } from "../domain/record/errors.ts";
import type { MotifWay, Scene } from "../domain/record/record.ts";
import type { Deps } from "../ports/deps.ts";
import { type Actor, notFound, wake } from "./shared.ts";

export interface Motifs {
  remainingUsd: number;
  motifs: MotifOffer[];
}

/** Scenes over repeated lyrics, and what each way of making them would cost. */
export async function listMotifs(
  deps: Deps,
  actor: Actor,
  { projectId }: { projectId: string },
): Promise<Result<Motifs>> {
  const record = await deps.reader.record({ ownerId: actor.ownerId, projectId });
  if (!record) return notFound();
  return ok({ remainingUsd: remainingUsd(record), motifs: motifOffers(record) });
}

/** Sets how one scene over repeated lyrics is made; null: as the project's settings say. */
export async function chooseMotif(
  deps: Deps,
  actor: Actor,
  { projectId, sceneId, motif }: { projectId: string; sceneId: string; motif: MotifWay | null },
): Promise<Result<{ scene: Scene; fps: number }>> {
  const chosen = await deps.store.chooseMotif({ ownerId: actor.ownerId, projectId, sceneId }, motif);
  if (!chosen) return notFound();
  await wake(deps, actor, projectId);
  return ok(chosen);
}
