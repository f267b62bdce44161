/** A project on the wire: what it shows, and what of it can be set. */
import { z } from "@hono/zod-openapi";
import {
  ASPECT_RATIOS,
  AUDIO_FORMATS,
  FILLS,
  LYRICS_SOURCES,
  MODEL_NOTICES,
  MOTIF_WAYS,
  type Pin as PinOfRecord,
  PROJECT_STATUSES,
} from "../domain/record/record.ts";
import { DEFAULT_SETTINGS, type SettingsPatch } from "../domain/settings.ts";
import { settingsView } from "../domain/views/views.ts";
import { Frame, orNull, Seconds, StageName, Timestamp, text, Uuid } from "./lib/schemas.ts";

const DEFAULTS = settingsView(DEFAULT_SETTINGS);

const setting = {
  fps: z.literal(24).openapi({ description: "Frames per second of the film." }),
  aspect_ratio: z.enum(ASPECT_RATIOS).openapi({ description: "One that clip_model makes.", example: "16:9" }),
  style: text(500).openapi({ description: "How every image should look.", example: "35mm film, soft grain" }),
  mood: text(200).openapi({ example: "wistful" }),
  seconds: z.number().min(2).max(30),
  image_model: text(100).openapi({ example: DEFAULTS.image_model }),
  image_fallbacks: z
    .array(text(100))
    .max(5)
    .openapi({ description: "Tried in this order where the image model can't deliver." }),
  clip_model: text(100).openapi({ example: DEFAULTS.clip_model }),
  clip_fallbacks: z.array(text(100)).max(5).openapi({
    description:
      "Tried in this order where the clip model can't deliver, or refuses. A film is of one size: those whose clips are not sure to have that of clip_model's are passed over.",
  }),
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
  embedded_lyrics: z.boolean().openapi({
    description:
      "True: lyrics with times that the song file carries are taken, and no transcription is paid for.",
  }),
  motifs: z.enum(MOTIF_WAYS).openapi({
    description:
      "What scenes over lyrics that come again are made of: `reuse` shows the first one's clip, `vary` another clip of its picture, `new` makes everything anew. A scene's own `motif` goes before it; what each would save is at /motifs.",
  }),
  clip_fill: z.enum(["refuse", ...FILLS]).openapi({
    description:
      "What happens to a clip that is shorter than its scene: refused (made again), slowed down, its last picture held, or played again. The film's edit_list says where it was done.",
  }),
  clip_audio: z.enum(["drop", "track"]).openapi({
    description:
      "The clips' own sound: left out, or kept as a second sound track that players don't play by themselves.",
  }),
  film_sound: z.enum(["aac", "original"]).openapi({
    description:
      "The song's sound in the film. `aac`: AAC-LC in stereo, which all players and platforms take; a song that is AAC already is copied. `original`: the song's own sound as it came (what MP4 can't carry becomes FLAC), which some players leave silent.",
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
export const Lyrics = z
  .object({
    source: z.enum(LYRICS_SOURCES),
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

const EmbeddedLyrics = z.object({
  form: z.enum(["plain", "lrc", "sylt"]),
  language: z.string().nullable(),
  timed: z.boolean().openapi({ description: "Whether settings.embedded_lyrics can take them." }),
  text: z.string(),
});
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
    bit_rate: z.number().nullable().openapi({ description: "Bits per second of the sound." }),
    embedded_lyrics: EmbeddedLyrics.nullable().openapi({ description: "Words that the file carries." }),
    cover_art: z
      .object({ content_type: z.string(), bytes: z.int(), width: z.int(), height: z.int() })
      .nullable()
      .openapi({ description: "The picture that the file carries." }),
  })
  .openapi("Audio");

const bpm = z.number().min(20).max(400);
export const Beat = z
  .object({
    bpm,
    offset_seconds: Seconds.openapi({ description: "Of the first downbeat, from the song's start." }),
    beats_per_bar: z.int(),
    confidence: z.number().min(0).max(1),
    source: z.enum(["estimated", "tapped"]),
  })
  .openapi("BeatGrid", {
    description: "Where the beats fall. Cuts snap to it where it is tapped, or the estimate is sure enough.",
  });

export const BeatInput = z
  .strictObject({
    bpm,
    offset_seconds: z.number().min(0).max(1800),
    beats_per_bar: z.int().min(1).max(16).default(4),
  })
  .openapi("BeatInput", { example: { bpm: 96, offset_seconds: 0.31, beats_per_bar: 4 } });

const LAST_FRAME = 31 * 60 * 24;
const PinFrame = z
  .int()
  .min(0)
  .max(LAST_FRAME)
  .openapi({ description: "A frame of song time; seconds × fps." });
export const Pin = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("cut"), frame: PinFrame }),
    z
      .strictObject({ kind: z.literal("scene"), start_frame: PinFrame, end_frame: PinFrame })
      .refine((pin) => pin.end_frame > pin.start_frame, {
        path: ["end_frame"],
        message: "A scene ends behind its start.",
      }),
  ])
  .openapi("Pin", {
    description: "What the scenes must keep: a cut at a frame, or a whole scene between two frames.",
  });

const ModelNotice = z
  .object({
    kind: z.enum(MODEL_NOTICES),
    stage: StageName,
    model: z.string(),
    replaced_by: z.string().nullable(),
    message: z.string(),
    at: Timestamp,
  })
  .openapi("ModelNotice", {
    description:
      "What was found out about a model. replaced: it is not offered any more, and a run took `replaced_by` in its place. unusable: its results can't be used here, so it is not asked again; retrying a task of that stage has it asked once more. measured: its clips have a size that can't join those that are there.",
  });

export const Project = z
  .object({
    id: Uuid,
    name: z.string(),
    status: z.enum(PROJECT_STATUSES).openapi({
      description:
        "draft: no song yet. ready: nothing is under way, and what is missing is made once a run is asked for. running. awaiting_approval: a person must approve or reject. completed: the target stage is reached. failed: a task failed; its job says why.",
    }),
    settings: Settings,
    cost: z
      .object({ reserved_usd: z.number(), spent_usd: z.number() })
      .openapi({ description: "US dollars: held for work under way, and spent." }),
    target_stage: orNull(StageName),
    audio: orNull(Audio),
    lyrics: orNull(Lyrics),
    transcript_text: z.string().nullable(),
    beat: orNull(Beat),
    pins: z.array(Pin),
    model_notices: z.array(ModelNotice),
    version: z.int().openapi({ description: "Counts edits; see If-Match." }),
    created_at: Timestamp,
    updated_at: Timestamp,
  })
  .openapi("Project");

/** Without what is sung, which can be long: `version` rises when that changes. */
export const FeedProject = Project.omit({ lyrics: true, transcript_text: true })
  .extend({
    audio: orNull(Audio.extend({ embedded_lyrics: EmbeddedLyrics.omit({ text: true }).nullable() })),
  })
  .openapi("FeedProject", {
    description:
      "The project without its lyrics: when `version` rises, read them from GET /api/projects/{project_id}.",
  });

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
    embeddedLyrics: wire.embedded_lyrics,
    motifs: wire.motifs,
    clipFill: wire.clip_fill,
    clipAudio: wire.clip_audio,
    filmSound: wire.film_sound,
  });
}

export const toPin = (pin: z.infer<typeof Pin>): PinOfRecord =>
  pin.kind === "cut" ? pin : { kind: pin.kind, startFrame: pin.start_frame, endFrame: pin.end_frame };

/** Without the members that are undefined, which would overwrite what they are merged into. */
function defined<T extends object>(members: T): T {
  const kept = { ...members };
  for (const key of Object.keys(kept))
    if (Reflect.get(kept, key) === undefined) Reflect.deleteProperty(kept, key);
  return kept;
}
