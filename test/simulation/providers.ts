/** Simulated providers: their orders, charges and failures. */

import { clipCostUsd, clipModel } from "../../src/domain/models/models.ts";
import { type FailureCode, failure } from "../../src/domain/record/failures.ts";
import type { Project, PromptDraft, Stage } from "../../src/domain/record/record.ts";
import type { Outcome, Prediction, Providers } from "../../src/ports/providers.ts";
import type { Claim } from "../../src/ports/store.ts";
import { atWork, type Caller, type Runtime } from "./runtime.ts";

/** One paid POST, as the provider records it. */
export interface Post {
  id: string;
  provider: string;
  model: string;
  stage: Stage;
  subject: string;
  inputHash: string;
  /** Which part of the work, where it is bought in parts. */
  part: string | null;
  projectId: string;
  taskId: string;
  attempt: number;
  claimId: string;
  at: number;
  chargedUsd: number;
  /** Whether the result could be used. */
  usable: boolean;
  /** The project as the claim read it, and as it was at the last run request before that claim. */
  project: Project;
  asked: Project | null;
}

/** Permanent defects of a model. */
export const QUIRKS = ["dead", "unknown", "foreign", "odd_size"] as const;
export type Quirk = (typeof QUIRKS)[number];

interface Order extends Post {
  /** Its cost where it succeeds, and the clip's length in seconds. */
  price: { usd: number; seconds: number | null };
  webhookUrl: string;
  status: Prediction["status"];
  begun: boolean;
  failure: Prediction["failure"];
  output: "good" | "bad" | "gone" | null;
  seconds: number | null;
  finishedAt: number | null;
}

export interface SimulatedFile {
  /** Equal bytes have equal etags. */
  id: string;
  good: boolean;
  frames: number;
  /** It is no image or clip that can be read. */
  foreign?: boolean;
  /** The clip's width in pixels. */
  width?: number;
}

type Claimed = Extract<Claim, { kind: "claimed" }> & { asked: Project | null };

/** The claim that the calling code works on. */
function claimAtWork(): Claimed {
  const { claim, asked = null } = atWork.getStore() ?? {};
  if (!claim) throw new Error("A paid call without a claim");
  return { ...claim, asked };
}

/** The files of streams from providers, for the bucket that stores them. */
export const fileOf = new WeakMap<object, SimulatedFile>();

const HOUR = 3_600_000;
/** Widths of clips in pixels: the one in the models' tables, and another one. */
const WIDTH = 1280;
const ODD_WIDTH = 1248;
/** Mostly short: a long run is polled many times, and each poll is like the one before. */
const RUN_MS = { least: 1_000, most: 20_000, longest: 120_000 };

export class Cloud {
  readonly posts: Post[] = [];
  readonly orders = new Map<string, Order>();
  readonly #runtime: Runtime;
  readonly #deliver: (order: { id: string; webhookUrl: string }) => void;
  /** While true, the account has no credit. */
  broke = false;
  readonly quirks = new Map<string, Quirk>();

  constructor(runtime: Runtime, deliver: (order: { id: string; webhookUrl: string }) => void) {
    this.#runtime = runtime;
    this.#deliver = deliver;
  }

  /** The ports for one caller. Adapters never throw: a lost answer is an unknown outcome. */
  seenBy(caller: Caller): Providers {
    const sync = async <T>(
      provider: string,
      model: string,
      value: () => T,
      part: string | null = null,
    ): Promise<Outcome<T>> => {
      const { chance } = this.#runtime;
      const claim = claimAtWork();
      try {
        return await this.#runtime.call(
          caller,
          `${provider}.post`,
          () => {
            const post = this.#post(provider, model, claim, part);
            const no = this.#declines();
            if (no) return no;
            const costUsd = claim.task.costEstimatedUsd * chance.pick([0.25, 0.5, 1]);
            post.chargedUsd = costUsd;
            if (this.#runtime.faults.happens("bad_answer"))
              return { kind: "invalid", failure: retryable("provider_bad_answer"), costUsd } as const;
            post.usable = true;
            return { kind: "ok", value: value(), costUsd, requestId: post.id } as const;
          },
          { most: 5_000 },
        );
      } catch {
        return { kind: "unknown", failure: failure("provider_outcome_unknown", "No answer.") };
      }
    };
    const look = async <T>(port: string, work: () => Outcome<T>): Promise<Outcome<T>> => {
      try {
        return await this.#runtime.call(caller, `replicate.${port}`, work, { most: 500 });
      } catch {
        return { kind: "retry", afterSeconds: null, failure: retryable("provider_unavailable") };
      }
    };
    return {
      transcriber: {
        transcribe: (input) => sync("openai", input.model, () => heard(), input.filename),
      },
      director: {
        proposeScenes: (input) =>
          sync("openrouter", input.models[0] ?? "", () => ({
            model: input.models[0] ?? "",
            scenes: input.lines.map((l) => ({
              firstLine: l.index,
              lastLine: l.index,
              theme: `theme of ${l.text}`,
              reasoning: "",
              energy: 0.5,
            })),
          })),
        writePrompt: (input) =>
          sync("openrouter", input.models[0] ?? "", () => this.#draft(input.models[0] ?? "", "literal")),
        softenPrompt: (input) =>
          sync("openrouter", input.models[0] ?? "", () =>
            this.#draft(input.models[0] ?? "", input.softeningLevel),
          ),
      },
      predictions: {
        create: async ({ model, webhookUrl, cancelAfterSeconds }) => {
          const claim = claimAtWork();
          try {
            return await this.#runtime.call(
              caller,
              "replicate.create",
              () => this.#create(claim, model, webhookUrl ?? "", cancelAfterSeconds),
              // The call ends after thirty seconds: an order that arrives has arrived by then.
              { most: 2_000, slowest: 30_000 },
            );
          } catch {
            return { kind: "unknown", failure: failure("provider_outcome_unknown", "No answer.") };
          }
        },
        get: (id) => look("get", () => found(this.#shown(id))),
        find: ({ webhookUrl, since }) =>
          look("find", () => {
            // The list may be some seconds late.
            const order = [...this.orders.values()].find((o) => o.webhookUrl === webhookUrl);
            const listed = order && order.at >= since.getTime() && this.#runtime.time.now - order.at > 10_000;
            return found(listed ? this.#shown(order.id) : null);
          }),
        cancel: (id) =>
          look("cancel", () => {
            const order = this.orders.get(id);
            if (order?.status === "running") this.#finish(order, "canceled");
            return found(this.#shown(id));
          }),
        openOutput: (url) => look("output", () => this.#open(url)),
      },
    };
  }

  #post(provider: string, model: string, { task, record, asked }: Claimed, part: string | null): Post {
    const post: Post = {
      id: this.#runtime.newId(),
      provider,
      model,
      stage: task.type,
      subject: task.subject,
      inputHash: task.inputHash,
      part,
      projectId: task.projectId,
      taskId: task.id,
      attempt: task.attempt,
      claimId: task.claimId ?? "",
      at: this.#runtime.time.now,
      chargedUsd: 0,
      usable: false,
      project: record.project,
      asked,
    };
    this.posts.push(post);
    this.#runtime.note(`POST ${provider} ${task.type} ${task.id.slice(-6)} attempt ${task.attempt}`);
    return post;
  }

  #declines(): Outcome<never> | null {
    const { faults, chance } = this.#runtime;
    if (this.broke)
      return { kind: "out_of_credit", failure: failure("provider_out_of_credit", "No credit is left.") };
    if (faults.happens("throttled", 2))
      return {
        kind: "retry",
        afterSeconds: chance.pick([null, 5, 30]),
        failure: retryable("provider_throttled"),
      };
    if (faults.happens("unavailable"))
      return { kind: "retry", afterSeconds: null, failure: retryable("provider_unavailable") };
    if (faults.happens("refused")) return { kind: "refused", failure: REFUSED };
    return null;
  }

  #draft(model: string, softeningLevel: string): PromptDraft & { model: string } {
    const nth = this.posts.length;
    return {
      model,
      imagePrompt: `${softeningLevel} picture ${nth}`,
      motionPrompt: `${softeningLevel} motion ${nth}`,
      negativePrompt: "",
      styleNotes: "",
      setting: "",
      shotType: "",
      mood: "",
      palette: [],
    };
  }

  #create(
    claim: Claimed,
    model: string,
    webhookUrl: string,
    cancelAfterSeconds: number,
  ): Outcome<Prediction> {
    const { faults, chance, time } = this.#runtime;
    const post = this.#post("replicate", model, claim, null);
    if (this.quirks.get(model) === "unknown")
      return { kind: "invalid", failure: failure("provider_model_unknown", "No such model.") };
    const no = this.#declines();
    if (no) return no;
    const usd = claim.task.costEstimatedUsd;
    const order: Order = Object.assign(post, {
      price: { usd, seconds: secondsBought(model, usd) },
      webhookUrl,
      status: "running" as const,
      begun: false,
      failure: null,
      output: null,
      seconds: null,
      finishedAt: null,
    });
    this.orders.set(order.id, order);
    const takes = faults.happens("run_aborted")
      ? Number.POSITIVE_INFINITY
      : chance.whole(RUN_MS.least, chance.chance(0.1) ? RUN_MS.longest : RUN_MS.most);
    time.after(500, () => {
      order.begun = order.status === "running";
    });
    if (takes <= cancelAfterSeconds * 1000) time.after(takes, () => this.#end(order));
    else time.after(cancelAfterSeconds * 1000, () => this.#finish(order, "canceled"));
    if (faults.happens("webhook_early")) this.#deliver(order);
    const shown = this.#shown(order.id);
    if (!shown) throw new Error("An order is not there");
    return { kind: "ok", value: shown, costUsd: null, requestId: order.id };
  }

  #end(order: Order): void {
    if (order.status !== "running") return;
    const { faults } = this.#runtime;
    if (faults.happens("refused")) {
      order.failure = { ...REFUSED, refused: true };
      this.#finish(order, "failed");
      return;
    }
    const quirk = this.quirks.get(order.model);
    if (quirk === "dead" || faults.happens("run_failed")) {
      order.failure = { ...retryable("provider_run_failed"), refused: false };
      this.#finish(order, "failed");
      return;
    }
    const file = order.stage !== "transcribe";
    // A clip may be cut off; an image is only measured by its header.
    const breaks = order.stage === "generate_clips";
    order.output =
      file && faults.happens("output_gone")
        ? "gone"
        : breaks && faults.happens("bad_output")
          ? "bad"
          : "good";
    order.usable = order.output === "good" && quirk !== "foreign";
    order.seconds = order.price.seconds;
    order.chargedUsd = order.price.usd;
    this.#finish(order, "succeeded");
  }

  #finish(order: Order, status: Prediction["status"]): void {
    if (order.status !== "running") return;
    order.status = status;
    order.finishedAt = this.#runtime.time.now;
    // A run that was canceled after it had begun may be charged.
    if (status === "canceled" && order.begun && this.#runtime.chance.chance(0.5))
      order.chargedUsd = order.price.usd;
    this.#deliver(order);
  }

  #shown(id: string): Prediction | null {
    const order = this.orders.get(id);
    if (!order) return null;
    const expired = order.finishedAt !== null && this.#runtime.time.now - order.finishedAt > HOUR;
    return {
      id,
      status: order.status,
      outputUrl: order.status === "succeeded" ? `https://replicate.delivery/${id}` : null,
      output: order.status === "succeeded" && !expired ? whisperX() : null,
      failure: order.failure,
      webhookUrl: order.webhookUrl,
      createdAt: new Date(order.at).toISOString(),
      predictSeconds: order.begun ? 3 : null,
      videoSeconds: order.seconds,
    };
  }

  #open(url: string): ReturnType<typeof opened> {
    const order = this.orders.get(url.split("/").at(-1) ?? "");
    const old = !order?.finishedAt || this.#runtime.time.now - order.finishedAt > HOUR;
    if (!order || old || order.output === "gone") {
      if (order) order.usable = false;
      return { kind: "invalid", failure: retryable("output_expired") };
    }
    const quirk = this.quirks.get(order.model);
    return opened({
      id: order.id,
      good: order.output === "good",
      frames: (order.seconds ?? 1) * 24,
      foreign: quirk === "foreign",
      width: quirk === "odd_size" ? ODD_WIDTH : WIDTH,
    });
  }
}

const opened = (
  file: SimulatedFile,
): Outcome<{ body: ReadableStream<Uint8Array>; bytes: number; contentType: null }> => {
  const body = new ReadableStream<Uint8Array>();
  fileOf.set(body, file);
  return { kind: "ok", value: { body, bytes: 1000, contentType: null }, costUsd: null, requestId: null };
};

const found = (value: Prediction | null): Outcome<Prediction | null> => ({
  kind: "ok",
  value,
  costUsd: null,
  requestId: value?.id ?? null,
});

/** The clip's length by its price: the claim reserved what the length costs. */
function secondsBought(name: string, usd: number): number | null {
  const model = clipModel(name);
  if (!model) return null;
  return (
    model.seconds.find((seconds) => Math.abs(clipCostUsd(model, seconds, RESOLUTION) - usd) < 1e-6) ?? null
  );
}

const RESOLUTION = "720p";

const retryable = (code: FailureCode) => failure(code, "Not this time.", { retryable: true });
const REFUSED = failure("provider_refused", "The model refused the content.");
const heard = () => ({
  text: "one two",
  language: "en",
  durationSeconds: null,
  segments: ["one", "two", "one"].map((text, i) => ({
    start: i * 5,
    end: i * 5 + 3,
    text,
    noSpeech: null,
    confidence: null,
  })),
  words: [],
});
const whisperX = () => ({ segments: heard().segments, detected_language: "en" });
