/** The messages of the feed, for the OpenAPI document only: `coordinator/` writes them. */
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
import { Prompt } from "./prompts.ts";
import { Scene } from "./scenes.ts";

const position = {
  epoch: z.string().openapi({ description: "Names the sequence that `seq` counts in." }),
  seq: z.int().openapi({
    description: "Position in the epoch: each event's is one more than that of the event before it.",
  }),
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
    project: orNull(FeedProject).openapi({
      description: "null where it was deleted, or could not be read yet.",
    }),
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
      "The whole project as of `seq`: replace what you have. Files have no `url` here: the lists of the API have them.",
  });

const event = {
  type: z.literal("event"),
  ...position,
  at: Timestamp.openapi({ description: "When it was published." }),
  id: Uuid.openapi({ description: "Id of the entity." }),
};

const FeedUpsert = z
  .object({
    ...event,
    op: z.literal("upsert"),
    entity: z.enum(Object.keys(VALUES)),
    value: z.union(Object.values(VALUES)),
  })
  .openapi("FeedUpsert", {
    description:
      "An entity was created or changed. `value` is the whole entity as it is now; `entity` names its schema.",
  });

const FeedRemove = z
  .object({ ...event, op: z.literal("remove"), entity: z.enum(Object.keys(VALUES)) })
  .openapi("FeedRemove", { description: "An entity was removed." });

const FeedProgress = z
  .object({
    type: z.literal("progress"),
    job_id: Uuid,
    task_id: Uuid,
    fraction: z.number().min(0).max(1).openapi({ description: "The part of the task that is done, 0 to 1." }),
  })
  .openapi("FeedProgress", {
    description: "Progress of one task. It is not numbered and not stored: a client may miss it.",
  });

const FeedError = z
  .object({
    type: z.literal("error"),
    detail: z.string().openapi({ description: "What was wrong, in a sentence." }),
  })
  .openapi("FeedError", { description: "The response to any message from the client except `ping`." });

export const FeedMessage = z
  .union([FeedSnapshot, FeedUpsert, FeedRemove, FeedProgress, FeedError])
  .openapi("FeedMessage", { description: "One text message of the WebSocket." });
