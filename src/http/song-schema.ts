/** What is known of a project's song, as JSON: its file, its lyrics and its beat. */
import { z } from "@hono/zod-openapi";
import { AUDIO_FORMATS, LYRICS_SOURCES, MAX_SONG_SECONDS } from "../domain/record/record.ts";
import { Frame, Seconds, songSpan } from "./lib/schemas.ts";

const LyricWord = z
  .object({ text: z.string().openapi({ description: "What is sung." }), ...songSpan })
  .openapi("LyricWord", { description: "A word and when it is sung." });
export const Lyrics = z
  .object({
    source: z.enum(LYRICS_SOURCES).openapi({
      description: "transcribed: heard by a model. embedded: from the song file's tags. edited: by a person.",
    }),
    language: z.string().nullable().openapi({
      description: "Code of the language, by ISO 639-1 where it has one (`en`); null if unknown.",
    }),
    lines: z
      .array(
        z
          .object({
            ...LyricWord.shape,
            words: z
              .array(LyricWord)
              .openapi({ description: "Its words; empty where their times are unknown." }),
            confidence: z.number().min(0).max(1).nullable().openapi({
              description: "How sure the transcriber is, 0 to 1; null where it does not say.",
            }),
          })
          .openapi("LyricLine", { description: "A line of the lyrics and when it is sung." }),
      )
      .openapi({ description: "In the order of the song." }),
  })
  .openapi("Lyrics", { description: "The lyrics of the song and when they are sung." });

export const EmbeddedLyrics = z.object({
  form: z.enum(["plain", "lrc", "sylt"]).openapi({
    description: "plain: text without times. lrc: lines with times (LRC). sylt: times by ID3 SYLT.",
  }),
  language: z
    .string()
    .nullable()
    .openapi({ description: "Code of the language, as for `lyrics`; null where the tag states none." }),
  timed: z
    .boolean()
    .openapi({ description: "Whether they have times, so that settings.embedded_lyrics can use them." }),
  text: z.string().openapi({ description: "The lyrics as plain text, line by line." }),
});
export const EMBEDDED = "Lyrics in the file's tags; null where they have none.";
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
    embedded_lyrics: EmbeddedLyrics.nullable().openapi({ description: EMBEDDED }),
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
