/** Predictions: their lives, their outputs and what is told of them. replicate.com/docs/topics/predictions/lifecycle */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { tally } from "../chaos/ledger.ts";
import type { SandboxState } from "../state.ts";
import type { Studio } from "../studio/studio.ts";
import { makeAll, type OutputFile } from "./making.ts";
import type { HostedModel, Work } from "./model.ts";
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
/** What every run of a model says that its maker has withdrawn, as users met it; the middle of it is not known. */
const DEAD = "Service is temporarily unavailable. Please try again later. (E004)";

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

  function keep(p: StoredPrediction, name: string, file: OutputFile): string {
    const own = files.get(p.id) ?? new Map<string, OutputFile>();
    if (!state.chaos.expired_outputs) files.set(p.id, own.set(name, file));
    return `${state.url}/replicate/delivery/${p.id}/${name}`;
  }

  function refusal(p: StoredPrediction): string | null {
    const said = "prompt" in p.work ? p.work.prompt.toLowerCase() : "";
    if (!state.chaos.refuse.some((word) => said.includes(word.toLowerCase()))) return null;
    return p.work.kind === "pictures"
      ? "NSFW content detected. Try running it again, or try a different prompt."
      : "The input or output was flagged as sensitive. Please try again with different inputs. (E005)";
  }

  async function make(p: StoredPrediction): Promise<unknown> {
    const { signal } = p.stop;
    const maker = {
      studio,
      fetchInput,
      signal,
      keep: (name: string, file: OutputFile) => keep(p, name, file),
    };
    const made = await makeAll(p.work, maker, state.chaos.clip_form[p.model.name]);
    if ("words" in made) return made.words;
    return p.model.output === "uri_list" ? made.files : (made.files[0] ?? null);
  }

  async function live(p: StoredPrediction): Promise<void> {
    const { signal } = p.stop;
    try {
      await wait(BOOT_MS * pace, undefined, { signal });
      p.status = "processing";
      p.startedAt = state.clock();
      tell(p, "start");
      if (p.model.dead || state.chaos.dead_models.includes(p.model.name)) throw new Error(DEAD);
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
