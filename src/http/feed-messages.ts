/** What the feed sends, for the documentation; `coordinator/` writes it. */
import { z } from "@hono/zod-openapi";
import type { Entity } from "../domain/views/feed.ts";
import type {
  ApprovalView,
  ClipView,
  FeedProjectView,
  FilmView,
  ImageView,
  JobView,
  PromptView,
  SceneView,
} from "../domain/views/views.ts";
import { Approval } from "./approvals.ts";
import { Clip } from "./clips.ts";
import { FinalVideo } from "./films.ts";
import { Image } from "./images.ts";
import { Job } from "./jobs.ts";
import { orNull, Timestamp, Uuid } from "./lib/schemas.ts";
import { FeedProject } from "./project-schema.ts";
import { Prompt, Scene } from "./scenes.ts";

const position = {
  epoch: z.string().openapi({ description: "Numbers of one epoch form one sequence." }),
  seq: z.int().openapi({ description: "Each event has the number after the one before it." }),
};

interface Values extends Record<Entity, unknown> {
  project: FeedProjectView;
  scene: SceneView;
  prompt: PromptView;
  image: ImageView;
  clip: ClipView;
  approval: ApprovalView;
  job: JobView;
  final_video: FilmView;
}

const VALUES = {
  project: FeedProject,
  scene: Scene,
  prompt: Prompt,
  image: Image,
  clip: Clip,
  approval: Approval,
  job: Job,
  final_video: FinalVideo,
} satisfies { [E in Entity]: z.ZodType<Values[E]> };

const FeedSnapshot = z
  .object({
    type: z.literal("snapshot"),
    ...position,
    project: orNull(FeedProject),
    scenes: z.array(Scene),
    prompts: z.array(Prompt),
    images: z.array(Image),
    clips: z.array(Clip),
    approvals: z.array(Approval),
    jobs: z.array(Job),
    final_videos: z.array(FinalVideo),
  })
  .openapi("FeedSnapshot", {
    description:
      "Everything as of `seq`: replace what you have. Files have no `url` here; the lists give it.",
  });

const event = { type: z.literal("event"), ...position, at: Timestamp, id: Uuid };

const FeedUpsert = z
  .object({
    ...event,
    op: z.literal("upsert"),
    entity: z.enum(Object.keys(VALUES)),
    value: z.union(Object.values(VALUES)),
  })
  .openapi("FeedUpsert", { description: "`value` is the whole entity as it is now; its kind is `entity`." });

const FeedRemove = z
  .object({ ...event, op: z.literal("remove"), entity: z.enum(Object.keys(VALUES)) })
  .openapi("FeedRemove");

const FeedProgress = z
  .object({ type: z.literal("progress"), job_id: Uuid, task_id: Uuid, fraction: z.number().min(0).max(1) })
  .openapi("FeedProgress", {
    description: "How far one unit of a job is. Not numbered, not kept, may be missed.",
  });

const FeedError = z
  .object({ type: z.literal("error"), detail: z.string() })
  .openapi("FeedError", { description: "The answer to anything that is sent, except `ping`." });

export const FeedMessage = z
  .union([FeedSnapshot, FeedUpsert, FeedRemove, FeedProgress, FeedError])
  .openapi("FeedMessage", { description: "One text message of the WebSocket." });
