/** A project as JSON: the schema of a response, the schemas of what can be set, and their translation. */
import { z } from "@hono/zod-openapi";
import {
  ASPECT_RATIOS,
  AUDIO_FORMATS,
  FILLS,
  MODEL_NOTICES,
  MOTIF_WAYS,
  type Pin as PinOfRecord,
  PROJECT_STATUSES,
} from "../domain/record/record.ts";
import { DEFAULT_SETTINGS, type SettingsPatch } from "../domain/settings.ts";
import { settingsView } from "../domain/views/views.ts";
import { Frame, orNull, Seconds, StageName, Timestamp, text, Uuid } from "./lib/schemas.ts";

const DEFAULTS = settingsView(DEFAULT_SETTINGS);

const seconds = z.number().min(2).max(30);
const setting = {
  fps: z.literal(24).openapi({ description: "Frames per second of the film." }),
  aspect_ratio: z.enum(ASPECT_RATIOS).openapi({
    description: "Shape of the film: one that `clip_model` can make.",
    example: "16:9",
  }),
  style: text(500).openapi({
    description: "How all images and clips should look; may be empty.",
    example: "35mm film, soft grain",
  }),
  mood: text(200).openapi({ description: "The mood of the film; may be empty.", example: "wistful" }),
  min_seconds: seconds.openapi({ description: "The shortest scene, in seconds." }),
  max_seconds: seconds.openapi({ description: "The longest scene, in seconds." }),
  image_model: text(100).openapi({
    description: "Name of the image model. An unknown one is refused; the error lists those there are.",
    example: DEFAULTS.image_model,
  }),
  image_fallbacks: z.array(text(100)).max(5).openapi({
    description:
      "Image models to try, in this order, where `image_model` fails. A refusal of the content is not taken to them: see soften_refused.",
  }),
  clip_model: text(100).openapi({
    description: "Name of the clip model. An unknown one is refused; the error lists those there are.",
    example: DEFAULTS.clip_model,
  }),
  clip_fallbacks: z.array(text(100)).max(5).openapi({
    description:
      "Clip models to try, in this order, where `clip_model` fails or refuses the content. All clips of a film have one size: models whose clips may have another size than those of `clip_model` are skipped.",
  }),
  clip_resolution: z.enum(["480p", "720p", "1080p"]).openapi({
    description:
      "Resolution of the clips, and so of the film. A model that does not offer it makes the next higher one, or else its highest.",
  }),
  budget_usd: z.number().min(0).max(100_000).nullable().openapi({
    description:
      "The most that the project may spend, in US dollars; null for no limit of its own (the account may have one).",
  }),
  auto_approve: z.boolean().openapi({
    description:
      "true: images and clips count as approved unless rejected. false: a person must approve each.",
  }),
  soften_refused: z.boolean().openapi({
    description:
      "true: a prompt that moderation refuses is rewritten one level softer (literal, then implied, then symbolic) and tried again. false: its task fails.",
  }),
  repeat_unknown_up_to_usd: z.number().min(0).max(100).openapi({
    description:
      "US dollars. A call that may have been charged and whose outcome is unknown is repeated without asking if its estimated cost is at most this. 0: no paid call is (see `needs_decision` of a task).",
  }),
  embedded_lyrics: z.boolean().openapi({
    description:
      "true: lyrics with times in the song file's tags are used, and no transcription is bought. Without such lyrics the song is transcribed.",
  }),
  motifs: z.enum(MOTIF_WAYS).openapi({
    description:
      "How scenes over repeated lyrics are made. new: like any other scene. vary: a clip of their own from the image of the first such scene. reuse: the clip of the first such scene, where it is long enough. A scene's own `motif` overrides this; /motifs says what each would cost.",
  }),
  clip_fill: z.enum(["refuse", ...FILLS]).openapi({
    description:
      "What is done with a clip that is shorter than its scene. refuse: it is not used. stretch: it is slowed down, to half speed at most. hold: its last frame is held. loop: it is played again, up to 50 times in all. The film's `edit_list` says where this was done.",
  }),
  clip_audio: z.enum(["drop", "track"]).openapi({
    description:
      "The clips' own sound. drop: left out. track: kept as a second sound track of the film, which players do not play unless it is chosen.",
  }),
  film_sound: z.enum(["aac", "original"]).openapi({
    description:
      "The song's sound in the film. aac: AAC-LC in stereo, which all players and platforms accept; a song that is AAC already is copied. original: the song's own coding (FLAC where MP4 cannot hold it), which some players do not play.",
  }),
};

const { min_seconds, max_seconds, ...flat } = setting;
const sceneLengths = { min_seconds, max_seconds };
const Settings = z
  .object({
    ...flat,
    scenes: z.object(sceneLengths).openapi({ description: "Lengths of scenes." }),
  })
  .openapi("Settings", { description: "What the person chose for the project.", example: DEFAULTS });

export const SettingsInput = z
  .strictObject({
    ...flat,
    scenes: z.strictObject(sceneLengths).partial().openapi({
      description:
        "Lengths of scenes. `max_seconds` must not exceed the longest clip that `clip_model` makes.",
    }),
  })
  .partial()
  .openapi("SettingsInput", {
    description: "Settings to set; all are optional.",
    example: { aspect_ratio: "9:16", scenes: { max_seconds: 8 } },
  });

export const EmbeddedLyrics = z.object({
  form: z.enum(["plain", "lrc", "sylt"]).openapi({
    description: "plain: text without times. lrc: lines with times (LRC). sylt: times by ID3 SYLT.",
  }),
  language: z
    .string()
    .nullable()
    .openapi({ description: "Code of the language, as for the lyrics; null where the tag states none." }),
  timed: z
    .boolean()
    .openapi({ description: "Whether they have times, so that settings.embedded_lyrics can use them." }),
});
const Audio = z
  .object({
    format: z.enum(AUDIO_FORMATS).openapi({ description: "Container of the file, as measured." }),
    codec: z.string().openapi({ description: "Coding of the sound, as measured: `mp3`, say." }),
    content_type: z.string().openapi({ description: "Media type of the file." }),
    bytes: z.int().openapi({ description: "Size of the file in bytes." }),
    duration_seconds: Seconds.openapi({ description: "Length in seconds." }),
    frames: Frame.openapi({ description: "The length of the song, and of the film, in frames." }),
    sample_rate: z.number().openapi({ description: "Samples per second, in Hz." }),
    channels: z.int().openapi({ description: "Number of channels: 2 for stereo." }),
    title: z.string().nullable().openapi({ description: "From the file's tags; null where they have none." }),
    artist: z
      .string()
      .nullable()
      .openapi({ description: "From the file's tags; null where they have none." }),
    bit_rate: z
      .number()
      .nullable()
      .openapi({ description: "Bits per second of the sound; null where it was not measured." }),
    embedded_lyrics: EmbeddedLyrics.nullable().openapi({
      description: "Lyrics in the file's tags, whose text getLyrics gives; null where the tags have none.",
    }),
    cover_art: z
      .object({
        content_type: z.string().openapi({ description: "Media type of the picture." }),
        bytes: z.int().openapi({ description: "Size in bytes." }),
        width: z.int().openapi({ description: "In pixels." }),
        height: z.int().openapi({ description: "In pixels." }),
      })
      .nullable()
      .openapi({ description: "The picture in the file's tags; null where they have none." }),
  })
  .openapi("Audio", { description: "The song's file." });

const bpm = z.number().min(20).max(400).openapi({ description: "Beats per minute." });
export const Beat = z
  .object({
    bpm,
    offset_seconds: Seconds.openapi({ description: "Seconds from the song's start to its first downbeat." }),
    beats_per_bar: z.int().openapi({ description: "Beats in a bar." }),
    confidence: z.number().min(0).max(1).openapi({ description: "0 to 1; 1 for a tapped beat." }),
    source: z.enum(["estimated", "tapped"]).openapi({
      description: "estimated: from the sound, when the scenes are planned. tapped: set by a person.",
    }),
  })
  .openapi("BeatGrid", {
    description:
      "The beats of the song. A plan of scenes prefers cuts on them where `confidence` is at least 0.6.",
  });

export const BeatInput = z
  .strictObject({
    bpm,
    offset_seconds: z
      .number()
      .min(0)
      .max(1800)
      .openapi({ description: "Seconds from the song's start to any downbeat." }),
    beats_per_bar: z.int().min(1).max(16).default(4).openapi({ description: "Beats in a bar." }),
  })
  .openapi("BeatInput", {
    description: "The beat as a person tapped it.",
    example: { bpm: 96, offset_seconds: 0.31, beats_per_bar: 4 },
  });

const LAST_FRAME = 31 * 60 * 24;
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

export const Name = text(200).trim().min(1).openapi({
  description: "1 to 200 characters; also the film's title where the song's tags have none.",
  example: "Night Drive",
});

/** The settings that the body has; absent ones are left out. */
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

/** Without the members that are undefined: they would overwrite what they are merged into. */
function defined<T extends object>(members: T): T {
  const kept = { ...members };
  for (const key of Object.keys(kept))
    if (Reflect.get(kept, key) === undefined) Reflect.deleteProperty(kept, key);
  return kept;
}
