/**
 * One outgoing call: with a time limit and a limit of the body's size, following no redirect. It never
 * throws.
 */
import { storable } from "../domain/record/text.ts";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** `fetch`, looked up at each call, and called without a receiver, as Workers demand. */
export const platformFetch: Fetch = (url, init) => fetch(url, init);

export type Reply =
  | {
      kind: "answer";
      status: number;
      headers: Headers;
      text: string;
      /**
       * The body parsed, whatever its content type (OpenAI sends JSON as text/plain); undefined where it is
       * not JSON.
       */
      json: unknown;
      /** False where the body broke off or was too large: only the status can be relied on. */
      complete: boolean;
      /** The body had more bytes than `maxBytes`. */
      tooLarge: boolean;
    }
  /** No status came. `sent` is false only where the request was never handed to the network. */
  | { kind: "lost"; reason: string; sent: boolean };

export interface Call {
  method: "GET" | "POST";
  url: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  /** For the whole call, its body included. */
  timeoutMs: number;
  /** Of the answer's body; 16 MiB where absent. */
  maxBytes?: number;
  signal?: AbortSignal;
}

/** Far above any real answer; a hostile one must not fill the isolate's memory. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Sends the call and reads the whole answer. */
export async function send(fetchUrl: Fetch, call: Call): Promise<Reply> {
  if (call.signal?.aborted) return { kind: "lost", reason: "The call was cancelled.", sent: false };
  const response = await open(fetchUrl, call);
  if (!("headers" in response)) return response;
  const read = await readText(response, call.maxBytes ?? MAX_ANSWER_BYTES);
  const { status, headers } = response;
  return { kind: "answer", status, headers, json: read.complete ? parseJson(read.text) : undefined, ...read };
}

/** Resolves with the response when its headers are there; its body is not read. */
export async function open(
  fetchUrl: Fetch,
  { method, url, headers = {}, body, timeoutMs, signal }: Call,
): Promise<Response | Extract<Reply, { kind: "lost" }>> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await fetchUrl(url, {
      method,
      headers,
      body,
      // A redirect would send our key to a host that we did not choose.
      redirect: "manual",
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    const reason = limit.aborted ? `There was no answer within ${timeoutMs / 1000} s.` : reasonOf(error);
    return { kind: "lost", reason, sent: true };
  }
}

function reasonOf(error: unknown): string {
  return redact(error instanceof Error && error.message ? error.message : "The connection failed.");
}

interface Text {
  text: string;
  complete: boolean;
  tooLarge: boolean;
}

async function readText(response: Response, maxBytes: number): Promise<Text> {
  if (!response.body) return { text: "", complete: true, tooLarge: false };
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  try {
    for await (const chunk of response.body) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) return { text, complete: false, tooLarge: true };
      text += decoder.decode(chunk, { stream: true });
    }
    return { text: text + decoder.decode(), complete: true, tooLarge: false };
  } catch {
    return { text, complete: false, tooLarge: false };
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** No provider asks for longer; a date from a wrong clock must not delay a task for a year. */
const MAX_WAIT_SECONDS = 3600;

/**
 * How long a provider asks to wait, in seconds from `nowMs` (3600 at most), or null where it does not say:
 * `retry_after` in the body and "resets in ~5s" in its `detail` (Replicate), then `retry-after-ms`
 * (OpenAI), then `retry-after` in seconds or as a date.
 */
export function retryAfterSeconds(headers: Headers, json: unknown, nowMs: number): number | null {
  const { retry_after: inBody, detail } = isRecord(json) ? json : {};
  if (typeof inBody === "number") return wait(inBody);
  const ms = headers.get("retry-after-ms");
  if (ms !== null && Number.isFinite(Number(ms))) return wait(Number(ms) / 1000);
  const header = headers.get("retry-after");
  if (header !== null) {
    const seconds = header.trim() === "" ? Number.NaN : Number(header);
    return wait(Number.isNaN(seconds) ? (Date.parse(header) - nowMs) / 1000 : seconds);
  }
  const inDetail = typeof detail === "string" ? /resets? in ~?(\d{1,6})\s?s/.exec(detail)?.[1] : undefined;
  return inDetail === undefined ? null : wait(Number(inDetail));
}

function wait(seconds: number): number | null {
  return seconds >= 0 ? Math.min(seconds, MAX_WAIT_SECONDS) : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const SECRETS: readonly [RegExp, string][] = [
  [/\b(bearer|basic)\s+\S+/gi, "$1 [redacted]"],
  [/\b(sk|r8|whsec|ghp|pk)[-_][\w*./+=-]{4,}/g, "[redacted]"],
  [/\b(\w+:\/\/)[^\s/@:]+:[^\s/@]+@/g, "$1[redacted]@"],
  // Query strings may hold signatures and tokens.
  [/(https?:\/\/[^\s?#"'<>]+)[?#][^\s"'<>]*/g, "$1"],
];
const MAX_MESSAGE = 300;

/**
 * A provider's message made safe to show and to log: no keys, no query strings, one line of 300 characters at
 * most.
 */
export function redact(text: string): string {
  const clean = SECRETS.reduce((t, [pattern, by]) => t.replace(pattern, by), text.slice(0, 4000));
  const line = storable(clean.replace(/[\s\p{Cc}]+/gu, " ").trim());
  return line.length > MAX_MESSAGE ? `${storable(line, MAX_MESSAGE - 1)}…` : line;
}
