/** Approvals: a person's yes or no to images and clips. */
import { type SQL, sql } from "drizzle-orm";
import { z } from "zod";
import type { ApprovalInput, OwnedProject, RecordedApproval } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { generatedImages, projects, userApprovals, videoClips } from "./schema.ts";

const FoundSubject = z.object({
  id: z.uuid(),
  scene_id: z.uuid().nullable(),
  subject_hash: z.string().nullable(),
  at: z.coerce.date(),
});

/**
 * Each row gets the etag and input hash of its image or clip as they are at that moment. The project's
 * `updated_at` is set too, so that the sweep finds a decision whose wake-up was lost.
 */
export async function recordApprovals(
  db: Db,
  whose: OwnedProject,
  inputs: ApprovalInput[],
  now: SQL,
): Promise<RecordedApproval[] | null> {
  const { ownerId, projectId } = whose;
  const { rows } = await db.execute(sql`
    with wanted as (
      select * from jsonb_to_recordset(${JSON.stringify(inputs)}::jsonb)
        as w(id uuid, "imageId" uuid, "clipId" uuid, approved boolean, notes text)
    ), found as (
      select w.*, coalesce(i.scene_id, c.scene_id) as scene_id,
        coalesce(i.etag || ':' || i.input_hash, c.etag || ':' || c.input_hash) as subject_hash
      from wanted w
      join ${projects} p on p.id = ${projectId} and p.owner_id = ${ownerId}
      left join ${generatedImages} i on i.id = w."imageId" and i.project_id = p.id and i.status = 'completed'
      left join ${videoClips} c on c.id = w."clipId" and c.project_id = p.id and c.status = 'completed'
    ), saved as (
      insert into ${userApprovals}
        (id, project_id, scene_id, image_id, clip_id, approved, notes, subject_hash, created_at)
      select id, ${projectId}, scene_id, "imageId", "clipId", approved, notes, subject_hash, ${now}
      from found where not exists (select 1 from found where scene_id is null)
      on conflict (id) do nothing
      returning project_id
    ), touched as (
      update ${projects} set updated_at = ${now} where id in (select project_id from saved)
    )
    select id, scene_id, subject_hash, (${now})::timestamptz(3) as at from found`);
  const found = z.array(FoundSubject).parse(rows);
  if (found.length === 0) return null;
  return found.map((row) => ({
    id: row.id,
    sceneId: row.scene_id,
    subjectHash: row.subject_hash,
    createdAt: row.at,
  }));
}
