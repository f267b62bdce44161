import { sql } from "drizzle-orm";
import { z } from "zod";
import { generatedImages, projects, userApprovals, videoClips } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { fail, ok, type Result } from "../domain/errors.ts";
import type { Approval } from "../domain/record.ts";
import { type Actor, notFound, wake } from "./shared.ts";

export interface Verdict {
  /** Exactly one of the two. */
  imageId: string | null;
  clipId: string | null;
  approved: boolean;
  notes: string | null;
}

const Answer = z.object({ id: z.uuid(), scene_id: z.uuid().nullable(), subject_hash: z.string().nullable() });

/**
 * Records verdicts about images and clips, all or none, in one statement. Each names the exact
 * bytes and inputs it is about, as they are at that moment; earlier verdicts stay, the newest counts.
 * The project is touched with them, so that the sweep sees a decision whose wake-up was lost.
 */
export async function approve(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; verdicts: Verdict[] },
): Promise<Result<Approval[]>> {
  const { projectId } = input;
  const createdAt = deps.now();
  const wanted = input.verdicts.map((verdict) => ({ id: deps.newId(), ...verdict }));
  const twice = wanted.findIndex((v, i) => wanted.findIndex((w) => subjectOf(w) === subjectOf(v)) < i);
  if (twice >= 0)
    return fail("invalid_request", "Each image or clip can be named once.", [
      named(twice, wanted, "named_twice", "It is named twice."),
    ]);

  const { rows } = await deps.db.execute(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        as w(id uuid, "imageId" uuid, "clipId" uuid, approved boolean, notes text)
    ), found as (
      select w.*, coalesce(i.scene_id, c.scene_id) as scene_id,
        coalesce(i.etag || ':' || i.input_hash, c.etag || ':' || c.input_hash) as subject_hash
      from wanted w
      join ${projects} p on p.id = ${projectId} and p.owner_id = ${actor.ownerId}
      left join ${generatedImages} i on i.id = w."imageId" and i.project_id = p.id and i.status = 'completed'
      left join ${videoClips} c on c.id = w."clipId" and c.project_id = p.id and c.status = 'completed'
    ), saved as (
      insert into ${userApprovals}
        (id, project_id, scene_id, image_id, clip_id, approved, notes, subject_hash, created_at)
      select id, ${projectId}, scene_id, "imageId", "clipId", approved, notes, subject_hash, ${createdAt.toISOString()}
      from found where not exists (select 1 from found where scene_id is null)
      returning project_id
    ), touched as (
      update ${projects} set updated_at = ${createdAt.toISOString()} where id in (select project_id from saved)
    )
    select id, scene_id, subject_hash from found`);

  const found = new Map(
    z
      .array(Answer)
      .parse(rows)
      .map((row) => [row.id, row]),
  );
  if (found.size === 0) return notFound();
  const missing = wanted.flatMap((v, i) =>
    found.get(v.id)?.scene_id
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
      if (!row?.scene_id || !row.subject_hash) throw new Error("A recorded verdict has no subject");
      return {
        ...verdict,
        projectId,
        sceneId: row.scene_id,
        subjectHash: row.subject_hash,
        voidedAt: null,
        voidedReason: null,
        createdAt,
      };
    }),
  );
}

const subjectOf = (v: Verdict) => v.imageId ?? v.clipId;

const named = (index: number, verdicts: Verdict[], code: string, message: string) => ({
  path: `approvals.${index}.${verdicts[index]?.imageId ? "image_id" : "clip_id"}`,
  code,
  message,
});
