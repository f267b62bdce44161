/** Fetches what a model made, from hosts that we chose: an answer's addresses are not trusted. */
import { isDataUri, readDataUri } from "./data-uri.ts";
import { type Fetch, open } from "./http.ts";
import { problem, unavailable } from "./outcome.ts";
import type { Outcome, Predictions } from "./ports.ts";

const WHO = "Replicate";
/** For the whole of a file, which is copied while it comes. */
const TIMEOUT_MS = 300_000;

export interface OpenerOptions {
  /** `name` allows https to it and to its subdomains; `name:port` allows exactly that, by http where it is this machine. */
  hosts: readonly string[];
  token: string;
  fetch: Fetch;
}

export function outputOpener({ hosts, token, fetch: fetchUrl }: OpenerOptions): Predictions["openOutput"] {
  return async (address, maxBytes, signal) => {
    if (isDataUri(address)) return inlined(address, maxBytes);
    const url = allowedUrl(address, hosts);
    if (!url) return rejected("The result is at a URL that this service does not fetch from.");
    if (signal?.aborted) return unavailable(WHO, "The call was cancelled.");
    // Identity, so that content-length is the length of what comes.
    const headers = {
      "accept-encoding": "identity",
      ...(ownHost(url) ? { authorization: `Bearer ${token}` } : {}),
    };
    const response = await open(fetchUrl, {
      method: "GET",
      url: url.toString(),
      headers,
      timeoutMs: TIMEOUT_MS,
      signal,
    });
    if (!("headers" in response)) return unavailable(WHO, response.reason);
    const { status, body } = response;
    if (status !== 200 || !body) {
      if (body) drop(body);
      return notThere(status);
    }
    const bytes = lengthOf(response.headers);
    if (bytes !== null && bytes > maxBytes) {
      drop(body);
      return rejected(tooLarge(`${bytes} bytes`, maxBytes));
    }
    const contentType = response.headers.get("content-type");
    const value = { body: body.pipeThrough(atMost(maxBytes)), bytes, contentType };
    return { kind: "ok", value, costUsd: null, requestId: null };
  };
}

const tooLarge = (size: string, maxBytes: number) =>
  `The result has ${size}; at most ${maxBytes} are accepted.`;

/** The file itself, which came with the answer. */
function inlined(uri: string, maxBytes: number): Awaited<ReturnType<Predictions["openOutput"]>> {
  const data = readDataUri(uri, maxBytes);
  if (data.ok) {
    const { bytes, contentType } = data;
    const value = { body: new Blob([bytes]).stream(), bytes: bytes.length, contentType };
    return { kind: "ok", value, costUsd: null, requestId: null };
  }
  return rejected(
    data.problem === "too_large"
      ? tooLarge("too many bytes", maxBytes)
      : "The result is a data URI that cannot be read.",
  );
}

/** Of the bytes that will come; null where nothing tells, as when they come packed after all. */
function lengthOf(headers: Headers): number | null {
  const packed = (headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity";
  const length = headers.get("content-length") ?? "";
  return !packed && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** Nobody waits for the far end to agree. */
function drop(body: ReadableStream): void {
  body.cancel().catch(() => undefined);
}

/** The address, if it may be fetched; undefined else. */
export function allowedUrl(address: string, hosts: readonly string[]): URL | undefined {
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.username !== "" || url.password !== "") return undefined;
  return hosts.some((host) => allows(host.toLowerCase(), url)) ? url : undefined;
}

function allows(host: string, url: URL): boolean {
  if (host.includes(":")) {
    const here = url.hostname === "localhost" || url.hostname === "127.0.0.1";
    return url.host === host && (url.protocol === "https:" || (here && url.protocol === "http:"));
  }
  const named = url.hostname === host || url.hostname.endsWith(`.${host}`);
  return named && url.protocol === "https:" && url.port === "";
}

/** Replicate's delivery hosts may ask for its token; nobody else is shown it. */
const ownHost = (url: URL) => url.protocol === "https:" && /(^|\.)replicate\.delivery$/.test(url.hostname);

function notThere(status: number): Outcome<never> {
  if (status === 404 || status === 410) {
    const message = "The result was deleted at Replicate before it was fetched.";
    return { kind: "invalid", failure: problem("output_expired", message, true) };
  }
  if (status === 429 || status >= 500) return unavailable(WHO, `the result cannot be fetched (${status})`);
  const message = `The result cannot be fetched: its host answered ${status}.`;
  // An address that has run out, or a host with a bad moment: it says nothing of the model.
  return status >= 400
    ? { kind: "invalid", failure: problem("output_expired", message, true) }
    : rejected(message);
}

const rejected = (message: string): Outcome<never> => ({
  kind: "invalid",
  failure: problem("output_rejected", message, false),
});

/** Passes bytes on, and fails the stream once there are too many. */
function atMost(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let seen = 0;
  return new TransformStream({
    transform(chunk, controller) {
      seen += chunk.byteLength;
      if (seen > maxBytes) controller.error(new Error(`The file has more than ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
}
