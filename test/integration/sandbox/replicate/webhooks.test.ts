import Replicate, { validateWebhook } from "replicate";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { inbox, sandbox } from "../../../support/sandbox.ts";

const MODEL = "black-forest-labs/flux-schnell";
const input = { prompt: "a lone figure in a city at night", megapixels: "0.25", output_format: "jpg" };
const client = (url: string) => new Replicate({ auth: "r8_test", baseUrl: `${url}/replicate/v1` });

type Events = ("start" | "output" | "logs" | "completed")[];
const order = (url: string, webhook: string, webhook_events_filter?: Events) =>
  client(url).predictions.create({ model: MODEL, input, webhook, webhook_events_filter });

const statusIn = ({ body }: { body: string }) => JSON.parse(body).status;

describe("webhooks", () => {
  test("are signed so that Replicate's own check and Standard Webhooks accept them", async () => {
    const { url } = await sandbox();
    const hook = await inbox();
    await order(url, hook.url, ["completed"]);
    const [arrived] = await hook.until(1);
    if (!arrived) throw new Error("nothing arrived");
    const { key } = await client(url).webhooks.default.secret.get();
    const parts = {
      id: arrived.headers["webhook-id"] ?? "",
      timestamp: arrived.headers["webhook-timestamp"] ?? "",
      signature: arrived.headers["webhook-signature"] ?? "",
      body: arrived.body,
      secret: key,
    };
    expect(await validateWebhook(parts)).toBe(true);
    expect(await validateWebhook({ ...parts, body: `${parts.body} ` })).toBe(false);
    expect(new Webhook(key).verify(arrived.body, arrived.headers)).toMatchObject({ status: "succeeded" });
  });

  test("carry the prediction with its output, its own address and its filter", async () => {
    const { url } = await sandbox();
    const hook = await inbox();
    const { id } = await order(url, hook.url, ["completed"]);
    const [arrived] = await hook.until(1);
    expect(JSON.parse(arrived?.body ?? "")).toMatchObject({
      id,
      status: "succeeded",
      output: [expect.stringContaining("/replicate/delivery/")],
      webhook: hook.url,
      webhook_events_filter: ["completed"],
    });
  });

  test("are sent for the requested events, each with its own id; without a filter, for output and completion", async () => {
    const { url } = await sandbox();
    const [all, usual] = [await inbox(), await inbox()];
    await order(url, all.url, ["start", "output", "logs", "completed"]);
    await order(url, usual.url);
    const four = await all.until(4);
    expect(new Set(four.map((a) => a.headers["webhook-id"])).size).toBe(4);
    expect(four.map(statusIn).sort()).toEqual(["processing", "processing", "processing", "succeeded"]);
    expect((await usual.until(2)).map(statusIn).sort()).toEqual(["processing", "succeeded"]);
  });

  test("are sent again with the same id until they are accepted", async () => {
    const { url, state } = await sandbox();
    const hook = await inbox(500, 307, 200);
    await order(url, hook.url, ["completed"]);
    const three = await hook.until(3);
    expect(new Set(three.map((a) => a.headers["webhook-id"])).size).toBe(1);
    expect(new Set(three.map((a) => a.body)).size).toBe(1);
    await expect.poll(() => state.ledger.replicate.webhooks).toMatchObject({ delivered: 1, failed: 0 });
  });

  test("are sent for a cancelled prediction too", async () => {
    const { url } = await sandbox({ pace: 100 });
    const hook = await inbox();
    const { id } = await order(url, hook.url, ["completed"]);
    await client(url).predictions.cancel(id);
    expect((await hook.until(1)).map(statusIn)).toEqual(["canceled"]);
  });
});

describe("fault modes", () => {
  const chaos = async (url: string, change: object) => {
    const response = await fetch(`${url}/_sandbox/chaos`, { method: "POST", body: JSON.stringify(change) });
    return { status: response.status, body: await response.json() };
  };
  const post = (url: string, more: object = {}) =>
    fetch(`${url}/replicate/v1/models/${MODEL}/predictions`, {
      method: "POST",
      headers: { authorization: "Bearer r8", "content-type": "application/json", prefer: "wait" },
      body: JSON.stringify({ input, ...more }),
    });
  const ledger = async (url: string) => (await fetch(`${url}/_sandbox/state`)).json();

  test("throttle: the next creates are 429 with the low-credit message and retry_after, and buy nothing", async () => {
    const { url } = await sandbox();
    await chaos(url, { throttle: 2 });
    for (let i = 0; i < 2; i++) {
      const response = await post(url);
      expect(response.status).toBe(429);
      expect(await response.json()).toMatchObject({
        retry_after: 5,
        detail: expect.stringContaining("less than $5.0 in credit"),
      });
    }
    expect((await post(url)).status).toBe(201);
    expect(await ledger(url)).toMatchObject({ replicate: { predictions: 1 }, chaos: { throttle: 0 } });
  });

  test("out_of_credit: creates are 402", async () => {
    const { url } = await sandbox();
    await chaos(url, { out_of_credit: true });
    const response = await post(url);
    expect(response.status).toBe(402);
    expect(await response.json()).toMatchObject({ title: "Insufficient credit", status: 402 });
  });

  test("refuse: a prompt that contains the word fails as sensitive, others do not", async () => {
    const { url } = await sandbox();
    await chaos(url, { refuse: ["Figure"] });
    expect(await (await post(url)).json()).toMatchObject({
      status: "failed",
      error: expect.stringContaining("NSFW"),
    });
    const clip = await fetch(`${url}/replicate/v1/models/bytedance/seedance-1-pro/predictions`, {
      method: "POST",
      headers: { authorization: "Bearer r8", prefer: "wait" },
      body: JSON.stringify({ input: { prompt: "the figure walks" } }),
    });
    expect(await clip.json()).toMatchObject({ status: "failed", error: expect.stringContaining("(E005)") });
    expect(await (await post(url, { input: { ...input, prompt: "hills" } })).json()).toMatchObject({
      status: "succeeded",
    });
  });

  test("accept_then_drop: the prediction is bought and runs, and the connection ends without an answer", async () => {
    const { url } = await sandbox();
    await chaos(url, { accept_then_drop: 1 });
    const hook = await inbox();
    await expect(post(url, { webhook: hook.url })).rejects.toThrow();
    expect((await hook.until(1)).length).toBe(1);
    expect(await ledger(url)).toMatchObject({
      replicate: { predictions: 1, by_model: { [MODEL]: 1 }, by_webhook: { [hook.url]: 1 } },
    });
  });

  test("lose_webhooks: the next webhook is never sent, the one after it is", async () => {
    const { url } = await sandbox();
    const [first, second] = [await inbox(), await inbox()];
    await chaos(url, { lose_webhooks: 1 });
    await post(url, { webhook: first.url, webhook_events_filter: ["completed"] });
    await post(url, { webhook: second.url, webhook_events_filter: ["completed"] });
    await second.until(1);
    expect(first.arrived).toEqual([]);
    expect(await ledger(url)).toMatchObject({ replicate: { webhooks: { lost: 1 } } });
  });

  test("double_webhooks: the next webhook is sent twice with one id", async () => {
    const { url } = await sandbox();
    const hook = await inbox();
    await chaos(url, { double_webhooks: 1 });
    await post(url, { webhook: hook.url, webhook_events_filter: ["completed"] });
    const [one, two] = await hook.until(2);
    expect(one?.headers["webhook-id"]).toBe(two?.headers["webhook-id"]);
  });

  test("late_webhooks_ms: the result can be read before its webhook is sent", async () => {
    const { url } = await sandbox();
    const hook = await inbox();
    await chaos(url, { late_webhooks_ms: 100 });
    const { status } = (await (await post(url, { webhook: hook.url })).json()) as { status: string };
    expect([status, hook.arrived.length]).toEqual(["succeeded", 0]);
    await hook.until(1);
  });

  test("expired_outputs: a prediction succeeds, and its file is a 404", async () => {
    const { url } = await sandbox();
    const hook = await inbox();
    await chaos(url, { expired_outputs: true });
    await post(url, { webhook: hook.url, webhook_events_filter: ["completed"] });
    const [arrived] = await hook.until(1);
    const [file] = JSON.parse(arrived?.body ?? "").output;
    expect((await fetch(file)).status).toBe(404);
  });

  test("an unknown mode is refused, DELETE ends all modes and empties the ledger", async () => {
    const { url } = await sandbox();
    expect((await chaos(url, { trottle: 1 })).status).toBe(422);
    await chaos(url, { throttle: 5, out_of_credit: true });
    await fetch(`${url}/_sandbox/state`, { method: "DELETE" });
    expect(await ledger(url)).toMatchObject({
      replicate: { predictions: 0 },
      chaos: { throttle: 0, out_of_credit: false },
    });
  });
});
