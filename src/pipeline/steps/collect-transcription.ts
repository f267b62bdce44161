import { z } from "zod";
import type { StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import { storable } from "../../domain/text.ts";
import type { Prediction } from "../../providers/ports.ts";
import { spoiled } from "../output.ts";
import { lyricsOf, type Transcribing } from "./transcribe.ts";

/** As long as a tag of a language is (RFC 5646, 4.4.1). */
const MOST_LANGUAGE_CHARACTERS = 35;
const written = z.string().transform((text) => storable(text));

/** The output of victor-upmeet/whisperx at Replicate, by its schema: words that it could not place carry no times. */
const WhisperX = z.object({
  detected_language: z
    .string()
    .transform((tag) => storable(tag, MOST_LANGUAGE_CHARACTERS))
    .nullish(),
  segments: z
    .array(
      z.object({
        start: z.number(),
        end: z.number(),
        text: written,
        words: z
          .array(z.object({ word: written, start: z.number().optional(), end: z.number().optional() }))
          .optional(),
      }),
    )
    .nullish(),
});

export function collectTranscription(step: Transcribing, prediction: Prediction): StepResult {
  const parsed = WhisperX.safeParse(prediction.output);
  if (!parsed.success) return spoiled(UNREADABLE);
  const segments = parsed.data.segments ?? [];
  const heard = {
    text: segments.map((s) => s.text.trim()).join("\n"),
    language: parsed.data.detected_language ?? null,
    segments: segments.map(({ start, end, text }) => ({
      start,
      end,
      text,
      noSpeech: null,
      confidence: null,
    })),
    words: segments.flatMap((s) =>
      (s.words ?? []).flatMap(({ word, start, end }) =>
        start === undefined || end === undefined ? [] : [{ text: word, start, end }],
      ),
    ),
  };
  return { kind: "made", facts: lyricsOf(step, heard), costUsd: null };
}

const UNREADABLE = failure("output_form", "The transcription came in a form that we do not know.", {
  nextAction:
    "Upload the song with lyrics in its tags, each line with its time (LRC), and set embedded_lyrics.",
});
