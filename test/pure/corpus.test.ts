/** This version reads what earlier versions wrote: see test/corpus. */
import { afterEach, describe, expect, test, vi } from "vitest";
import { rateLimitOf } from "../../src/domain/models/rate-limits.ts";
import { acquire, restoredRateLimiter } from "../../src/domain/rate-limiter.ts";
import { Settings } from "../../src/domain/record/record.ts";
import { TaskMessage } from "../../src/pipeline/messages.ts";
import { readPrediction } from "../../src/providers/prediction.ts";
import { replicateWebhooks, verifyCallbackToken } from "../../src/providers/webhook.ts";
import messages from "../corpus/messages.1.json" with { type: "json" };
import predictions from "../corpus/predictions.1.json" with { type: "json" };
import limiters from "../corpus/rate-limiter.1.json" with { type: "json" };
import limitersInTurn from "../corpus/rate-limiter.2.json" with { type: "json" };
import settings from "../corpus/settings.1.json" with { type: "json" };
import hooks from "../corpus/webhooks.1.json" with { type: "json" };

test.for(messages)("a message in the queue is read: $is", ({ body }) => {
  expect(TaskMessage.parse(body)).toEqual(body);
});

test.for(predictions)("a prediction is read: $is", ({ body, reads }) => {
  expect(readPrediction(body)).toMatchObject({ id: body.id, ...reads });
});

describe("a webhook", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.for(hooks.webhooks)("is genuine: $is", ({ id, body, signature }) => {
    vi.useFakeTimers({ now: hooks.sent_at * 1000 + 60_000, toFake: ["Date"] });
    const headers = new Headers({
      "webhook-id": id,
      "webhook-timestamp": String(hooks.sent_at),
      "webhook-signature": signature,
    });
    expect(replicateWebhooks([hooks.secret])(new TextEncoder().encode(body), headers)).toBe(id);
  });

  test("has an address whose token is ours", () => {
    expect(verifyCallbackToken(hooks.callback_secret, hooks.callback, hooks.token)).toBe(true);
  });
});

test.for([
  ["without owners", limiters],
  ["with owners in turn", limitersInTurn],
] as const)("a rate limiter that was blocked stays blocked, and its queue is kept: %s", ([, stored]) => {
  const { kept, now } = stored;
  const limiter = restoredRateLimiter(kept, rateLimitOf("replicate"), now);
  expect(limiter).toMatchObject(kept);
  expect(acquire(limiter, { key: "task-a", owner: "ada" }, now).admission).toEqual({
    kind: "wait",
    afterMs: expect.closeTo(kept.blockedUntil - now, -4),
  });
});

test("tasks that were queued without an owner keep their slots when they come back with one", () => {
  const { kept, now } = limiters;
  let limiter = restoredRateLimiter(kept, rateLimitOf("replicate"), now);
  for (const [key, owner] of [
    ["task-b", "bob"],
    ["task-a", "ada"],
    ["task-c", "bob"],
  ] as const)
    limiter = acquire(limiter, { key, owner }, now).state;
  expect(limiter.queue.map(({ key, owner, slot }) => ({ key, owner, slot }))).toEqual([
    { key: "task-a", owner: "ada", slot: kept.queue[0]?.slot },
    { key: "task-b", owner: "bob", slot: kept.queue[1]?.slot },
    { key: "task-c", owner: "bob", slot: expect.any(Number) },
  ]);
});

test("settings are read whole, and those that were added since have their defaults", () => {
  expect(Settings.parse(settings)).toEqual({ ...Settings.parse({}), ...settings });
});
