import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { callbackToken } from "../../../src/providers/webhook.ts";
import { type Api, openApi, WEBHOOK_SECRET } from "../../support/api.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

interface Delivery {
  projectId: string;
  taskId: string;
  attempt: number;
  body: string;
  path: string;
  headers: Record<string, string>;
}

function sign(body: string, secret = WEBHOOK_SECRET, at = Math.floor(Date.now() / 1000)) {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const digest = createHmac("sha256", key).update(`msg_1.${at}.${body}`).digest("base64");
  return { "webhook-id": "msg_1", "webhook-timestamp": String(at), "webhook-signature": `v1,${digest}` };
}

function genuine(body = '{"id":"p1","status":"succeeded"}'): Delivery {
  const address = { projectId: randomUUID(), taskId: randomUUID(), attempt: 2 };
  const t = callbackToken(api.deps.config.callbackSecret, address);
  const path = `/webhooks/replicate/${address.projectId}/${address.taskId}/${address.attempt}?t=${t}`;
  return { ...address, body, path, headers: sign(body) };
}

async function deliver({ path, body, headers, taskId }: Delivery) {
  const { result: response, trips } = await api.roundTrips(async () =>
    api.api.request(path, {
      method: "POST",
      body,
      headers: { "content-type": "application/json", ...headers },
    }),
  );
  expect(trips).toBe(0);
  const passed = api.received.filter(({ news }) => news.taskId === taskId);
  return { response, status: response.status, passed, news: passed.map((p) => p.news) };
}

test("a genuine one is passed on before it is acknowledged: its id, its attempt, the prediction's id, and the request's", async () => {
  const delivery = genuine();
  const { response, status, passed } = await deliver(delivery);
  const { projectId, taskId, attempt } = delivery;
  const requestId = response.headers.get("x-request-id");
  const news = { projectId, taskId, attempt, predictionId: "p1", requestId };
  expect([status, passed]).toEqual([202, [{ webhookId: "msg_1", news }]]);
});

test("a repeated one is passed on under the same id, by which its project recognizes it", async () => {
  const delivery = genuine();
  await deliver(delivery);
  const { status, passed } = await deliver(delivery);
  expect(status).toBe(202);
  expect(passed.map((p) => p.webhookId)).toEqual(["msg_1", "msg_1"]);
});

test.each(["", "null", "[]", '{"id":7}', '{"id":""}', "not json"])(
  "a signed body %j without a prediction still wakes the task up",
  async (body) => {
    const { status, news } = await deliver(genuine(body));
    expect([status, news.length, news[0]?.predictionId]).toEqual([202, 1, undefined]);
  },
);

test("one that can't be passed on is not acknowledged", async () => {
  const { coordinator } = api.deps;
  api.deps.coordinator = (id) => ({
    ...coordinator(id),
    receive: () => Promise.reject(new Error("Queue is overloaded. Please back off.")),
  });
  onTestFinished(() => {
    api.deps.coordinator = coordinator;
  });
  const { status } = await deliver(genuine());
  expect(status).toBeGreaterThanOrEqual(500);
});

const forgeries: [string, (d: Delivery) => Partial<Delivery>][] = [
  ["no signature", () => ({ headers: {} })],
  ["a signature by another secret", (d) => ({ headers: sign(d.body, "whsec_b3RoZXI=") })],
  ["an altered body", (d) => ({ body: d.body.replace("p1", "p2") })],
  ["the same JSON written otherwise", (d) => ({ body: d.body.replace(",", ", ") })],
  ["an old timestamp", (d) => ({ headers: sign(d.body, undefined, Math.floor(Date.now() / 1000) - 301) })],
  ["a timestamp to come", (d) => ({ headers: sign(d.body, undefined, Math.floor(Date.now() / 1000) + 301) })],
  ["no token", (d) => ({ path: d.path.replace(/\?.*/, "") })],
  ["an altered token", (d) => ({ path: d.path.replace(/.$/, (c) => (c === "0" ? "1" : "0")) })],
  ["the token of another task", (d) => ({ path: d.path.replace(d.taskId, randomUUID()) })],
  ["the token of another attempt", (d) => ({ path: d.path.replace("/2?", "/3?") })],
  ["no attempt", (d) => ({ path: d.path.replace("/2?", "/x?") })],
  ["no project", (d) => ({ path: d.path.replace(d.projectId, "7") })],
];
test.each(forgeries)("one with %s is refused and wakes no task", async (_, forge) => {
  const delivery = genuine();
  const { response, status, news } = await deliver({ ...delivery, ...forge(delivery) });
  expect([status, news]).toEqual([401, []]);
  expect(await response.json()).toMatchObject({ code: "webhook_forged" });
});

test("one valid signature of several is enough, as while a secret is rotated", async () => {
  const delivery = genuine();
  const headers = sign(delivery.body);
  const signatures = `v1,b3RoZXI= ${headers["webhook-signature"]}`;
  expect(
    (await deliver({ ...delivery, headers: { ...headers, "webhook-signature": signatures } })).status,
  ).toBe(202);
});

test("a body of more than a megabyte is refused", async () => {
  const { status, news } = await deliver(genuine("x".repeat(1024 * 1024 + 1)));
  expect([status, news]).toEqual([413, []]);
});
