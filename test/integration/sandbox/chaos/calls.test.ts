import { describe, expect, test } from "vitest";
import { sandbox } from "../../../support/sandbox.ts";

const HEADERS = { authorization: "Bearer r8", "content-type": "application/json" };
const MODEL = "black-forest-labs/flux-schnell";
const WEBHOOK = "http://127.0.0.1:9/hooks/1?t=a";
const chat = (content: string) =>
  JSON.stringify({ model: "deepseek/deepseek-v4.1-flash", messages: [{ role: "user", content }] });

describe("the sandbox's record of paid calls", () => {
  const open = async () => {
    const { url, state } = await sandbox();
    const post = (path: string, body: BodyInit, headers: Record<string, string> = HEADERS) =>
      fetch(`${url}${path}`, { method: "POST", headers, body });
    const order = (more: object = {}) =>
      post(
        `/replicate/v1/models/${MODEL}/predictions`,
        JSON.stringify({ input: { prompt: "a bay" }, ...more }),
      );
    return { url, state, post, order };
  };

  test("an order is identified by its webhook, a chat by its body", async () => {
    const { state, post, order } = await open();
    await order({ webhook: WEBHOOK });
    for (const words of ["a", "a", "b"]) await post("/openrouter/api/v1/chat/completions", chat(words));
    const [ordered, first, same, other] = state.calls;
    expect(ordered).toMatchObject({ provider: "replicate", about: WEBHOOK, status: 201 });
    expect(first).toMatchObject({ provider: "openrouter", status: 200 });
    expect(same?.about).toBe(first?.about);
    expect(other?.about).not.toBe(first?.about);
  });

  test("a refused call is recorded too, and a cut connection has no status", async () => {
    const { state, order } = await open();
    state.chaos.throttle = 1;
    await order();
    state.chaos.accept_then_drop = 1;
    await order().catch(() => {});
    expect(state.calls.map((c) => c.status)).toEqual([429, null]);
  });

  test("calls that cost nothing are not recorded", async () => {
    const { url, state, post } = await open();
    await fetch(`${url}/replicate/v1/predictions`, { headers: HEADERS });
    await post("/replicate/v1/predictions/nothing/cancel", "");
    expect(state.calls).toEqual([]);
  });

  test("an upload is recorded, and the provider still reads its body", async () => {
    const { state, post } = await open();
    const form = new FormData();
    form.append("model", "whisper-1");
    const answer = await post("/openai/v1/audio/transcriptions", form, { authorization: "Bearer sk" });
    expect(await answer.json()).toMatchObject({ error: { message: "file is required" } });
    expect(state.calls).toMatchObject([{ provider: "openai", about: "upload", status: 400 }]);
  });
});

test("setting a fault mode leaves the others set", async () => {
  const { url, state } = await sandbox();
  for (const change of [{ throttle: 2 }, { out_of_credit: true }])
    await fetch(`${url}/_sandbox/chaos`, { method: "POST", body: JSON.stringify(change) });
  expect(state.chaos).toMatchObject({ throttle: 2, out_of_credit: true });
});
