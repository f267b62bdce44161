/** Approvals: a person's yes or no to images and clips. */
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import { RECORD_BOUNDS } from "../domain/controller/record-bounds.ts";
import type { ApprovalInput, OwnedProject, RecordedApproval } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { lockProject } from "./projects.ts";
import { generatedImages, projects, userApprovals, videoClips } from "./schema.ts";

const FoundSubject = z.object({
  id: z.uuid(),
  scene_id: z.uuid().nullable(),
  subject_hash: z.string().nullable(),
  asked_id: z.uuid(),
  at: z.coerce.date(),
  voided_at: z.coerce.date().nullable(),
  voided_reason: z.string().nullable(),
});

/**
 * Each row gets the etag and input hash of its image or clip as they are at that moment. One that says the same
 * as the newest about its image or clip is not stored again; of older ones, as many stay as `RECORD_BOUNDS`
 * says. The project's `updated_at` is set too, so that the sweep finds a decision whose wake-up was lost.
 */
export async function recordApprovals(
  db: Db,
  whose: OwnedProject,
  inputs: ApprovalInput[],
  now: SQL,
): Promise<RecordedApproval[] | null> {
  const { ownerId, projectId } = whose;
  const statement = sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(inputs)}::jsonb)
        as w(id uuid, "imageId" uuid, "clipId" uuid, approved boolean, notes text)
    ), subjects as (
      select w.*, coalesce(i.scene_id, c.scene_id) as scene_id,
        coalesce(i.etag || ':' || i.input_hash, c.etag || ':' || c.input_hash) as subject_hash
      from wanted w
      join ${projects} p on p.id = ${projectId} and p.owner_id = ${ownerId}
      left join ${generatedImages} i on i.id = w."imageId" and i.project_id = p.id and i.status = 'completed'
      left join ${videoClips} c on c.id = w."clipId" and c.project_id = p.id and c.status = 'completed'
    ), found as (
      select s.*, last.id as last_id, last.created_at as last_at, last.voided_at, last.voided_reason
      from subjects s
      left join lateral (
        select * from ${userApprovals} a
        where a.project_id = ${projectId} and (a.image_id = s."imageId" or a.clip_id = s."clipId")
        order by a.created_at desc, a.id desc limit 1
      ) as last on last.approved = s.approved and last.subject_hash = s.subject_hash
        and last.notes is not distinct from s.notes
    ), saved as (
      insert into ${userApprovals}
        (id, project_id, scene_id, image_id, clip_id, approved, notes, subject_hash, created_at)
      select id, ${projectId}, scene_id, "imageId", "clipId", approved, notes, subject_hash, ${now}
      from found where last_id is null and not exists (select 1 from found where scene_id is null)
      on conflict (id) do nothing
      returning project_id, image_id, clip_id
    ), trimmed as (
      delete from ${userApprovals} where id in (
        select id from (
          select a.id, row_number() over (
            partition by a.image_id, a.clip_id order by a.created_at desc, a.id desc) as nth
          from ${userApprovals} a
          join saved on a.image_id = saved.image_id or a.clip_id = saved.clip_id
        ) as earlier where nth >= ${RECORD_BOUNDS.decisionsKept}
      )
    ), touched as (
      update ${projects} set updated_at = ${now} where id in (select project_id from saved)
    )
    select id as asked_id, coalesce(last_id, id) as id, scene_id, subject_hash, voided_at, voided_reason,
      coalesce(last_at, (${now})::timestamptz(3)) as at
    from found`;
  const [, { rows }] = await db.batch([lockProject(db, whose), db.execute(statement)]);
  const found = z.array(FoundSubject).parse(rows);
  if (found.length === 0) return null;
  return found.map((row) => ({
    askedId: row.asked_id,
    id: row.id,
    voidedAt: row.voided_at,
    voidedReason: row.voided_reason,
    sceneId: row.scene_id,
    subjectHash: row.subject_hash,
    createdAt: row.at,
  }));
}
