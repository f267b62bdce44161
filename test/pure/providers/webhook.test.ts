import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { callbackToken, replicateWebhooks, verifyCallbackToken } from "../../../src/providers/webhook.ts";

/** Signed by Replicate's own client library. */
const SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXJvdGhlcm90aGVyb3Q=";
const BODY = '{"id":"p1","status":"succeeded"}';
const SIGNATURE = "v1,DfNiJOaIrPV3Oh35nP/OVK+MO+VqETw8+XUv3PM7mZw=";
const SIGNED_AT = 1795000000;
const genuine = {
  "webhook-id": "msg_1",
  "webhook-timestamp": String(SIGNED_AT),
  "webhook-signature": SIGNATURE,
};
const bytes = (text: string) => new TextEncoder().encode(text);

describe("a webhook", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: SIGNED_AT * 1000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const verify = (headers: Record<string, string>, body = bytes(BODY), secrets = [SECRET]) =>
    replicateWebhooks(secrets)(body, new Headers(headers));

  it("signed by Replicate is genuine, and returns the id that its redeliveries share", () => {
    expect(verify(genuine)).toBe("msg_1");
  });

  it("is genuine by any of the secrets and any of the signatures", () => {
    expect(verify(genuine, bytes(BODY), [OTHER, SECRET])).toBe("msg_1");
    expect(verify({ ...genuine, "webhook-signature": `v1,AAAA v2,x ${SIGNATURE}` })).toBe("msg_1");
  });

  it.each([
    ["another secret", genuine, BODY, OTHER],
    ["another id", { ...genuine, "webhook-id": "msg_2" }, BODY, SECRET],
    ["another time", { ...genuine, "webhook-timestamp": String(SIGNED_AT + 1) }, BODY, SECRET],
    ["another body", genuine, '{"id":"p2","status":"succeeded"}', SECRET],
    ["the body written again", genuine, '{ "id": "p1", "status": "succeeded" }', SECRET],
    ["the body with a mark before it", genuine, `\uFEFF${BODY}`, SECRET],
    ["half a signature", { ...genuine, "webhook-signature": SIGNATURE.slice(0, 20) }, BODY, SECRET],
    ["no version", { ...genuine, "webhook-signature": SIGNATURE.slice(3) }, BODY, SECRET],
    ["a version without a signature", { ...genuine, "webhook-signature": "v1" }, BODY, SECRET],
    ["no signature", { "webhook-id": "msg_1", "webhook-timestamp": String(SIGNED_AT) }, BODY, SECRET],
    ["no time", { "webhook-id": "msg_1", "webhook-signature": SIGNATURE }, BODY, SECRET],
    ["a time in words", { ...genuine, "webhook-timestamp": "now" }, BODY, SECRET],
  ])("with %s is forged", (_, headers, body, secret) => {
    expect(verify(headers, bytes(body), [secret])).toBeNull();
  });

  it("whose bytes are not UTF-8 is forged", () => {
    expect(verify(genuine, Uint8Array.from([0xff, 0xfe, 0x00]))).toBeNull();
  });

  it("is accepted for five minutes before and after it was signed", () => {
    for (const [offset, taken] of [
      [300, true],
      [-300, true],
      [301, false],
      [-301, false],
    ] as const) {
      vi.setSystemTime((SIGNED_AT + offset) * 1000);
      expect(verify(genuine) !== null).toBe(taken);
    }
  });

  it("of any kind never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: "grapheme-ascii" }), (body, text) => {
        expect(verify({ ...genuine, "webhook-signature": text }, body)).toBeNull();
      }),
    );
  });

  it("can't be verified with a malformed secret, which throws at once", () => {
    expect(() => replicateWebhooks(["whsec_"])).toThrow();
  });
});

describe("our token in the webhook's address", () => {
  const callback = { projectId: "p", taskId: "t", attempt: 1 };

  it("is 64 hex digits, the same for the same attempt", () => {
    const token = callbackToken("secret", callback);
    expect(token).toMatch(/^[0-9a-f]{64}$/);
    expect(callbackToken("secret", callback)).toBe(token);
    expect(verifyCallbackToken("secret", callback, token)).toBe(true);
  });

  it("is valid for nothing else", () => {
    const token = callbackToken("secret", callback);
    const others = [
      { ...callback, attempt: 2 },
      { ...callback, taskId: "u" },
      { ...callback, projectId: "q" },
      { projectId: 'p","t', taskId: "", attempt: 1 },
    ];
    for (const other of others) expect(verifyCallbackToken("secret", other, token)).toBe(false);
    expect(verifyCallbackToken("other", callback, token)).toBe(false);
  });

  it.each(["", "x", "0".repeat(63), "0".repeat(64), "0".repeat(65), "Z".repeat(64)])(
    'is not "%s"',
    (token) => {
      expect(verifyCallbackToken("secret", callback, token)).toBe(false);
    },
  );
});
