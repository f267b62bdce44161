/**
 * Replicate's predictions over plain HTTP. Endpoints, limits and errors: replicate.com/docs, read in 2026.
 */
import { z } from "zod";
import type { Outcome, Prediction, Predictions } from "../ports/providers.ts";
import { type Fetch, isRecord, platformFetch, type Reply, retryAfterSeconds, send } from "./http.ts";
import {
  invalid,
  noAccess,
  outOfCredit,
  refused,
  throttled,
  unavailable,
  unknown,
  unknownModel,
} from "./outcome.ts";
import { outputOpener } from "./output.ts";
import { classifyFailure, readPrediction } from "./prediction.ts";

const WHO = "Replicate";
const TIMEOUT_MS = 30_000;
/** Shorter deadlines are refused (lifecycle docs, 2025). */
const MIN_CANCEL_AFTER_SECONDS = 5;
/** The most pages of the list that are searched, of a hundred predictions each. */
const MAX_PAGES = 20;
/** The most predictions that are read one by one, where the list does not show webhook addresses. */
const MAX_READS = 20;

export interface ReplicateOptions {
  token: string;
  /** Up to and with `/v1`. */
  baseUrl: string;
  /** Hosts that output files may be fetched from (`OpenerOptions.hosts` in output.ts). */
  outputHosts: readonly string[];
  fetch?: Fetch;
}

export function replicatePredictions({
  token,
  baseUrl,
  outputHosts,
  fetch: fetchUrl = platformFetch,
}: ReplicateOptions): Predictions {
  const authorization = `Bearer ${token}`;

  const post = (
    path: string,
    headers: Record<string, string>,
    body: string,
    signal: AbortSignal | undefined,
  ) =>
    send(fetchUrl, {
      method: "POST",
      url: `${baseUrl}${path}`,
      headers: { authorization, "content-type": "application/json", ...headers },
      body,
      timeoutMs: TIMEOUT_MS,
      signal,
    });

  const fetchJson = (path: string, signal: AbortSignal | undefined) =>
    send(fetchUrl, {
      method: "GET",
      url: `${baseUrl}${path}`,
      headers: { authorization },
      timeoutMs: TIMEOUT_MS,
      signal,
    });

  async function get(id: string, signal: AbortSignal | undefined) {
    return pollOutcome(await fetchJson(`/predictions/${encodeURIComponent(id)}`, signal));
  }

  return {
    async create({ model, input, webhookUrl, cancelAfterSeconds, signal }) {
      const target = /^([\w.-]+\/[\w.-]+)(?::([0-9a-f]{64}))?$/.exec(model);
      if (!target) return invalid(WHO, `"${model}" is not the name of a model`);
      const [, name, version] = target;
      const hook = webhookUrl ? { webhook: webhookUrl, webhook_events_filter: ["completed"] } : {};
      const deadline = Math.max(MIN_CANCEL_AFTER_SECONDS, Math.ceil(cancelAfterSeconds));
      const reply = await post(
        // Only official models run without a version.
        version === undefined ? `/models/${name}/predictions` : "/predictions",
        { "cancel-after": `${deadline}s` },
        JSON.stringify(version === undefined ? { input, ...hook } : { version, input, ...hook }),
        signal,
      );
      return orderOutcome(reply, model);
    },

    get,

    async find({ webhookUrl, since, signal }) {
      const withoutWebhook: string[] = [];
      let showsWebhooks = false;
      let query = `?created_after=${encodeURIComponent(since.toISOString())}`;
      for (let page = 0; page < MAX_PAGES; page++) {
        const reply = await fetchJson(`/predictions${query}`, signal);
        const list =
          reply.kind === "answer" && reply.status === 200 ? List.safeParse(reply.json).data : undefined;
        if (!list) return readFailure(reply);
        for (const item of list.results) {
          const prediction = readPrediction(item);
          if (!prediction) continue;
          if (prediction.webhookUrl === webhookUrl) return found(prediction);
          if (hasWebhook(item)) showsWebhooks = true;
          else if (notBefore(prediction, since)) withoutWebhook.push(prediction.id);
        }
        const next = list.next ? nextQuery(list.next) : null;
        if (next === null) return showsWebhooks ? found(null) : findAmong(withoutWebhook, webhookUrl, signal);
        query = next;
      }
      return unavailable(WHO, "its list of predictions is too long to search");
    },

    async cancel(id, signal) {
      return pollOutcome(await post(`/predictions/${encodeURIComponent(id)}/cancel`, {}, "", signal));
    },

    openOutput: outputOpener({ hosts: outputHosts, token, fetch: fetchUrl }),
  };

  /**
   * Reads predictions one by one: the list need not show webhook addresses (its schema does not name the
   * field), and the predictions themselves may.
   */
  async function findAmong(
    ids: string[],
    webhookUrl: string,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<Prediction | null>> {
    let showsWebhooks = ids.length === 0;
    for (const id of ids.slice(0, MAX_READS)) {
      const outcome = await get(id, signal);
      if (outcome.kind !== "ok") return outcome;
      if (outcome.value?.webhookUrl === webhookUrl) return outcome;
      if (outcome.value?.webhookUrl) showsWebhooks = true;
    }
    const all = ids.length <= MAX_READS;
    return showsWebhooks && all
      ? found(null)
      : unknown(WHO, "its list does not show which prediction is ours");
  }
}

const List = z.object({ results: z.array(z.unknown()), next: z.string().nullish().catch(null) });

const hasWebhook = (item: unknown) => isRecord(item) && typeof item.webhook === "string";

/** Whether it was created at or after `since`, or does not say when. */
function notBefore(prediction: Prediction, since: Date): boolean {
  const at = prediction.createdAt === null ? Number.NaN : Date.parse(prediction.createdAt);
  return !(at < since.getTime());
}

/** Only the query of `next` is followed, so that the token never goes to another host. */
function nextQuery(next: string): string | null {
  return URL.canParse(next) ? new URL(next).search || null : null;
}

const found = (value: Prediction | null): Outcome<Prediction | null> => ({
  kind: "ok",
  value,
  costUsd: null,
  requestId: value?.id ?? null,
});

/** The provider's own words about the answer. */
function wordsOf({ status, json, complete }: Extract<Reply, { kind: "answer" }>): string {
  const { detail, title } = isRecord(json) ? json : {};
  const words = [detail, title].find((v) => typeof v === "string");
  return words ?? (complete ? `it answered ${status}` : "its answer broke off");
}

/** Statuses that mean the same for every call, and that nothing was done; undefined for all others. */
function commonFailure(reply: Extract<Reply, { kind: "answer" }>): Outcome<never> | undefined {
  const { status, headers, json } = reply;
  if (status === 429) return throttled(WHO, retryAfterSeconds(headers, json, Date.now()));
  if (status === 402) return outOfCredit(WHO);
  if (status === 401 || status === 403) return noAccess(WHO, "REPLICATE_API_TOKEN", wordsOf(reply));
  return undefined;
}

const CHOOSE_ANOTHER =
  "Choose another model. The operator must retire this one: Replicate does not offer it any more.";
/** An official model is unknown by 404, a community model by its version (replicate/replicate-python#47). */
const isUnknownModel = ({ status, json }: Extract<Reply, { kind: "answer" }>): boolean =>
  status === 404 || (status === 422 && isRecord(json) && json.title === "Invalid version or not permitted");

/** The outcome of an order: unless the answer plainly refuses it, it may have started a run. */
function orderOutcome(reply: Reply, model: string): Outcome<Prediction> {
  if (reply.kind === "lost") return reply.sent ? unknown(WHO, reply.reason) : unavailable(WHO, reply.reason);
  const { status } = reply;
  if (status >= 200 && status < 300) {
    const value = readPrediction(reply.json);
    return value
      ? { kind: "ok", value, costUsd: null, requestId: value.id }
      : unknown(WHO, "its answer holds no prediction");
  }
  const common = commonFailure(reply);
  if (common) return common;
  if (status >= 500 || status === 408) return unknown(WHO, wordsOf(reply));
  if (isUnknownModel(reply)) return unknownModel(WHO, model, CHOOSE_ANOTHER);
  const words = wordsOf(reply);
  return classifyFailure(words).refused ? refused(WHO, words) : invalid(WHO, words);
}

/** The outcome of reading or canceling one prediction: it costs nothing and may be repeated. */
function pollOutcome(reply: Reply): Outcome<Prediction | null> {
  if (reply.kind === "answer") {
    if (reply.status === 404) return found(null);
    const value = reply.status >= 200 && reply.status < 300 ? readPrediction(reply.json) : null;
    if (value) return found(value);
  }
  return readFailure(reply);
}

function readFailure(reply: Reply): Outcome<never> {
  if (reply.kind === "lost") return unavailable(WHO, reply.reason);
  return (
    commonFailure(reply) ??
    unavailable(WHO, wordsOf(reply), retryAfterSeconds(reply.headers, reply.json, Date.now()))
  );
}
