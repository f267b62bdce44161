import type { Verdict } from "../db/store.ts";
import type { Deps } from "../deps.ts";
import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Approval } from "../domain/record/record.ts";
import { type Actor, notFound, wake } from "./shared.ts";

export type Wish = Omit<Verdict, "id">;

/**
 * Records verdicts about images and clips, all or none; earlier ones stay, the newest counts.
 */
export async function approve(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; verdicts: Wish[] },
): Promise<Result<Approval[]>> {
  const { projectId } = input;
  const wanted = input.verdicts.map((verdict) => ({ id: deps.newId(), ...verdict }));
  const twice = wanted.findIndex((v, i) => wanted.findIndex((w) => subjectOf(w) === subjectOf(v)) < i);
  if (twice >= 0)
    return fail("invalid_request", "Each image or clip can be named once.", [
      named(twice, wanted, "named_twice", "It is named twice."),
    ]);

  const judged = await deps.store.judge({ ownerId: actor.ownerId, projectId }, wanted);
  if (!judged) return notFound();
  const found = new Map(judged.map((row) => [row.id, row]));
  const missing = wanted.flatMap((v, i) =>
    found.get(v.id)?.sceneId
      ? []
      : [named(i, wanted, "not_found", "This project has no completed asset with this id.")],
  );
  if (missing.length > 0)
    return fail(
      "not_found",
      "Nothing was recorded: some of these are not completed images or clips of this project.",
      missing,
    );

  await wake(deps, projectId);
  return ok(
    wanted.map((verdict) => {
      const row = found.get(verdict.id);
      if (!row?.sceneId || !row.subjectHash) throw new Error("A recorded verdict has no subject");
      const { sceneId, subjectHash, createdAt } = row;
      return { ...verdict, projectId, sceneId, subjectHash, voidedAt: null, voidedReason: null, createdAt };
    }),
  );
}

const subjectOf = (v: Verdict) => v.imageId ?? v.clipId;

const named = (index: number, verdicts: Verdict[], code: string, message: string) => ({
  path: `approvals.${index}.${verdicts[index]?.imageId ? "image_id" : "clip_id"}`,
  code,
  message,
});
