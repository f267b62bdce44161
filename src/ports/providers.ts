/**
 * What the pipeline asks of providers: one port for each capability. An adapter's calls never reject: each
 * resolves with an `Outcome`.
 */
import type { AnswerMode } from "../domain/models/language-models.ts";
import type { Failure, PromptDraft, SceneProposal } from "../domain/record/record.ts";

/**
 * The outcome of a call, classified once by the adapter that made it:
 * - `ok`: `costUsd` is null where the provider does not report a cost; `requestId` is the provider's own.
 * - `retry`: nothing was bought; the same call may be made again, after `afterSeconds` where the provider
 *   names a wait.
 * - `refused`: by moderation; the same words will be refused again.
 * - `invalid`: the request can't succeed as it is, or the answer can't be used (then `failure.retryable` says
 *   whether another one may be better).
 * - `out_of_credit`: the operator's account must be topped up.
 * - `unknown`: the provider may have accepted the request, and charged for it.
 *
 * `refused` and `invalid` have `costUsd` where the call was charged for, null where the provider does not
 * report how much. Without `costUsd` nothing was bought.
 */
export type Outcome<T> =
  | { kind: "ok"; value: T; costUsd: number | null; requestId: string | null }
  | { kind: "retry"; afterSeconds: number | null; failure: Failure }
  | { kind: "refused" | "invalid"; failure: Failure; costUsd?: number | null }
  | { kind: "out_of_credit" | "unknown"; failure: Failure };

/** Times are seconds from the start of the audio that was sent. */
interface TimedText {
  start: number;
  end: number;
  text: string;
}
export interface Transcription {
  text: string;
  /** ISO 639-1, or null where the provider does not say. */
  language: string | null;
  /** Of the audio, as the provider measured it; null where it does not say. */
  durationSeconds: number | null;
  /**
   * With the model's own judgement, null where it gives none: the probability that nobody speaks (0 to 1),
   * that of the text (0 to 1), and the text's compression ratio (above 2.4 the model repeats itself).
   */
  segments: (TimedText & {
    noSpeech: number | null;
    confidence: number | null;
    compressionRatio?: number | null;
  })[];
  words: TimedText[];
}
export interface Transcriber {
  /**
   * Transcribes a whole file of at most 25,000,000 bytes (more is `invalid`). OpenAI takes the format from
   * the extension of `filename`.
   */
  transcribe(input: {
    audio: Uint8Array;
    filename: string;
    contentType: string;
    model: string;
    signal?: AbortSignal;
  }): Promise<Outcome<Transcription>>;
}

/**
 * The language model. `models` are in order of preference, and `model` in the value is the one that answered.
 * `mode`: how the answer is held to its shape.
 */
export interface Director {
  /** Proposes scenes by lyric line: `lines` in song order, times in seconds from the song's start. */
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
  /** Writes the prompt of scene `number` (from 1) `of` that many; `energy` is 0 to 1. */
  writePrompt(input: {
    models: readonly string[];
    mode: AnswerMode;
    title: string;
    style: string;
    mood: string;
    aspectRatio: string;
    scene: { number: number; of: number; lyric: string; theme: string; energy: number; seconds: number };
    /** Themes of the scenes before and after, for continuity; null where there is none. */
    previousTheme: string | null;
    nextTheme: string | null;
    signal?: AbortSignal;
  }): Promise<Outcome<PromptDraft & { model: string }>>;
  /**
   * Rewrites a prompt that moderation refused, to a softening level: `implied` suggests what happens,
   * `symbolic` shows objects and light only. `refusal` is the message of the image or clip model. For a clip
   * the image stays: the caller takes only `motionPrompt` from the answer.
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

/** One run of a model at Replicate. */
export interface Prediction {
  id: string;
  status: "running" | "succeeded" | "failed" | "canceled";
  /**
   * The first output file, where one is found in `output`: its address, or the file itself as a data URI.
   * Deleted by the provider an hour after completion.
   */
  outputUrl: string | null;
  /** The model's output in its own form; null where there is none yet. A transcription is read from it. */
  output: unknown;
  /** Where it failed or was canceled, or its output is deleted; null otherwise. `refused`: by moderation. */
  failure: (Failure & { refused: boolean }) | null;
  /** The address of its webhook; null where the answer does not tell it. */
  webhookUrl: string | null;
  /** ISO 8601, by the provider's clock; null where the answer does not tell it. */
  createdAt: string | null;
  /** How long the model ran, in seconds; null where it did not, or the provider does not say. */
  predictSeconds: number | null;
  /**
   * The video's length in seconds as the provider reports it, null where it does not: clips are charged by
   * it.
   */
  videoSeconds: number | null;
}
/** Orders at Replicate: images, clips, and transcription where OpenAI's fails. */
export interface Predictions {
  /**
   * Orders a prediction by one POST, which is never repeated: Replicate has no idempotency key.
   * `cancelAfterSeconds` (the header `Cancel-After`) limits what an order costs whose answer was lost.
   */
  create(input: {
    /** `owner/name` of an official model, or `owner/name:version`. */
    model: string;
    input: Record<string, unknown>;
    webhookUrl: string | null;
    cancelAfterSeconds: number;
    signal?: AbortSignal;
  }): Promise<Outcome<Prediction>>;
  /** Null where the provider does not know the id. */
  get(id: string, signal?: AbortSignal): Promise<Outcome<Prediction | null>>;
  /**
   * The prediction created at or after `since` with this webhook address; null where there is none. `unknown`
   * where the provider's answers do not show webhook addresses.
   */
  find(input: { webhookUrl: string; since: Date; signal?: AbortSignal }): Promise<Outcome<Prediction | null>>;
  /**
   * Asks the provider to stop, and returns the prediction as it is then; null where the provider does not
   * know the id.
   */
  cancel(id: string, signal?: AbortSignal): Promise<Outcome<Prediction | null>>;
  /**
   * Opens an output file of at most `maxBytes`. An address: allowed hosts only, https (http on this machine),
   * no redirect. A data URI is decoded, and nothing is fetched. `bytes` is null where the length is not
   * known; `body` fails where it has more than `maxBytes`.
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

/** The attempt that a webhook is about. */
export interface Callback {
  projectId: string;
  taskId: string;
  attempt: number;
}

/** Whether a webhook is genuine. */
export interface Webhooks {
  /** The webhook's id, the same for each redelivery; null where its signature does not verify. */
  verify(raw: Uint8Array, headers: Headers): string | null;
  /** Whether the token of its address is the one of this attempt. */
  isOurs(callback: Callback, token: string): boolean;
}
