/** Orders of an earlier version send their webhooks to addresses that it made: see test/corpus. */
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { createApi } from "../../src/app.ts";
import { webhooksOf } from "../../src/providers/webhook.ts";
import recorded from "../corpus/webhook-requests.1.json" with { type: "json" };
import { type Api, openApi } from "../support/api.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());
afterEach(() => {
  vi.useRealTimers();
});

test.for(recorded.requests)("a webhook is accepted: $is", async ({ path, headers, body, news }) => {
  vi.useFakeTimers({ now: recorded.sent_at * 1000 + 2_000, toFake: ["Date"] });
  const { config } = api.deps;
  const replicate = { ...config.replicate, webhookSecrets: [recorded.secret] };
  const callbackSecret = recorded.callback_secret;
  const webhooks = webhooksOf({ webhookSecrets: [recorded.secret], callbackSecret });
  const deps = { ...api.deps, webhooks, config: { ...config, replicate, callbackSecret } };
  const app = createApi({ deps, verifyToken: api.verifyToken });
  const request = new Request(`https://api.test${path}`, { method: "POST", headers, body });
  expect((await app.request(request)).status).toBe(202);
  expect(api.received).toContainEqual({
    webhookId: headers["webhook-id"],
    news: expect.objectContaining(news),
  });
});
