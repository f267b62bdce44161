/** The messages of the feed, for the OpenAPI document only: `coordinator/` writes them. */
import { z } from "@hono/zod-openapi";
import { ENTITIES, type Entity, type EntityValue, snapshotMember } from "../domain/views/entities.ts";
import { Approval } from "./approvals.ts";
import { Clip } from "./clips.ts";
import { FinalVideo } from "./films.ts";
import { Image } from "./images.ts";
import { Job } from "./jobs.ts";
import { orNull, Timestamp, Uuid } from "./lib/schemas.ts";
import { FeedLyrics } from "./lyrics.ts";
import { Project } from "./project-schema.ts";
import { Prompt } from "./prompts.ts";
import { Scene } from "./scenes.ts";
import { FeedTask } from "./tasks.ts";

type Schemas = { [E in Entity]: z.ZodType<EntityValue<E>> };
/** `never` where a schema's output lacks a member of the view, or has one that the view lacks. */
type Exact<S extends Schemas> = {
  [E in Entity]: EntityValue<E> extends z.output<S[E]> ? S[E] : never;
};
const exactly = <S extends Schemas>(schemas: S & Exact<S>): S => schemas;

/** The schema of each entity's value. A type error names the entity that is missing or differs from its view. */
export const VALUES = exactly({
  lyrics: FeedLyrics,
  scene: Scene,
  prompt: Prompt,
  image: Image,
  clip: Clip,
  approval: Approval,
  job: Job,
  task: FeedTask,
  final_video: FinalVideo,
  project: Project,
});

const position = {
  epoch: z.string().openapi({ description: "Names the sequence that `seq` counts in." }),
  seq: z.int().openapi({
    description: "Position in the epoch: each event's is one more than that of the event before it.",
  }),
};

/** Its member of the snapshot, and the schema of that. */
function memberOf(entity: Entity): [string, z.ZodType] {
  const { member, single } = snapshotMember(entity);
  if (!single) return [member, z.array(VALUES[entity])];
  return [
    member,
    orNull(VALUES[entity]).openapi({ description: "null where there is none, or it could not be read yet." }),
  ];
}

const FeedSnapshot = z
  .object({
    type: z.literal("snapshot"),
    ...position,
    ...Object.fromEntries(ENTITIES.map(memberOf)),
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

/** `FeedFinalVideoUpsert` for `final_video`. */
const upsertName = (entity: Entity): string =>
  `Feed${entity.replace(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Upsert`;

const upsertOf = (entity: Entity) =>
  z
    .object({
      ...event,
      op: z.literal("upsert"),
      entity: z.literal(entity),
      value: VALUES[entity],
    })
    .openapi(upsertName(entity), { description: "`value` is the whole entity as it is now." });

const FeedUpsert = z
  .discriminatedUnion("entity", [
    upsertOf("project"),
    ...ENTITIES.filter((entity) => entity !== "project").map(upsertOf),
  ])
  .openapi("FeedUpsert", { description: "An entity was created or changed." });

const FeedRemove = z
  .object({ ...event, op: z.literal("remove"), entity: z.enum(ENTITIES) })
  .openapi("FeedRemove", { description: "An entity was removed." });

const FeedEvent = z
  .discriminatedUnion("op", [FeedUpsert, FeedRemove])
  .openapi("FeedEvent", { description: "A numbered change of one entity." });

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
  .discriminatedUnion("type", [FeedSnapshot, FeedEvent, FeedProgress, FeedError])
  .openapi("FeedMessage", { description: "One text message of the WebSocket." });
