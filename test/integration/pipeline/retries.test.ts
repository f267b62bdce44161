/** Orders under way while people edit, start runs and retry tasks: what is bought, what is kept, and model notices. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { TRIAL_ORDERS } from "../../../src/domain/controller/model-health.ts";
import { RETIRED_CLIP_MODELS } from "../../../src/domain/models/models.ts";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.ts";
import { fixture } from "../../support/media.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { brokeDown, file, retry, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const { clipModel: FIRST } = DEFAULT_SETTINGS;
const mp4 = fixture("clips/d-720p-24fps.mp4");
const small = fixture("clips/field/avc-other-size.mp4");

async function toTheEnd(studio: Studio, id: string, rounds = 80) {
  for (let round = 0; round < rounds; round++) {
    await studio.run(id, 60_000);
    const { project, jobs } = await studio.record(id);
    const open = jobs.some((j) => j.status === "pending" || j.status === "running");
    if (!open && project.status !== "running") return project;
  }
  throw new Error("It does not come to rest");
}
const countsOf = (models: string[]) =>
  Object.fromEntries([...new Set(models)].map((name) => [name, models.filter((m) => m === name).length]));

async function animating(
  deliver: (order: {
    model: string;
    input: Record<string, unknown>;
    nth: number;
  }) => Uint8Array | "down" | "running",
  wishes: Parameters<typeof staged>[2] = {},
) {
  const studio = pipeline.studio();
  const project = await staged(studio, "generate_clips", { scenes: 6, sceneFrames: 90, ...wishes });
  const { create, get, openOutput } = studio.script;
  const orders = new Map<string, { model: string; input: Record<string, unknown>; nth: number }>();
  create.always(() => {
    const { model, input } = create.calls.at(-1) ?? { model: "", input: {} };
    const id = `p${create.calls.length}`;
    orders.set(id, { model, input, nth: create.calls.length });
    return running(id);
  });
  const of = (id = "") => {
    const order = orders.get(id.split("/").at(-1) ?? "");
    if (!order) throw new Error(`no order ${id}`);
    return deliver(order);
  };
  get.always(() => {
    const id = get.calls.at(-1) ?? "";
    const what = of(id);
    if (what === "running") return running(id);
    return what === "down" ? brokeDown(id, "provider_run_failed", { retryable: true }) : succeeded(id);
  });
  openOutput.always(() => {
    const what = of(openOutput.calls.at(-1));
    return file(what instanceof Uint8Array ? what : new Uint8Array());
  });
  return { studio, ...project, create, orders: () => countsOf(create.calls.map((c) => c.model)) };
}

test("retrying one of many tasks orders once more from a model that was down", async () => {
  const { studio, id, ownerId, orders } = await animating(() => "down", { settings: { clipFallbacks: [] } });
  expect((await toTheEnd(studio, id)).status).toBe("failed");
  expect(orders()).toEqual({ [FIRST]: TRIAL_ORDERS });
  const [task] = await studio.tasksOf(id, "generate_clips");
  await studio.person({ id, ownerId }).retryTask(task?.id ?? "");
  await toTheEnd(studio, id);
  expect(orders()[FIRST]).toBeGreaterThan(TRIAL_ORDERS);
});

test("a model that is down is left at once: no task is claimed for it three times", async () => {
  const { studio, id } = await animating(({ model }) => (model === FIRST ? "down" : mp4));
  expect((await toTheEnd(studio, id)).status).toBe("completed");
  const tasks = await studio.tasksOf(id, "generate_clips");
  const needless = tasks.flatMap((t) => t.failedAttempts.filter((a) => a.code === "model_down"));
  expect(needless.length).toBeLessThanOrEqual(tasks.length);
});

test("in two runs, a model whose clips can't be read is not paid for every scene", async () => {
  const garbage = new Uint8Array(5000).fill(7);
  const { studio, id, orders } = await animating(() => garbage, {
    scenes: 10,
    settings: { clipFallbacks: [] },
  });
  await studio.wake(id);
  await studio.askAgain(id);
  await toTheEnd(studio, id);
  expect(orders()[FIRST]).toBeLessThanOrEqual(2 * TRIAL_ORDERS);
});

test("a clip that was ordered before an edit is kept, and used when the edit is undone", async () => {
  const was = { clipResolution: "720p" as const };
  const hold = { on: true };
  const { studio, id, ownerId } = await animating(
    ({ input, nth }) => {
      if (nth === 1 && hold.on) return "running";
      return input.resolution === "720p" ? mp4 : small;
    },
    { scenes: 2, settings: was },
  );
  await studio.run(id);
  const person = studio.person({ id, ownerId });
  await person.set({ clipResolution: "480p" });
  await studio.run(id, 10_000);
  await studio.askAgain(id);
  for (let i = 0; i < 6; i++) await studio.run(id, 20_000);
  hold.on = false;
  for (let i = 0; i < 8; i++) await studio.run(id, 20_000);
  const { clips } = await studio.record(id);
  expect(clips.filter((c) => c.status === "completed" && c.width === 1280).length).toBe(2);
});

test("a notice about an order names the output form that it was ordered in", async () => {
  const hold = { on: true };
  const webm = fixture("clips/field/vp9-clip.webm");
  const { studio, id, ownerId } = await animating(() => (hold.on ? "running" : webm), {
    scenes: 1,
    settings: { clipFallbacks: [] },
  });
  await studio.run(id);
  await studio.person({ id, ownerId }).set({ clipResolution: "1080p" });
  hold.on = false;
  await studio.run(id, 20_000);
  const { project } = await studio.record(id);
  expect(project.modelNotices.map((n) => ("outputForm" in n ? n.outputForm : ""))).toEqual(["720p 16:9"]);
});

test("retrying a task that was never ordered, because its model was down, orders it", async () => {
  const { studio, id, ownerId, create } = await animating(() => "down", { settings: { clipFallbacks: [] } });
  expect((await toTheEnd(studio, id)).status).toBe("failed");
  const before = create.calls.length;
  const tasks = await studio.tasksOf(id, "generate_clips");
  const task = tasks.find((t) => t.failedAttempts.every((a) => a.code === "model_down"));
  await studio.person({ id, ownerId }).retryTask(task?.id ?? "");
  await toTheEnd(studio, id);
  expect(create.calls.length).toBeGreaterThan(before);
});

test("a retry of a task does not order from a retired model", async () => {
  const [RETIRED = ""] = RETIRED_CLIP_MODELS;
  const { studio, id, ownerId, create } = await animating(() => mp4, {
    scenes: 1,
    settings: { clipModel: RETIRED, clipFallbacks: [] },
  });
  await studio.wake(id);
  await studio.person({ id, ownerId }).cancel("generate_clips");
  await studio.wake(id);
  const [task] = await studio.tasksOf(id, "generate_clips");
  await studio.person({ id, ownerId }).retryTask(task?.id ?? "");
  await studio.run(id, 1000);
  expect(create.calls.map((c) => c.model)).not.toContain(RETIRED);
});

test("what an edit canceled is made after the edit is undone, at the latest when the other tasks end", async () => {
  const { studio, id, ownerId, create } = await animating(() => mp4, {});
  const hold = { on: true };
  studio.script.get.always(() => {
    const pid = studio.script.get.calls.at(-1) ?? "";
    return hold.on ? running(pid) : succeeded(pid);
  });
  await studio.run(id);
  const person = studio.person({ id, ownerId });
  await person.set({ clipResolution: "480p" });
  await studio.run(id, 5000);
  await person.set({ clipResolution: "720p" });
  await studio.askAgain(id);
  for (let i = 0; i < 22; i++) await studio.run(id, 60_000);
  expect(create.calls.length).toBeGreaterThan(TRIAL_ORDERS);
  hold.on = false;
  const end = await toTheEnd(studio, id);
  expect(end.status).toBe("completed");
});

test("an order whose answers are too large to be read is not bought for every scene", async () => {
  const { studio, id, create } = await animating(() => mp4, { scenes: 12, settings: { clipFallbacks: [] } });
  studio.script.get.always(() => retry("provider_unavailable"));
  for (let i = 0; i < 60; i++) await studio.run(id, 60_000);
  expect(create.calls.length).toBeLessThanOrEqual(2 * TRIAL_ORDERS);
});
