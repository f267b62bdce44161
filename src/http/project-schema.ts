/** A project as JSON: the schema of a response, and what can be set besides its settings and its song. */
import { z } from "@hono/zod-openapi";
import {
  MAX_SONG_SECONDS,
  MODEL_NOTICES,
  type Pin as PinOfRecord,
  PROJECT_STATUSES,
} from "../domain/record/record.ts";
import { line } from "../domain/record/text.ts";
import { orNull, StageName, Timestamp, Uuid } from "./lib/schemas.ts";
import { Settings } from "./settings-schema.ts";
import { Audio, Beat } from "./song-schema.ts";

/** A minute beyond the longest song, at 24 frames per second. */
const LAST_FRAME = (MAX_SONG_SECONDS + 60) * 24;
const PinFrame = z
  .int()
  .min(0)
  .max(LAST_FRAME)
  .openapi({ description: "Frame of song time, from 0: seconds × fps." });
const PinEnd = PinFrame.openapi({ description: "The first frame after the scene." });
export const Pin = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("cut"), frame: PinFrame }),
    z
      .strictObject({ kind: z.literal("scene"), start_frame: PinFrame, end_frame: PinEnd })
      .refine((pin) => pin.end_frame > pin.start_frame, {
        path: ["end_frame"],
        message: "end_frame must be greater than start_frame.",
      }),
  ])
  .openapi("Pin", {
    description:
      "What a plan of scenes must keep. cut: a scene ends and another begins at `frame`. scene: one scene lasts from `start_frame` to `end_frame`.",
  });

const ModelNotice = z
  .object({
    kind: z.enum(MODEL_NOTICES),
    stage: StageName.openapi({ description: "The stage that the model works for." }),
    model: z.string().openapi({ description: "The model that this is about." }),
    replaced_by: z
      .string()
      .nullable()
      .openapi({ description: "The model that took its place; null unless `kind` is replaced." }),
    message: z.string().openapi({ description: "The same in a sentence to show to the user." }),
    at: Timestamp.openapi({ description: "When it was found out." }),
  })
  .openapi("ModelNotice", {
    description:
      "What was found out about a model. replaced: it was withdrawn, and a run set `replaced_by` in its place. unusable: its results cannot be used, so it is not asked again for this project; retrying a task of that stage lets it be asked once more. measured: its clips have another size than the clips that the film has, so they cannot be in it.",
  });

export const Project = z
  .object({
    id: Uuid,
    name: z.string().openapi({ description: "Also the film's title where the song's tags have none." }),
    status: z.enum(PROJECT_STATUSES).openapi({
      description:
        "draft: no song yet. ready: nothing is under way; a run makes what is missing or stale. running: work is under way. awaiting_approval: a person must approve or reject images or clips. completed: everything up to the target stage is made and current. failed: a task failed, and nothing else is under way; its job says why.",
    }),
    settings: Settings,
    cost: z
      .object({
        reserved_usd: z.number().openapi({ description: "US dollars reserved for work under way." }),
        spent_usd: z.number().openapi({ description: "US dollars spent so far." }),
      })
      .openapi({ description: "What the project costs." }),
    target_stage: orNull(StageName).openapi({
      description: "The last stage that was asked for; null before the first run, or where all was canceled.",
    }),
    audio: orNull(Audio).openapi({ description: "The song; null until one is confirmed." }),
    beat: orNull(Beat).openapi({
      description: "The beat of the song; null where none was estimated or tapped.",
    }),
    pins: z.array(Pin).openapi({ description: "The cuts and scenes that the person fixed." }),
    model_notices: z.array(ModelNotice).openapi({ description: "What runs found out about models." }),
    version: z.int().openapi({
      description:
        "Rises with each edit of the name, settings, beat or pins, with each new song, when its lyrics come, and when a run replaces a model that was withdrawn. See If-Match.",
    }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .openapi("Project", {
    description: "A song and everything that is made for it, without its lyrics: see getLyrics.",
  });

export const Name = line(200).openapi({
  description:
    "One line of 1 to 200 characters, at least one of them visible; also the film's title where the song's tags have none.",
  example: "Night Drive",
});

export const toPin = (pin: z.infer<typeof Pin>): PinOfRecord =>
  pin.kind === "cut" ? pin : { kind: pin.kind, startFrame: pin.start_frame, endFrame: pin.end_frame };
