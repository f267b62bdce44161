/** Predictions: their statuses, outputs and webhooks. replicate.com/docs/topics/predictions/lifecycle */
import { randomBytes } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { tally } from "../chaos/ledger.ts";
import type { SandboxState } from "../state.ts";
import type { Studio } from "../studio/studio.ts";
import { makeOutput, type OutputFile } from "./making.ts";
import type { HostedModel, Work } from "./model.ts";
import type { WebhookSender } from "./webhooks.ts";

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

/** Inputs, outputs, logs and files are removed this long after completion. */
const KEPT_MS = 3_600_000;
/** At pace 1, milliseconds until a prediction starts, and at least from then until it has succeeded. */
const BOOT_MS = 60;
const RUN_MS = 240;

interface Order {
  model: HostedModel;
  work: Work;
  input: Record<string, unknown>;
  webhook: string | null;
  events: readonly WebhookEvent[];
  /** Milliseconds until it is canceled or aborted; null: never. */
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
  courier: WebhookSender;
  /** The bytes at an input's address; throws with a model's error message. */
  fetchInput(address: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Factor for the time that models take at least; 0: none. */
  pace: number;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const newId = () => `${Array.from(randomBytes(22), (b) => ALPHABET[b % 32]).join("")}sbx0`;
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
/**
 * The error of every prediction of a withdrawn model, as users reported it; the middle of it is not known.
 */
const DEAD = "Service is temporarily unavailable. Please try again later. (E004)";

export function openPredictions({ state, studio, courier, fetchInput, pace }: Tools): Predictions {
  const predictions = new Map<string, StoredPrediction>();
  const files = new Map<string, Map<string, OutputFile>>();

  function removeData(prediction: StoredPrediction): void {
    prediction.dataRemoved = true;
    prediction.output = null;
    prediction.input = null;
    prediction.logs = "";
    files.delete(prediction.id);
  }

  /** Removes data whose hour is over; called before every read, there is no timer. */
  function expire(): void {
    const now = state.clock();
    for (const p of predictions.values()) {
      if (!p.dataRemoved && p.completedAt !== null && now - p.completedAt >= KEPT_MS) removeData(p);
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

  function notify(p: StoredPrediction, event: WebhookEvent): void {
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
    notify(p, "completed");
    if (state.chaos.expired_outputs && status === "succeeded") removeData(p);
  }

  function keep(p: StoredPrediction, name: string, file: OutputFile): string {
    const own = files.get(p.id) ?? new Map<string, OutputFile>();
    if (!state.chaos.expired_outputs) files.set(p.id, own.set(name, file));
    return `${state.url}/replicate/delivery/${p.id}/${name}`;
  }

  function refusal(p: StoredPrediction): string | null {
    const prompt = "prompt" in p.work ? p.work.prompt.toLowerCase() : "";
    if (!state.chaos.refuse.some((word) => prompt.includes(word.toLowerCase()))) return null;
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
    const made = await makeOutput(p.work, maker, state.chaos.clip_form[p.model.name]);
    if ("words" in made) return made.words;
    return p.model.output === "uri_list" ? made.files : (made.files[0] ?? null);
  }

  async function run(p: StoredPrediction): Promise<void> {
    const { signal } = p.stop;
    try {
      await wait(BOOT_MS * pace, undefined, { signal });
      p.status = "processing";
      p.startedAt = state.clock();
      notify(p, "start");
      if (p.model.dead || state.chaos.dead_models.includes(p.model.name)) throw new Error(DEAD);
      const refused = refusal(p);
      if (refused) throw new Error(refused);
      const [output] = await Promise.all([make(p), wait(RUN_MS * pace, undefined, { signal })]);
      if (p.completedAt !== null) return;
      p.output = output;
      p.logs = `Using seed: ${"seed" in p.work ? (p.work.seed ?? 0) : 0}\n`;
      notify(p, "logs");
      notify(p, "output");
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
      const timer =
        cancelAfterMs === null
          ? null
          : setTimeout(() => {
              end(p, p.startedAt === null ? "aborted" : "canceled");
              p.stop.abort();
            }, cancelAfterMs).unref();
      run(p).finally(() => {
        if (timer) clearTimeout(timer);
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
