import { z } from "zod";
import type { StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import type { Prediction } from "../../providers/ports.ts";
import { spoiled } from "../output.ts";
import type { StepContext } from "../step.ts";
import { lyricsOf } from "./transcribe.ts";

/** WhisperX's output (providers.md 1.6): words that it could not place carry no times. */
const WhisperX = z.object({
  detected_language: z.string().nullish(),
  segments: z
    .array(
      z.object({
        start: z.number(),
        end: z.number(),
        text: z.string(),
        words: z
          .array(z.object({ word: z.string(), start: z.number().optional(), end: z.number().optional() }))
          .optional(),
      }),
    )
    .nullish(),
});

export function collectTranscription(step: StepContext, prediction: Prediction): StepResult {
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

const UNREADABLE = failure(
  "transcription_unreadable",
  "The transcription came in a form that we do not know.",
  {
    retryable: true,
  },
);
