/** A project on the wire: what it shows, and what of it can be set. */
import { z } from "@hono/zod-openapi";
import { ASPECT_RATIOS, AUDIO_FORMATS, PROJECT_STATUSES } from "../domain/record.ts";
import { DEFAULT_SETTINGS, type SettingsPatch } from "../domain/settings.ts";
import { settingsView } from "../domain/views.ts";
import { Frame, Moment, orNull, Seconds, StageName, text, Uuid } from "./wire.ts";

const DEFAULTS = settingsView(DEFAULT_SETTINGS);

const setting = {
  fps: z.literal(24).openapi({ description: "Frames per second of the film." }),
  aspect_ratio: z.enum(ASPECT_RATIOS).openapi({ example: "16:9" }),
  style: text(500).openapi({ description: "How every image should look.", example: "35mm film, soft grain" }),
  mood: text(200).openapi({ example: "wistful" }),
  seconds: z.number().min(2).max(30),
  image_model: text(100).openapi({ example: DEFAULTS.image_model }),
  image_fallbacks: z
    .array(text(100))
    .max(5)
    .openapi({ description: "Tried in this order where the image model can't deliver." }),
  clip_model: text(100).openapi({ example: DEFAULTS.clip_model }),
  clip_fallbacks: z
    .array(text(100))
    .max(5)
    .openapi({ description: "Tried in this order where the clip model can't deliver, or refuses." }),
  clip_resolution: z.enum(["480p", "720p", "1080p"]),
  budget_usd: z
    .number()
    .min(0)
    .max(100_000)
    .nullable()
    .openapi({ description: "The most the project may spend, in US dollars; null for no limit." }),
  auto_approve: z
    .boolean()
    .openapi({ description: "True: images and clips count as approved unless rejected." }),
  soften_refused: z.boolean().openapi({
    description:
      "True: a prompt that moderation refuses is rewritten, from literal to implied to symbolic, and tried again.",
  }),
  repeat_unknown_up_to_usd: z.number().min(0).max(100).openapi({
    description:
      "A call that may have been paid for, and whose outcome nobody can tell, is made again without asking up to this price. 0: always ask (see needs_decision of a task).",
  }),
};

const { seconds, ...flat } = setting;
const Settings = z
  .object({ ...flat, scenes: z.object({ min_seconds: seconds, max_seconds: seconds }) })
  .openapi("Settings", { example: DEFAULTS });

export const SettingsInput = z
  .strictObject({
    ...flat,
    scenes: z.strictObject({ min_seconds: seconds, max_seconds: seconds }).partial().openapi({
      description: "Lengths of scenes. max_seconds must not exceed what clip_model can deliver.",
    }),
  })
  .partial()
  .openapi("SettingsInput", { example: { aspect_ratio: "9:16", scenes: { max_seconds: 8 } } });

const span = { start_frame: Frame, end_frame: Frame, start_seconds: Seconds, end_seconds: Seconds };
const LyricWord = z.object({ text: z.string(), ...span }).openapi("LyricWord");
const Lyrics = z
  .object({
    source: z.enum(["transcribed", "edited"]),
    language: z.string().nullable().openapi({ description: "ISO 639-1, where it is known." }),
    lines: z.array(
      z
        .object({
          ...LyricWord.shape,
          words: z.array(LyricWord),
          confidence: z.number().min(0).max(1).nullable(),
        })
        .openapi("LyricLine"),
    ),
  })
  .openapi("Lyrics");

const Audio = z
  .object({
    format: z.enum(AUDIO_FORMATS),
    codec: z.string(),
    content_type: z.string(),
    bytes: z.int(),
    duration_seconds: Seconds,
    frames: Frame.openapi({ description: "The length of the song, and of the film, in frames." }),
    sample_rate: z.number(),
    channels: z.int(),
    title: z.string().nullable(),
    artist: z.string().nullable(),
  })
  .openapi("Audio");

export const Project = z
  .object({
    id: Uuid,
    name: z.string(),
    status: z.enum(PROJECT_STATUSES).openapi({
      description:
        "draft: no song yet. ready: a song and no run asked for. running. awaiting_approval: a person must approve or reject. completed: the target stage is reached. failed: see the jobs.",
    }),
    settings: Settings,
    cost: z
      .object({ reserved_usd: z.number(), spent_usd: z.number() })
      .openapi({ description: "US dollars: held for work under way, and spent." }),
    target_stage: orNull(StageName),
    audio: orNull(Audio),
    lyrics: orNull(Lyrics),
    transcript_text: z.string().nullable(),
    version: z.int().openapi({ description: "Counts edits; see If-Match." }),
    created_at: Moment,
    updated_at: Moment,
  })
  .openapi("Project");

export const Name = text(200)
  .trim()
  .min(1)
  .openapi({ description: "1 to 200 characters; also the title of the film.", example: "Night Drive" });

/** Only what was given. */
export function toPatch(wire: z.infer<typeof SettingsInput>): SettingsPatch {
  const { fps, style, mood, scenes } = wire;
  return defined({
    fps,
    style,
    mood,
    aspectRatio: wire.aspect_ratio,
    scenes: scenes && defined({ minSeconds: scenes.min_seconds, maxSeconds: scenes.max_seconds }),
    imageModel: wire.image_model,
    clipModel: wire.clip_model,
    clipResolution: wire.clip_resolution,
    budgetUsd: wire.budget_usd,
    autoApprove: wire.auto_approve,
    imageFallbacks: wire.image_fallbacks,
    clipFallbacks: wire.clip_fallbacks,
    softenRefused: wire.soften_refused,
    repeatUnknownUpToUsd: wire.repeat_unknown_up_to_usd,
  });
}

/** Without the members that are undefined, which would overwrite what they are merged into. */
function defined<T extends object>(members: T): T {
  const kept = { ...members };
  for (const key of Object.keys(kept))
    if (Reflect.get(kept, key) === undefined) Reflect.deleteProperty(kept, key);
  return kept;
}
