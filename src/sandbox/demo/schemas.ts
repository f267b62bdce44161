/** The members of the API's JSON that the demo reads, as any frontend would. */
import { z } from "zod";
import { STAGES } from "../../domain/record/record.ts";

export const Project = z.object({
  id: z.string(),
  status: z.enum(["draft", "ready", "running", "awaiting_approval", "completed", "failed"]),
  settings: z.object({ fps: z.number() }),
  cost: z.object({ spent_usd: z.number() }),
  audio: z
    .object({
      format: z.string(),
      duration_seconds: z.number(),
      frames: z.number(),
      title: z.string().nullable(),
      artist: z.string().nullable(),
    })
    .nullable(),
});
export type Project = z.infer<typeof Project>;

export const Upload = z.object({
  key: z.string(),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
});
export const Ticket = z.object({ url: z.string() });

const Failure = z.object({ message: z.string(), next_action: z.string().nullable() }).nullable();
const Status = z.enum(["pending", "completed", "failed"]);

const Scene = z.object({ id: z.string() });
const Asset = z.object({ id: z.string(), scene_id: z.string(), status: Status });
const Approval = z.object({
  id: z.string(),
  image_id: z.string().nullable(),
  clip_id: z.string().nullable(),
});
const Job = z.object({
  id: z.string(),
  type: z.enum(STAGES),
  status: z.enum(["pending", "running", "completed", "failed", "canceled"]),
  progress: z.number(),
  tasks: z.object({ total: z.number(), succeeded: z.number(), failed: z.number() }),
  error: Failure,
  created_at: z.string(),
  finished_at: z.string().nullable(),
});
const Film = z.object({ id: z.string(), status: Status });

const Task = z.object({
  type: z.enum(STAGES),
  status: z.string(),
  model: z.string().nullable(),
  cost_charged_usd: z.number().nullable(),
});
export const TaskPage = z.object({ items: z.array(Task), next_cursor: z.string().nullable() });

export type Task = z.infer<typeof Task>;
export type Asset = z.infer<typeof Asset>;
export type Job = z.infer<typeof Job>;

/** Schemas of the entities in the feed's events, by the entity's name. */
export const ENTITIES = {
  project: Project,
  scene: Scene,
  image: Asset,
  clip: Asset,
  approval: Approval,
  job: Job,
  final_video: Film,
};

const position = { epoch: z.string(), seq: z.number() };

export const Message = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("snapshot"),
    ...position,
    project: Project,
    scenes: z.array(Scene),
    images: z.array(Asset),
    clips: z.array(Asset),
    approvals: z.array(Approval),
    jobs: z.array(Job),
    final_videos: z.array(Film),
  }),
  z.object({
    type: z.literal("event"),
    ...position,
    op: z.enum(["upsert", "remove"]),
    entity: z.string(),
    id: z.string(),
    /** Absent where the entity was removed. */
    value: z.unknown().optional(),
  }),
  z.object({ type: z.literal("progress"), job_id: z.string(), task_id: z.string(), fraction: z.number() }),
]);
export type Message = z.infer<typeof Message>;
