/** Predictions: their lives, their outputs and what is told of them. replicate.com/docs/topics/predictions/lifecycle */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { tally } from "./ledger.ts";
import { hear } from "./lyrics.ts";
import type { HostedModel, Work } from "./replicate-models.ts";
import type { SandboxState } from "./state.ts";
import type { Studio } from "./studio.ts";
import type { Courier } from "./webhooks.ts";

export type WebhookEvent = "start" | "output" | "logs" | "completed";

export interface StoredPrediction {
  id: string;
  model: HostedModel;
  work: Work;
  input: Record<string, unknown> | null;
  status: "starting" | "processing" | "succeeded" | "failed" | "canceled" | "aborted";
  output: unknown;
  error: string | null;
  logs: string;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
  deadline: number | null;
  dataRemoved: boolean;
  webhook: string | null;
  events: readonly WebhookEvent[];
  stop: AbortController;
  /** Settles when the prediction has ended. */
  ended: Promise<void>;
}

/** Inputs, outputs, logs and files go this long after completion. */
const KEPT_MS = 3_600_000;
/** A fast model takes at least this long in all, at pace 1. */
const BOOT_MS = 60;
const RUN_MS = 240;

interface Order {
  model: HostedModel;
  work: Work;
  input: Record<string, unknown>;
  webhook: string | null;
  events: readonly WebhookEvent[];
  /** Milliseconds from now, or null. */
  cancelAfterMs: number | null;
}
interface OutputFile {
  bytes: Uint8Array;
  type: string;
}

export interface Predictions {
  create(order: Order): StoredPrediction;
  get(id: string): StoredPrediction | undefined;
  /** Newest first. */
  all(): StoredPrediction[];
  cancel(prediction: StoredPrediction): void;
  file(id: string, name: string): OutputFile | undefined;
  json(prediction: StoredPrediction): Record<string, unknown>;
  reset(): void;
}

export interface Tools {
  state: SandboxState;
  studio: Studio;
  courier: Courier;
  /** Bytes behind an input's address; throws with the model's words. */
  fetchInput(address: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Scales the time that models take; 0 makes them as fast as they can be. */
  pace: number;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const newId = () => `${Array.from(randomBytes(22), (b) => ALPHABET[b % 32]).join("")}sbx0`;
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const TYPES = { jpg: "image/jpeg", png: "image/png", webp: "image/webp" } as const;

export function openPredictions({ state, studio, courier, fetchInput, pace }: Tools): Predictions {
  const predictions = new Map<string, StoredPrediction>();
  const files = new Map<string, Map<string, OutputFile>>();

  function forget(prediction: StoredPrediction): void {
    prediction.dataRemoved = true;
    prediction.output = null;
    prediction.input = null;
    prediction.logs = "";
    files.delete(prediction.id);
  }

  /** Data goes when its hour is over, found out whenever anybody looks. */
  function expire(): void {
    const now = state.clock();
    for (const p of predictions.values()) {
      if (!p.dataRemoved && p.completedAt !== null && now - p.completedAt >= KEPT_MS) forget(p);
    }
  }

  function json(p: StoredPrediction): Record<string, unknown> {
    const address = `${state.url}/replicate/v1/predictions/${p.id}`;
    const ran = p.completedAt !== null && p.startedAt !== null;
    return {
      id: p.id,
      model: p.model.name,
      version: p.model.version ?? "hidden",
      status: p.status,
      input: p.input ?? {},
      output: p.output,
      error: p.error,
      logs: p.logs,
      source: "api",
      data_removed: p.dataRemoved,
      created_at: iso(p.createdAt),
      started_at: iso(p.startedAt),
      completed_at: iso(p.completedAt),
      deadline: iso(p.deadline),
      metrics: ran
        ? {
            predict_time: ((p.completedAt ?? 0) - (p.startedAt ?? 0)) / 1000,
            total_time: ((p.completedAt ?? 0) - p.createdAt) / 1000,
          }
        : {},
      ...(p.webhook === null ? {} : { webhook: p.webhook, webhook_events_filter: p.events }),
      urls: {
        get: address,
        cancel: `${address}/cancel`,
        stream: `${state.url}/replicate/stream/${p.id}`,
        web: `https://replicate.com/p/${p.id}`,
      },
    };
  }

  function tell(p: StoredPrediction, event: WebhookEvent): void {
    if (p.webhook !== null && p.events.includes(event))
      courier.send(p.webhook, json(p), event === "completed");
  }

  function end(p: StoredPrediction, status: "succeeded" | "failed" | "canceled" | "aborted"): void {
    if (p.completedAt !== null) return;
    p.status = status;
    p.completedAt = state.clock();
    tally(state.ledger.replicate.by_status, status);
    if (status === "succeeded" && p.webhook !== null)
      tally(state.ledger.replicate.charged_by_webhook, p.webhook);
    tell(p, "completed");
    if (state.chaos.expired_outputs && status === "succeeded") forget(p);
  }

  function keep(p: StoredPrediction, outputs: readonly { name: string; file: OutputFile }[]): string[] {
    const own = new Map<string, OutputFile>();
    if (!state.chaos.expired_outputs) files.set(p.id, own);
    return outputs.map(({ name, file }) => {
      own.set(name, file);
      return `${state.url}/replicate/delivery/${p.id}/${name}`;
    });
  }

  async function pictures(p: StoredPrediction, work: Extract<Work, { kind: "pictures" }>): Promise<string[]> {
    const { prompt, width, height, format, quality, count, seed } = work;
    const outputs = [];
    for (let i = 0; i < count; i++) {
      const own = i === 0 ? seed : (seed ?? 0) + i;
      const bytes = await studio.draw({ prompt, seed: own, width, height, format, quality }, p.stop.signal);
      outputs.push({ name: `out-${i}.${format}`, file: { bytes, type: TYPES[format] } });
    }
    return keep(p, outputs);
  }

  async function clip(p: StoredPrediction, work: Extract<Work, { kind: "clip" }>): Promise<string[]> {
    const { prompt, resolution, frames, fps, aspect } = work;
    const image = work.image === null ? null : await fetchInput(work.image, p.stop.signal);
    const bytes = await studio.film(
      { image, motion: prompt, resolution, aspect, frames, fps },
      p.stop.signal,
    );
    return keep(p, [{ name: "output.mp4", file: { bytes, type: "video/mp4" } }]);
  }

  async function words(p: StoredPrediction, work: Extract<Work, { kind: "words" }>): Promise<object> {
    const heard = await hear(await fetchInput(work.audio, p.stop.signal));
    if (!heard) throw new Error("Failed to load audio: Invalid data found when processing input");
    return {
      detected_language: "en",
      segments: heard.lines.map(({ start, end, text, words: sung }) => ({
        start,
        end,
        text: ` ${text}`,
        ...(work.aligned ? { words: sung.map((w) => ({ ...w, score: 0.9 })) } : {}),
      })),
    };
  }

  function refusal(p: StoredPrediction): string | null {
    const said = "prompt" in p.work ? p.work.prompt.toLowerCase() : "";
    if (!state.chaos.refuse.some((word) => said.includes(word.toLowerCase()))) return null;
    return p.work.kind === "pictures"
      ? "NSFW content detected. Try running it again, or try a different prompt."
      : "The input or output was flagged as sensitive. Please try again with different inputs. (E005)";
  }

  async function make(p: StoredPrediction): Promise<unknown> {
    if (p.work.kind === "words") return words(p, p.work);
    const made = p.work.kind === "pictures" ? await pictures(p, p.work) : await clip(p, p.work);
    return p.model.output === "uri_list" ? made : (made[0] ?? null);
  }

  async function live(p: StoredPrediction): Promise<void> {
    const { signal } = p.stop;
    try {
      await wait(BOOT_MS * pace, undefined, { signal });
      p.status = "processing";
      p.startedAt = state.clock();
      tell(p, "start");
      const refused = refusal(p);
      if (refused) throw new Error(refused);
      const [output] = await Promise.all([make(p), wait(RUN_MS * pace, undefined, { signal })]);
      if (p.completedAt !== null) return;
      p.output = output;
      p.logs = `Using seed: ${"seed" in p.work ? (p.work.seed ?? 0) : 0}\n`;
      tell(p, "logs");
      tell(p, "output");
      end(p, "succeeded");
    } catch (error) {
      if (signal.aborted) return;
      p.error = error instanceof Error ? error.message : String(error);
      end(p, "failed");
    }
  }

  return {
    create({ model, work, input, webhook, events, cancelAfterMs }) {
      const now = state.clock();
      const done = Promise.withResolvers<void>();
      const p: StoredPrediction = {
        id: newId(),
        model,
        work,
        input,
        status: "starting",
        output: null,
        error: null,
        logs: "",
        createdAt: now,
        startedAt: null,
        completedAt: null,
        deadline: cancelAfterMs === null ? null : now + cancelAfterMs,
        dataRemoved: false,
        webhook,
        events,
        stop: new AbortController(),
        ended: done.promise,
      };
      predictions.set(p.id, p);
      const { replicate } = state.ledger;
      replicate.predictions += 1;
      tally(replicate.by_model, model.name);
      if (webhook !== null) tally(replicate.by_webhook, webhook);
      const late =
        cancelAfterMs === null
          ? null
          : setTimeout(() => {
              end(p, p.startedAt === null ? "aborted" : "canceled");
              p.stop.abort();
            }, cancelAfterMs).unref();
      live(p).finally(() => {
        if (late) clearTimeout(late);
        done.resolve();
      });
      return p;
    },
    get(id) {
      expire();
      return predictions.get(id);
    },
    all() {
      expire();
      return [...predictions.values()].reverse();
    },
    cancel(p) {
      end(p, "canceled");
      p.stop.abort();
    },
    file(id, name) {
      expire();
      return files.get(id)?.get(name);
    },
    json,
    reset() {
      for (const p of predictions.values()) {
        p.webhook = null;
        p.stop.abort();
      }
      predictions.clear();
      files.clear();
    },
  };
}
