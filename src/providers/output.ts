/**
 * Opens a prediction's output file. Addresses in a provider's answer are not trusted: only allowed hosts are
 * fetched.
 */

import type { Outcome, Predictions } from "../ports/providers.ts";
import { isDataUri, readDataUri } from "./data-uri.ts";
import { type Fetch, open } from "./http.ts";
import { problem, unavailable } from "./outcome.ts";

const WHO = "Replicate";
/** For the whole file, which is copied while it arrives. */
const TIMEOUT_MS = 300_000;

export interface OpenerOptions {
  /**
   * The allowed hosts. `name` allows https on the default port to it and its subdomains. `name:port` allows
   * https to exactly that, and http where it is `localhost` or `127.0.0.1`.
   */
  hosts: readonly string[];
  /** Replicate's API token, which is sent to Replicate's own delivery hosts only. */
  token: string;
  fetch: Fetch;
}

export function outputOpener({ hosts, token, fetch: fetchUrl }: OpenerOptions): Predictions["openOutput"] {
  return async (address, maxBytes, signal) => {
    if (isDataUri(address)) return openDataUri(address, maxBytes);
    const url = allowedUrl(address, hosts);
    if (!url) return rejected("The result is at a URL that this service does not fetch from.");
    if (signal?.aborted) return unavailable(WHO, "The call was cancelled.");
    // Without compression, content-length is the length of the file.
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

function openDataUri(uri: string, maxBytes: number): Awaited<ReturnType<Predictions["openOutput"]>> {
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

/** The file's length in bytes; null where it is not known, also where the body is compressed all the same. */
function lengthOf(headers: Headers): number | null {
  const compressed = (headers.get("content-encoding") ?? "identity").toLowerCase() !== "identity";
  const length = headers.get("content-length") ?? "";
  return !compressed && /^\d{1,15}$/.test(length) ? Number(length) : null;
}

/** Cancels a body without waiting for it. */
function drop(body: ReadableStream): void {
  body.cancel().catch(() => undefined);
}

/** The address parsed, where it may be fetched; undefined otherwise. */
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

/** Whether it is one of Replicate's delivery hosts, which may ask for the token; no other host is sent it. */
const ownHost = (url: URL) => url.protocol === "https:" && /(^|\.)replicate\.delivery$/.test(url.hostname);

function notThere(status: number): Outcome<never> {
  if (status === 404 || status === 410) {
    const message = "The result was deleted at Replicate before it was fetched.";
    return { kind: "invalid", failure: problem("output_expired", message, true) };
  }
  if (status === 429 || status >= 500) return unavailable(WHO, `the result cannot be fetched (${status})`);
  const message = `The result cannot be fetched: its host answered ${status}.`;
  // The address has expired, or the host has a problem: another attempt may bring a file that can be fetched.
  return status >= 400
    ? { kind: "invalid", failure: problem("output_expired", message, true) }
    : rejected(message);
}

const rejected = (message: string): Outcome<never> => ({
  kind: "invalid",
  failure: problem("output_rejected", message, false),
});

/** Passes bytes on; the stream fails once there are more than `maxBytes`. */
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
