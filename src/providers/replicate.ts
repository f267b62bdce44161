/** Replicate's predictions over plain HTTP. Endpoints, limits and errors: replicate.com/docs, read in 2026. */
import { z } from "zod";
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
import type { Outcome, Prediction, Predictions } from "./ports.ts";
import { classifyFailure, readPrediction } from "./prediction.ts";

const WHO = "Replicate";
const TIMEOUT_MS = 30_000;
/** Shorter deadlines are refused (lifecycle docs, 2025). */
const MIN_CANCEL_AFTER_SECONDS = 5;
/** A hundred predictions a page: far more than a claim's lifetime holds, even at 600 creates a minute. */
const MAX_PAGES = 20;
const MAX_LOOKS = 20;

export interface ReplicateOptions {
  token: string;
  /** Up to and with `/v1`. */
  baseUrl: string;
  /** Hosts that output may be fetched from: see `outputOpener`. */
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
    return looked(await fetchJson(`/predictions/${encodeURIComponent(id)}`, signal));
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
      return created(reply, model);
    },

    get,

    async find({ webhookUrl, since, signal }) {
      const silent: string[] = [];
      let shown = false;
      let query = `?created_after=${encodeURIComponent(since.toISOString())}`;
      for (let page = 0; page < MAX_PAGES; page++) {
        const reply = await fetchJson(`/predictions${query}`, signal);
        const list =
          reply.kind === "answer" && reply.status === 200 ? List.safeParse(reply.json).data : undefined;
        if (!list) return unread(reply);
        for (const item of list.results) {
          const prediction = readPrediction(item);
          if (!prediction) continue;
          if (prediction.webhookUrl === webhookUrl) return found(prediction);
          if (tellsWebhook(item)) shown = true;
          else if (notBefore(prediction, since)) silent.push(prediction.id);
        }
        const next = list.next ? nextQuery(list.next) : null;
        if (next === null) return shown ? found(null) : lookAtEach(silent, webhookUrl, signal);
        query = next;
      }
      return unavailable(WHO, "its list of predictions is too long to search");
    },

    async cancel(id, signal) {
      return looked(await post(`/predictions/${encodeURIComponent(id)}/cancel`, {}, "", signal));
    },

    openOutput: outputOpener({ hosts: outputHosts, token, fetch: fetchUrl }),
  };

  /** A list need not carry webhooks (its schema does not name the field): the predictions themselves may. */
  async function lookAtEach(
    ids: string[],
    webhookUrl: string,
    signal: AbortSignal | undefined,
  ): Promise<Outcome<Prediction | null>> {
    let shown = ids.length === 0;
    for (const id of ids.slice(0, MAX_LOOKS)) {
      const outcome = await get(id, signal);
      if (outcome.kind !== "ok") return outcome;
      if (outcome.value?.webhookUrl === webhookUrl) return outcome;
      if (outcome.value?.webhookUrl) shown = true;
    }
    const all = ids.length <= MAX_LOOKS;
    return shown && all ? found(null) : unknown(WHO, "its list does not show which prediction is ours");
  }
}

const List = z.object({ results: z.array(z.unknown()), next: z.string().nullish().catch(null) });

const tellsWebhook = (item: unknown) => isRecord(item) && typeof item.webhook === "string";

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

function wordsOf({ status, json, complete }: Extract<Reply, { kind: "answer" }>): string {
  const { detail, title } = isRecord(json) ? json : {};
  const words = [detail, title].find((v) => typeof v === "string");
  return words ?? (complete ? `it answered ${status}` : "its answer broke off");
}

/** Answers that say the same of every call: nothing was done. Undefined for the others. */
function declined(reply: Extract<Reply, { kind: "answer" }>): Outcome<never> | undefined {
  const { status, headers, json } = reply;
  if (status === 429) return throttled(WHO, retryAfterSeconds(headers, json, Date.now()));
  if (status === 402) return outOfCredit(WHO);
  if (status === 401 || status === 403) return noAccess(WHO, "REPLICATE_API_TOKEN", wordsOf(reply));
  return undefined;
}

const CHOOSE_ANOTHER =
  "Choose another model. The operator must retire this one: Replicate does not offer it any more.";
/** An official model is not found; of a community model its version is not (replicate/replicate-python#47). */
const isUnknownModel = ({ status, json }: Extract<Reply, { kind: "answer" }>): boolean =>
  status === 404 || (status === 422 && isRecord(json) && json.title === "Invalid version or not permitted");

/** What came of a paid create: anything but a plain refusal may have started a run. */
function created(reply: Reply, model: string): Outcome<Prediction> {
  if (reply.kind === "lost") return reply.sent ? unknown(WHO, reply.reason) : unavailable(WHO, reply.reason);
  const { status } = reply;
  if (status >= 200 && status < 300) {
    const value = readPrediction(reply.json);
    return value
      ? { kind: "ok", value, costUsd: null, requestId: value.id }
      : unknown(WHO, "its answer holds no prediction");
  }
  const plain = declined(reply);
  if (plain) return plain;
  if (status >= 500 || status === 408) return unknown(WHO, wordsOf(reply));
  if (isUnknownModel(reply)) return unknownModel(WHO, model, CHOOSE_ANOTHER);
  const words = wordsOf(reply);
  return classifyFailure(words).refused ? refused(WHO, words) : invalid(WHO, words);
}

/** What came of a look, which costs nothing and may be repeated. */
function looked(reply: Reply): Outcome<Prediction | null> {
  if (reply.kind === "answer") {
    if (reply.status === 404) return found(null);
    const value = reply.status >= 200 && reply.status < 300 ? readPrediction(reply.json) : null;
    if (value) return found(value);
  }
  return unread(reply);
}

function unread(reply: Reply): Outcome<never> {
  if (reply.kind === "lost") return unavailable(WHO, reply.reason);
  return (
    declined(reply) ??
    unavailable(WHO, wordsOf(reply), retryAfterSeconds(reply.headers, reply.json, Date.now()))
  );
}
