import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import { platformFetch } from "../../../src/providers/http.ts";
import { allowedUrl, outputOpener } from "../../../src/providers/output.ts";
import { listen } from "../../../src/sandbox/world/listen.ts";
import { raw, scripted } from "../../support/scripted-fetch.ts";

const HOSTS = ["replicate.delivery", "127.0.0.1:8788", "cdn.test:8443"];
const FILE = "https://pbxt.replicate.delivery/abc/out.mp4";
const opener = (net: ReturnType<typeof scripted>) =>
  outputOpener({ hosts: HOSTS, token: "r8_secret", fetch: net.fetch });

describe("an output address", () => {
  it.each([
    "https://replicate.delivery/a.mp4",
    FILE,
    "http://127.0.0.1:8788/replicate/delivery/x/a.mp4",
    "https://cdn.test:8443/a.mp4",
  ])("%s may be fetched", (url) => expect(allowedUrl(url, HOSTS)).toBeDefined());

  it.each([
    "",
    "a.mp4",
    "http://replicate.delivery/a.mp4",
    "https://replicate.delivery:8443/a.mp4",
    "https://replicate.delivery.evil.test/a.mp4",
    "https://evilreplicate.delivery/a.mp4",
    "https://user@replicate.delivery/a.mp4",
    "https://user:pass@replicate.delivery/a.mp4",
    "https://evil.test/replicate.delivery",
    "https://replicate.delivery@evil.test/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/x",
    "http://127.0.0.1:8789/x",
    "http://127.0.0.1/x",
    "http://2130706433:9999/x",
    "http://cdn.test:8443/a.mp4",
    "http://2852039166/latest/meta-data",
    "http://0xa9fea9fe/",
    "http://0251.0376.0251.0376/",
    "https://169.254.43518/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.1/",
    "https://0.0.0.0/",
    "https://10.0.0.1/replicate.delivery",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]:8788/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "http://[::1]:8788/x",
    "https://localhost/",
    "http://localhost:8788/x",
    "https://LOCALHOST/",
    "https://localhost.replicate.delivery.evil.test/",
    "https://omvee.workers.dev/api/projects",
    "https://metadata.google.internal/",
    "http://0:8788/x",
    "http://127.0.0.2:8788/x",
    "http://127.0.0.1:87880/x",
    "https://127.0.0.1.replicate.delivery.evil.test/",
    "https://replicate.delivery:444/a",
    "https://replicate.delivery:80/a",
    "https://:@evil.test/",
    "https://replicate.delivery%2f@evil.test/",
    "https://evil.test\\@replicate.delivery/",
    "https://evil.test#.replicate.delivery",
    "https://evil.test?.replicate.delivery",
    "https://replicate.delivery./a",
    "https://xn--replicate-delivery/",
    "https://r\u0435plicate.delivery/a",
    "https://replicate%00.delivery/a",
    "//replicate.delivery/a",
    "JavaScript:alert(1)",
    "java\nscript:alert(1)",
    "blob:https://replicate.delivery/a",
    "view-source:https://replicate.delivery/a",
    "ws://replicate.delivery/a",
    "https:///",
    "ftp://replicate.delivery/a",
    "file:///etc/passwd",
    "javascript:alert(1)",
  ])("%s may not", async (url) => {
    expect(allowedUrl(url, HOSTS)).toBeUndefined();
    const net = scripted(raw("x"));
    expect(await opener(net)(url, 100)).toMatchObject({
      kind: "invalid",
      failure: { code: "output_rejected" },
    });
    expect(net.sent).toEqual([]);
  });
});

describe("a file in the answer, as a data URI", () => {
  const VIDEO = `data:video/mp4;base64,${Buffer.from("abcdef").toString("base64")}`;

  it("is decoded, with its length and type, and nothing is fetched", async () => {
    const net = scripted();
    const outcome = await opener(net)(VIDEO, 6);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    expect(outcome.value).toMatchObject({ bytes: 6, contentType: "video/mp4" });
    expect(await new Response(outcome.value.body).text()).toBe("abcdef");
    expect(net.sent).toEqual([]);
  });

  it.each([
    ["is too large", VIDEO, 5, "The result has too many bytes; at most 5 are accepted."],
    ["is broken", `${VIDEO}@`, 6, "The result is a data URI that cannot be read."],
  ])("is rejected where it %s", async (_, uri, most, message) => {
    const net = scripted();
    expect(await opener(net)(uri, most)).toMatchObject({
      kind: "invalid",
      failure: { code: "output_rejected", retryable: false, message },
    });
    expect(net.sent).toEqual([]);
  });

  it("is no address", () => expect(allowedUrl(VIDEO, HOSTS)).toBeUndefined());
});

describe("an address that only looks odd", () => {
  it.each([
    ["https://REPLICATE.delivery/a", "https://replicate.delivery/a"],
    ["https://replicate.delivery:443/a", "https://replicate.delivery/a"],
    ["https:\\\\replicate.delivery\\@evil.test", "https://replicate.delivery/@evil.test"],
    ["https://replicate\u3002delivery/a", "https://replicate.delivery/a"],
    [" https://rep\nlicate.delivery/a\t", "https://replicate.delivery/a"],
    ["https://replicate.delivery/../../a", "https://replicate.delivery/a"],
  ])("%j is fetched as it was checked", async (url, asked) => {
    const net = scripted(raw("x"));
    expect(await opener(net)(url, 100)).toMatchObject({ kind: "ok" });
    expect(net.sent.map((s) => s.url)).toEqual([asked]);
  });
});

describe("an output file", () => {
  it("is streamed, with its length and type", async () => {
    const net = scripted(raw("abcdef", { headers: { "content-length": "6", "content-type": "video/mp4" } }));
    const outcome = await opener(net)(FILE, 6);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    expect(outcome.value).toMatchObject({ bytes: 6, contentType: "video/mp4" });
    expect(await new Response(outcome.value.body).text()).toBe("abcdef");
  });

  it("is requested with the token from Replicate's hosts only", async () => {
    const net = scripted(raw("x"));
    await opener(net)(FILE, 6);
    expect(net.last().headers.get("authorization")).toBe("Bearer r8_secret");
    await opener(net)("http://127.0.0.1:8788/a", 6);
    expect(net.last().headers.get("authorization")).toBeNull();
  });

  it("too large is refused by its length, or stopped on the way", async () => {
    const declared = scripted(raw("abcdef", { headers: { "content-length": "6" } }));
    expect(await opener(declared)(FILE, 5)).toMatchObject({
      kind: "invalid",
      failure: { code: "output_rejected" },
    });
    const outcome = await opener(scripted(raw("abcdef")))(FILE, 5);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    await expect(new Response(outcome.value.body).arrayBuffer()).rejects.toThrow("more than 5 bytes");
  });

  it.each(["10737418240", "999999999999999"])("of %s bytes is refused before it is read", async (length) => {
    let read = 0;
    const body = new ReadableStream({ pull: () => void read++ }, { highWaterMark: 0 });
    const net = scripted(() => new Response(body, { headers: { "content-length": length } }));
    expect(await opener(net)(FILE, 1e9)).toMatchObject({ failure: { code: "output_rejected" } });
    expect(read).toBe(0);
  });

  it.each(["", "-1", "1e3", "0x10", "6, 6", "9".repeat(40)])(
    "whose content-length is %j has no length, and its bytes are counted",
    async (length) => {
      const outcome = await opener(scripted(raw("abcdef", { headers: { "content-length": length } })))(
        FILE,
        5,
      );
      if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
      expect(outcome.value.bytes).toBeNull();
      await expect(new Response(outcome.value.body).arrayBuffer()).rejects.toThrow("more than 5 bytes");
    },
  );

  it("that is longer than its content-length is stopped all the same", async () => {
    const net = scripted(raw("abcdef", { headers: { "content-length": "2" } }));
    const outcome = await opener(net)(FILE, 5);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    await expect(new Response(outcome.value.body).arrayBuffer()).rejects.toThrow("more than 5 bytes");
  });

  it("that never ends is canceled once there is too much", async () => {
    let gone = false;
    let left = 100;
    const body = new ReadableStream({
      pull: (controller) => (left-- > 0 ? controller.enqueue(new Uint8Array(1000)) : controller.close()),
      cancel: () => {
        gone = true;
      },
    });
    const outcome = await opener(scripted(() => new Response(body)))(FILE, 5000);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    await expect(new Response(outcome.value.body).arrayBuffer()).rejects.toThrow("more than 5000 bytes");
    expect(gone).toBe(true);
  });

  it("that is compressed has no length, and its uncompressed bytes are counted", async () => {
    const packed = gzipSync(new Uint8Array(1_000_000));
    const server = await listen(
      () =>
        new Response(packed, {
          headers: { "content-encoding": "gzip", "content-length": `${packed.length}` },
        }),
      0,
      "127.0.0.1",
    );
    onTestFinished(() => server.close());
    const fetchFile = outputOpener({ hosts: [new URL(server.url).host], token: "t", fetch: platformFetch });
    const outcome = await fetchFile(`${server.url}/a`, 100_000);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    expect(outcome.value.bytes).toBeNull();
    await expect(new Response(outcome.value.body).arrayBuffer()).rejects.toThrow("more than 100000 bytes");
  });

  it("is not requested by a caller whose signal is aborted", async () => {
    const net = scripted(raw("x"));
    expect(await opener(net)(FILE, 6, AbortSignal.abort())).toMatchObject({ kind: "retry" });
    expect(net.sent).toEqual([]);
  });

  it.each([
    ["moved for good", 301, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["moved, to be asked again", 307, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["moved for good, to be asked again", 308, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["there in part", 206, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["without content", 204, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["moved", 302, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["deleted", 404, { kind: "invalid", failure: { code: "output_expired", retryable: true } }],
    ["gone", 410, { kind: "invalid", failure: { code: "output_expired" } }],
    ["forbidden", 403, { kind: "invalid", failure: { code: "output_expired", retryable: true } }],
    ["not to be had now", 503, { kind: "retry" }],
    ["throttled", 429, { kind: "retry" }],
  ])("%s (%i) is classified", async (_, status, expected) => {
    const headers = { location: "http://169.254.169.254/" };
    const net = scripted(() => new Response(status === 204 ? null : "{}", { status, headers }));
    expect(await opener(net)(FILE, 100)).toMatchObject(expected);
    expect(net.sent).toHaveLength(1);
  });

  it("may be requested again after a lost connection: it costs nothing", async () => {
    expect(await opener(scripted(new Error("reset")))(FILE, 100)).toMatchObject({ kind: "retry" });
  });
});
