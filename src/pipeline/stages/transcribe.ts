import { z } from "zod";
import { songFrames, takesEmbeddedLyrics } from "../../domain/controller/inputs.ts";
import { type Fact, failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { joinTranscripts } from "../../domain/lyrics/join-parts.ts";
import { embeddedLyrics, lyricsFrom } from "../../domain/lyrics/lyrics.ts";
import { failure } from "../../domain/record/failures.ts";
import type { Audio, Lyrics, PartialTranscription } from "../../domain/record/record.ts";
import type { Transcript } from "../../domain/record/song.ts";
import { storable } from "../../domain/record/text.ts";
import { storedFile } from "../../media/lib/source.ts";
import type { Prediction } from "../../ports/providers.ts";
import { fromOutcome } from "../lib/outcome.ts";
import { badOutput } from "../lib/output.ts";
import { orderPrediction, PROVIDER_URL_SECONDS } from "../lib/predictions.ts";
import type { StageSteps, StepContext } from "../lib/step.ts";

export const transcribe: StageSteps<"transcribe"> = { start, collect: collectTranscription };

/** What is needed to write the lyrics. */
export type Transcribing = Pick<StepContext, "task" | "record">;

/**
 * The song's words and when they are sung: from the lyrics in its tags; or from Replicate, which reads the
 * whole song by its address; or from OpenAI, one part of the song for each attempt.
 */
async function start(step: StepContext): Promise<StepResult> {
  const { deps, task, record } = step;
  const { project } = record;
  const { audio } = project;
  if (!audio) return failedStep(NO_SONG);
  if (takesEmbeddedLyrics(project) && audio.embeddedLyrics) {
    const { fps } = project.settings;
    const song = { totalFrames: songFrames(audio, fps), fps };
    return {
      kind: "completed",
      facts: factsOf(step, audio, embeddedLyrics(audio.embeddedLyrics, song)),
      costUsd: 0,
    };
  }
  if (!task.model) return failedStep(NO_SONG);
  if (task.provider === "replicate") {
    const url = await deps.storage.presignGet({
      key: audio.key,
      expiresSeconds: PROVIDER_URL_SECONDS,
      now: deps.now(),
    });
    // Voice activity detection is tuned for speech; a low onset keeps singing.
    const input = { audio_file: url, align_output: true, vad_onset: 0.3, vad_offset: 0.2 };
    return orderPrediction(step, { model: task.model, input }, () => []);
  }
  return transcribePart(step, audio, task.model, project.partialTranscription);
}

/**
 * Transcribes the next part of the song in one call. Its transcript is kept until the last part has its own.
 */
async function transcribePart(
  { deps, progress, ...step }: StepContext,
  audio: Audio,
  model: string,
  partialTranscription: PartialTranscription | null,
): Promise<StepResult> {
  const before = partialTranscription?.audioEtag === audio.etag ? partialTranscription.parts : [];
  const next = await deps.media.nextPart(
    storedFile(deps.storage, audio),
    audio,
    before.at(-1)?.endSeconds ?? 0,
  );
  if (!next.ok)
    return next.failure.code === "media_gone"
      ? failedStep(SONG_GONE)
      : { kind: "declined", failure: next.failure, spent: false };
  const { bytes, filename, contentType, startSeconds, endSeconds, last } = next.part;
  const outcome = await deps.providers.transcriber.transcribe({ audio: bytes, filename, contentType, model });
  if (outcome.kind !== "ok") return fromOutcome(outcome);
  const part = { startSeconds, endSeconds, transcript: outcome.value };
  const { costUsd } = outcome;
  if (last) {
    const transcript = joinTranscripts([...before, part]);
    return { kind: "completed", facts: lyricsOf(step, transcript), costUsd };
  }
  progress(endSeconds / audio.durationSeconds);
  return {
    kind: "partial",
    facts: [{ kind: "partial_transcription", part, audioEtag: audio.etag }],
    costUsd,
  };
}

/** The lyrics of a transcript as facts, which are committed only while the song is the one with this etag. */
function lyricsOf(step: Transcribing, transcript: Transcript): Fact[] {
  const { audio, settings } = step.record.project;
  if (!audio) return [];
  const { fps } = settings;
  return factsOf(step, audio, lyricsFrom(transcript, { totalFrames: songFrames(audio, fps), fps }));
}

function factsOf({ task }: Transcribing, { etag: audioEtag }: Audio, lyrics: Lyrics): Fact[] {
  const transcriptText = lyrics.lines.map((line) => line.text).join("\n");
  return [{ kind: "lyrics", lyrics, lyricsHash: task.inputHash, transcriptText, audioEtag }];
}

const NO_SONG = failure("audio_missing", "The project has no song.", { nextAction: "Upload a song." });
const SONG_GONE = failure("audio_gone", "The song is not in the bucket any more.", {
  nextAction: "Upload the song again.",
});

/** The longest tag of a language (RFC 5646, 4.4.1). */
const MAX_LANGUAGE_CHARACTERS = 35;
const written = z.string().transform((text) => storable(text));

/**
 * The output of victor-upmeet/whisperx at Replicate, by its schema: words that it could not align have no
 * times.
 */
const WhisperX = z.object({
  detected_language: z
    .string()
    .transform((tag) => storable(tag, MAX_LANGUAGE_CHARACTERS))
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

/** Reads the lyrics from the output of a finished transcription. */
export function collectTranscription(step: Transcribing, prediction: Prediction): StepResult {
  const parsed = WhisperX.safeParse(prediction.output);
  if (!parsed.success) return badOutput(UNREADABLE);
  const segments = parsed.data.segments ?? [];
  const transcript = {
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
  return { kind: "completed", facts: lyricsOf(step, transcript), costUsd: null };
}

const UNREADABLE = failure("output_form", "The transcription has a form that this service does not know.", {
  nextAction: "Upload the song with timed lyrics (LRC) in its tags, and set embedded_lyrics to true.",
});
