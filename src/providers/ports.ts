/** What the pipeline asks of the outside, one port for each capability. */
import type { AnswerMode } from "../domain/models/language-models.ts";
import type { Failure } from "../domain/record/record.ts";

/**
 * What came of a call, classified once by the adapter that made it:
 * - `retry`: nothing was bought; the same call may be made again, not before `afterSeconds`.
 * - `refused`: moderation; the same words will be refused again.
 * - `invalid`: the request can't succeed as it is, or the answer is not what was asked for.
 * - `out_of_credit`: the operator's account must be topped up.
 * - `unknown`: the provider may have accepted (and charged for) the request.
 *
 * A call that was refused or invalid carries `costUsd` where it was charged all the same: null where
 * the provider does not say how much. Without `costUsd` nothing was bought.
 */
export type Outcome<T> =
  | { kind: "ok"; value: T; costUsd: number | null; requestId: string | null }
  | { kind: "retry"; afterSeconds: number | null; failure: Failure }
  | { kind: "refused" | "invalid"; failure: Failure; costUsd?: number | null }
  | { kind: "out_of_credit" | "unknown"; failure: Failure };

/** Times in seconds from the song's start, as providers give them. */
interface TimedText {
  start: number;
  end: number;
  text: string;
}
export interface Transcription {
  text: string;
  /** ISO 639-1, or null where the provider does not say. */
  language: string | null;
  durationSeconds: number | null;
  /** As the model judges itself: shares from 0 to 1, and how well its text packs (above 2.4 it goes in circles). */
  segments: (TimedText & {
    noSpeech: number | null;
    confidence: number | null;
    compressionRatio?: number | null;
  })[];
  words: TimedText[];
}
export interface Transcriber {
  /** `audio` is the whole file; at most 25,000,000 bytes. `filename` carries the extension that decides the format. */
  transcribe(input: {
    audio: Uint8Array;
    filename: string;
    contentType: string;
    model: string;
    signal?: AbortSignal;
  }): Promise<Outcome<Transcription>>;
}

export interface SceneProposal {
  scenes: {
    /** Index of the first lyric line of the scene; null for a scene without words. */
    firstLine: number | null;
    /** Index of the last lyric line, inclusive. */
    lastLine: number | null;
    theme: string;
    reasoning: string;
    energy: number;
  }[];
}
export interface PromptDraft {
  imagePrompt: string;
  motionPrompt: string;
  negativePrompt: string;
  styleNotes: string;
  setting: string;
  shotType: string;
  mood: string;
  palette: string[];
}
export interface Director {
  /** `models` in order of preference, here and below. */
  proposeScenes(input: {
    models: readonly string[];
    mode: AnswerMode;
    title: string;
    style: string;
    mood: string;
    durationSeconds: number;
    minSeconds: number;
    maxSeconds: number;
    lines: { index: number; startSeconds: number; endSeconds: number; text: string }[];
    signal?: AbortSignal;
  }): Promise<Outcome<SceneProposal & { model: string }>>;
  writePrompt(input: {
    models: readonly string[];
    mode: AnswerMode;
    title: string;
    style: string;
    mood: string;
    aspectRatio: string;
    scene: { number: number; of: number; lyric: string; theme: string; energy: number; seconds: number };
    /** Themes of the scenes before and after, for continuity. */
    previousTheme: string | null;
    nextTheme: string | null;
    signal?: AbortSignal;
  }): Promise<Outcome<PromptDraft & { model: string }>>;
  /**
   * Rewrites a shot that moderation refused, one level down from literal: `implied` suggests what
   * happens, `symbolic` leaves it to objects and light. `refusal` is what the image or clip model said.
   * For a clip the picture stays: only `motionPrompt` is new, and the caller keeps the other fields
   * as they were, whatever the answer says in them.
   */
  softenPrompt(input: {
    models: readonly string[];
    mode: AnswerMode;
    title: string;
    style: string;
    mood: string;
    aspectRatio: string;
    prompt: PromptDraft;
    softeningLevel: "implied" | "symbolic";
    what: "image" | "clip";
    refusal: string;
    signal?: AbortSignal;
  }): Promise<Outcome<PromptDraft & { model: string }>>;
}

export interface Prediction {
  id: string;
  status: "running" | "succeeded" | "failed" | "canceled";
  /**
   * The first output file, where one is found in `output`: its address, or the file itself as a data URI.
   * Deleted by the provider an hour after completion.
   */
  outputUrl: string | null;
  /** What came, whatever its form: a transcription is read from it. */
  output: unknown;
  failure: (Failure & { refused: boolean }) | null;
  webhookUrl: string | null;
  createdAt: string | null;
  predictSeconds: number | null;
  /** How long a video it says it made: what clips are charged by. */
  videoSeconds: number | null;
}
/** Long work at Replicate: images, clips, and transcription of files too large for the first choice. */
export interface Predictions {
  /** One POST, never repeated: Replicate has no idempotency key. `Cancel-After` bounds an orphan's cost. */
  create(input: {
    /** `owner/name` of an official model, or `owner/name:version`. */
    model: string;
    input: Record<string, unknown>;
    webhookUrl: string | null;
    cancelAfterSeconds: number;
    signal?: AbortSignal;
  }): Promise<Outcome<Prediction>>;
  get(id: string, signal?: AbortSignal): Promise<Outcome<Prediction | null>>;
  /** The prediction created at or after `since` that carries this webhook URL, or null where the list has none. */
  find(input: { webhookUrl: string; since: Date; signal?: AbortSignal }): Promise<Outcome<Prediction | null>>;
  cancel(id: string, signal?: AbortSignal): Promise<Outcome<Prediction | null>>;
  /**
   * Opens an output file of at most `maxBytes`. An address: allowed hosts only, https (or the sandbox), no
   * redirect. A data URI is decoded, and nothing is fetched.
   */
  openOutput(
    url: string,
    maxBytes: number,
    signal?: AbortSignal,
  ): Promise<Outcome<{ body: ReadableStream<Uint8Array>; bytes: number | null; contentType: string | null }>>;
}

export interface Providers {
  transcriber: Transcriber;
  director: Director;
  predictions: Predictions;
}
