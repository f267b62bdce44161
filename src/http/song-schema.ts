/** What is known of a project's song, as JSON: its file and its beat. */
import { z } from "@hono/zod-openapi";
import { AUDIO_FORMATS, MAX_SONG_SECONDS } from "../domain/record/record.ts";
import { Frame, Seconds } from "./lib/schemas.ts";

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
export const Audio = z
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
      .max(MAX_SONG_SECONDS)
      .openapi({ description: "Seconds from the song's start to any downbeat." }),
    beats_per_bar: z.int().min(1).max(16).default(4).openapi({ description: "Beats in a bar." }),
  })
  .openapi("BeatInput", {
    description: "The beat as a person tapped it.",
    example: { bpm: 96, offset_seconds: 0.31, beats_per_bar: 4 },
  });
