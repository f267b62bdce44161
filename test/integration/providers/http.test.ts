import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { open, platformFetch, redact, retryAfterSeconds, send } from "../../../src/providers/http.ts";
import { languageCode } from "../../../src/providers/language.ts";
import { type Handler, listen } from "../../../src/sandbox/world/listen.ts";
import { broken, raw, scripted } from "../../support/scripted-fetch.ts";

const NOW = Date.parse("2026-11-22T10:00:00Z");
const call = { method: "GET", url: "https://x.test/", timeoutMs: 10_000 } as const;

describe("how long to wait", () => {
  it.each([
    ["the body first", { "retry-after": "9" }, { retry_after: 5 }, 5],
    ["then milliseconds", { "retry-after-ms": "1500", "retry-after": "9" }, {}, 1.5],
    ["then seconds", { "retry-after": "9" }, {}, 9],
    ["then a date", { "retry-after": "Sun, 22 Nov 2026 10:01:00 GMT" }, {}, 60],
    [
      "then the provider's words",
      {},
      { detail: "Request was throttled. Your rate limit resets in ~30s." },
      30,
    ],
    ["nothing where nothing is said", {}, { detail: "no" }, null],
    ["nothing for the past", { "retry-after": "Sun, 22 Nov 2026 09:59:00 GMT" }, {}, null],
    ["nothing for a negative number", { "retry-after": "-1" }, {}, null],
    ["nothing for nonsense", { "retry-after": "soon" }, "text", null],
    ["an hour at most", { "retry-after": "999999" }, {}, 3600],
  ])("is %s", (_, headers, body, seconds) => {
    expect(retryAfterSeconds(new Headers(headers), body, NOW)).toBe(seconds);
  });
});

describe("a call", () => {
  it("reads JSON whatever its content type says, and keep-alive spaces before it", async () => {
    const { fetch } = scripted(raw('  \n {"a":1}', { headers: { "content-type": "text/plain" } }));
    expect(await send(fetch, call)).toMatchObject({
      kind: "answer",
      status: 200,
      json: { a: 1 },
      complete: true,
    });
  });

  it("follows no redirect, and has a time limit", async () => {
    let seen: RequestInit = {};
    await send(async (_url, init) => {
      seen = init;
      return new Response("{}");
    }, call);
    expect(seen.redirect).toBe("manual");
    expect(seen.signal).toBeInstanceOf(AbortSignal);
  });

  it("keeps the status of an answer whose body breaks off or is too large, and nothing else of it", async () => {
    const cut = await send(scripted(broken(503, '{"a"')).fetch, call);
    expect(cut).toMatchObject({ status: 503, complete: false, tooLarge: false, json: undefined });
    const large = await send(scripted(raw("[1,2,3]")).fetch, { ...call, maxBytes: 3 });
    expect(large).toMatchObject({ status: 200, complete: false, tooLarge: true, json: undefined });
  });

  it("that fails on the way counts as sent; one that was canceled before does not", async () => {
    const { fetch, sent } = scripted(new Error("connect ECONNREFUSED"));
    expect(await send(fetch, call)).toMatchObject({ kind: "lost", sent: true });
    expect(await send(fetch, { ...call, signal: AbortSignal.abort() })).toMatchObject({
      kind: "lost",
      sent: false,
    });
    expect(sent).toHaveLength(1);
  });

  it("that hangs ends with its time limit, and says so", async () => {
    const hang = (_url: string, { signal }: RequestInit) =>
      new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const reply = await send(hang, { ...call, timeoutMs: 5 });
    expect(reply).toEqual({ kind: "lost", sent: true, reason: "There was no answer within 0.005 s." });
  });
});

describe("a call over a real connection", () => {
  async function host(handler: Handler): Promise<string> {
    const server = await listen(handler, 0, "127.0.0.1");
    onTestFinished(() => server.close());
    return server.url;
  }
  /** A body of one space, and then silence. */
  const silent = () =>
    new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(" ")) });

  it("whose body stops coming ends with its time limit", async () => {
    const url = await host(() => new Response(silent()));
    expect(await send(platformFetch, { ...call, url, timeoutMs: 200 })).toMatchObject({
      kind: "answer",
      status: 200,
      complete: false,
      tooLarge: false,
    });
    const response = await open(platformFetch, { ...call, url, timeoutMs: 200 });
    if (!("body" in response)) throw new Error(response.reason);
    await expect(response.text()).rejects.toThrow();
  });

  it("that is redirected is not sent to another host", async () => {
    const paths: string[] = [];
    const url = await host((request) => {
      paths.push(new URL(request.url).pathname);
      return new Response("", { status: 302, headers: { location: "/inside" } });
    });
    expect(await send(platformFetch, { ...call, url: `${url}/asked` })).toMatchObject({ status: 302 });
    expect(paths).toEqual(["/asked"]);
  });

  it("reads no more than its limit of a compressed body that is larger uncompressed", async () => {
    const packed = gzipSync(new Uint8Array(8 * 1024 * 1024));
    const url = await host(() => new Response(packed, { headers: { "content-encoding": "gzip" } }));
    const reply = await send(platformFetch, { ...call, url, maxBytes: 1024 * 1024 });
    expect(reply).toMatchObject({ complete: false, tooLarge: true });
    expect(reply.kind === "answer" && reply.text.length).toBeLessThanOrEqual(1024 * 1024);
  });
});

describe("the words of a provider", () => {
  it.each([
    ["Incorrect API key provided: sk-proj-ab*****xyz.", "sk-proj"],
    ["Bearer r8_abcdef123 is not valid", "r8_abc"],
    ["whsec_MDEyMzQ1Njc4", "MDEy"],
    ["could not fetch https://s3.test/b/k.jpg?X-Amz-Signature=deadbeef&x=1 now", "deadbeef"],
    ["hook https://o.test/webhooks/replicate/p/t/1?t=cafe01", "cafe01"],
    ["postgres://user:hunter2@db.test/x", "hunter2"],
  ])("%s are shown without the secret", (words, secret) => {
    expect(redact(words)).not.toContain(secret);
  });

  it("are one short well-formed line", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (words) => {
        const shown = redact(words);
        expect(shown.length).toBeLessThanOrEqual(300);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toMatch(/[\n\r\0]/);
      }),
    );
  });
});

describe("a language", () => {
  it.each([
    ["english", "en"],
    ["German", "de"],
    ["haitian creole", "ht"],
    ["myanmar", "my"],
    ["romanian", "ro"],
    ["yiddish", "yi"],
    ["hebrew", "he"],
    ["javanese", "jv"],
    ["bengali", "bn"],
    ["pt-BR", "pt"],
    ["ja", "ja"],
    ["klingon", null],
    ["", null],
    ["constructor", null],
  ])("named %s is %s", (name, code) => expect(languageCode(name)).toBe(code));
});
