import { describe, expect, it } from "vitest";
import { allowedUrl, outputOpener } from "../../src/providers/output.ts";
import { json, raw, scripted } from "../support/scripted-fetch.ts";

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
    "ftp://replicate.delivery/a",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:text/html,x",
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

describe("an output file", () => {
  it("is passed on as it comes, with its length and type", async () => {
    const net = scripted(raw("abcdef", { headers: { "content-length": "6", "content-type": "video/mp4" } }));
    const outcome = await opener(net)(FILE, 6);
    if (outcome.kind !== "ok") throw new Error(outcome.failure.message);
    expect(outcome.value).toMatchObject({ bytes: 6, contentType: "video/mp4" });
    expect(await new Response(outcome.value.body).text()).toBe("abcdef");
  });

  it("shows the token to Replicate's hosts and to nobody else", async () => {
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

  it.each([
    ["moved", 302, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["deleted", 404, { kind: "invalid", failure: { code: "output_expired", retryable: true } }],
    ["gone", 410, { kind: "invalid", failure: { code: "output_expired" } }],
    ["forbidden", 403, { kind: "invalid", failure: { code: "output_rejected" } }],
    ["not to be had now", 503, { kind: "retry" }],
    ["throttled", 429, { kind: "retry" }],
  ])("%s (%i) is told as it is", async (_, status, expected) => {
    const net = scripted(json(status, {}, { location: "http://169.254.169.254/" }));
    expect(await opener(net)(FILE, 100)).toMatchObject(expected);
    expect(net.sent).toHaveLength(1);
  });

  it("may be asked for again after a lost connection: it costs nothing", async () => {
    expect(await opener(scripted(new Error("reset")))(FILE, 100)).toMatchObject({ kind: "retry" });
  });
});
