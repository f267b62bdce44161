import { fail, type InputErrorCode, ok, type Result } from "../domain/record/errors.ts";
import type { Approval } from "../domain/record/record.ts";
import type { Deps } from "../ports/deps.ts";
import type { ApprovalInput } from "../ports/store.ts";
import { type Actor, notFound, wake } from "./shared.ts";

export type NewApproval = Omit<ApprovalInput, "id">;

/**
 * Records approvals and rejections of images and clips, all or none. Earlier ones stay; the newest counts. One
 * that says what the newest already says is not recorded again.
 */
export async function approve(
  deps: Deps,
  actor: Actor,
  { projectId, approvals }: { projectId: string; approvals: NewApproval[] },
): Promise<Result<Approval[]>> {
  const wanted = approvals.map((approval) => ({ id: deps.newId(), ...approval }));
  const twice = wanted.findIndex((v, i) => wanted.findIndex((w) => subjectOf(w) === subjectOf(v)) < i);
  if (twice >= 0)
    return fail("invalid_request", "Each image or clip may be in the list only once.", [
      named(twice, wanted, "named_twice", "It is in the list twice."),
    ]);

  const recorded = await deps.store.recordApprovals({ ownerId: actor.ownerId, projectId }, wanted);
  if (!recorded) return notFound();
  const found = new Map(recorded.map((row) => [row.askedId, row]));
  const missing = wanted.flatMap((v, i) =>
    found.get(v.id)?.sceneId
      ? []
      : [named(i, wanted, "not_found", "This project has no completed image or clip with this id.")],
  );
  if (missing.length > 0)
    return fail(
      "not_found",
      "Nothing was recorded: some of these are not completed images or clips of this project.",
      missing,
    );

  await wake(deps, actor, projectId);
  return ok(
    wanted.map((approval) => {
      const row = found.get(approval.id);
      if (!row?.sceneId || !row.subjectHash) throw new Error("A recorded approval has no subject");
      const { askedId: _, sceneId, subjectHash, ...decision } = row;
      return { ...approval, ...decision, projectId, sceneId, subjectHash };
    }),
  );
}

const subjectOf = (v: ApprovalInput) => v.imageId ?? v.clipId;

const named = (index: number, inputs: ApprovalInput[], code: InputErrorCode, message: string) => ({
  path: `approvals.${index}.${inputs[index]?.imageId ? "image_id" : "clip_id"}`,
  code,
  message,
});
