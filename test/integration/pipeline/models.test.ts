/** A failure that would repeat is not paid for again, and what an edit made stale is not ordered. */
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projects, scenePrompts, selectedScenes } from "../../../src/db/schema.ts";
import { TRIAL_ORDERS } from "../../../src/domain/controller/model-health.ts";
import { LEASE_MS } from "../../../src/domain/controller/tasks.ts";
import { RETIRED_CLIP_MODELS } from "../../../src/domain/models/models.ts";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.ts";
import { fixture } from "../../support/media.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { brokeDown, file, filmed, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const { clipModel: FIRST, clipFallbacks } = DEFAULT_SETTINGS;
const [SECOND = ""] = clipFallbacks;
/** A model with a price for each resolution. */
const SEEDANCE = "bytedance/seedance-1-pro";
const SCENES = 6;
/** A clip of the size in the models' tables. */
const mp4 = fixture("clips/d-720p-24fps.mp4");
const WEBM = fixture("clips/field/vp9-clip.webm");

/** A project whose clips are wanted. `delivers`: each model's output file, or failed predictions only. */
async function animating(
  delivers: Record<string, Uint8Array | null>,
  wishes: Parameters<typeof staged>[2] = {},
) {
  const studio = pipeline.studio();
  const project = await staged(studio, "generate_clips", { scenes: SCENES, sceneFrames: 90, ...wishes });
  const { create, get, openOutput } = studio.script;
  const models = new Map<string, string>();
  create.always(() => {
    const { model } = create.calls.at(-1) ?? { model: "" };
    const id = `p${create.calls.length}`;
    models.set(id, model);
    return running(id);
  });
  const madeBy = (id = "") => models.get(id.split("/").at(-1) ?? "") ?? "";
  get.always(() => {
    const id = get.calls.at(-1) ?? "";
    return delivers[madeBy(id)] ? succeeded(id) : brokeDown(id, "provider_run_failed", { retryable: true });
  });
  openOutput.always(() => file(delivers[madeBy(openOutput.calls.at(-1))] ?? new Uint8Array()));
  return { studio, ...project, orders: () => countsOf(create.calls.map((c) => c.model)) };
}
const countsOf = (models: string[]) =>
  Object.fromEntries([...new Set(models)].map((name) => [name, models.filter((m) => m === name).length]));

/** Runs the project until nothing is under way any more. */
async function toTheEnd(studio: Studio, id: string) {
  for (let round = 0; round < 60; round++) {
    await studio.run(id, 60_000);
    const { project, jobs } = await studio.record(id);
    const open = jobs.some((j) => j.status === "pending" || j.status === "running");
    if (!open && project.status !== "running") return project;
  }
  throw new Error("It does not come to rest");
}

describe("a model that is down", () => {
  test("gets three orders in a run, whatever the number of scenes, and the next model makes all clips", async () => {
    const { studio, id, orders } = await animating({ [SECOND]: mp4 });
    expect((await toTheEnd(studio, id)).status).toBe("completed");
    expect(orders()).toEqual({ [FIRST]: TRIAL_ORDERS, [SECOND]: SCENES });
  });

  test("with all others ends the run with the reason, after three orders each", async () => {
    const { studio, id, orders } = await animating({});
    expect((await toTheEnd(studio, id)).status).toBe("failed");
    for (const count of Object.values(orders())) expect(count).toBe(TRIAL_ORDERS);
    const [job] = await studio.jobsOf(id, "generate_clips");
    expect(job?.error).toMatchObject({
      code: expect.stringMatching(/^(model_down|provider_run_failed)$/),
      message: expect.stringContaining(`${SCENES} of ${SCENES} failed`),
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  });

  test("is asked again by the next run", async () => {
    const { studio, id, orders } = await animating({ [SECOND]: mp4 });
    await toTheEnd(studio, id);
    await studio.askAgain(id);
    const { clips } = await studio.record(id);
    await studio
      .person((await studio.record(id)).project)
      .approve({ clipId: clips.find((c) => c.status === "completed")?.id ?? "" }, false);
    await toTheEnd(studio, id);
    expect(orders()).toEqual({ [FIRST]: 2 * TRIAL_ORDERS, [SECOND]: SCENES + 1 });
  });
});

describe("a clip of a form that can't be used", () => {
  const webm = { [FIRST]: WEBM, [SECOND]: mp4 };

  test("is bought a few times until it is known, and never again for this project", async () => {
    const { studio, id, orders } = await animating(webm);
    expect((await toTheEnd(studio, id)).status).toBe("completed");
    expect(orders()).toEqual({ [FIRST]: TRIAL_ORDERS, [SECOND]: SCENES });
    const { project } = await studio.record(id);
    expect(project.modelNotices).toMatchObject([
      {
        kind: "unusable",
        stage: "generate_clips",
        model: FIRST,
        outputForm: "720p 16:9",
        message: expect.stringContaining("WebM"),
      },
    ]);
  });

  test("from every supplier ends the run; the next run orders nothing, and says what to do about it", async () => {
    const all = Object.fromEntries([FIRST, ...clipFallbacks].map((model) => [model, WEBM]));
    const { studio, id, orders } = await animating(all);
    expect((await toTheEnd(studio, id)).status).toBe("failed");
    const first = orders();
    for (const count of Object.values(first)) expect(count).toBeLessThanOrEqual(TRIAL_ORDERS);
    const { spent } = await studio.budget(id);
    await studio.askAgain(id);
    expect((await toTheEnd(studio, id)).status).toBe("failed");
    expect(orders()).toEqual(first);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent });
    const [job] = await studio.jobsOf(id, "generate_clips");
    expect(job?.error).toMatchObject({
      code: "model_unusable",
      nextAction: expect.stringContaining("model"),
    });
  });

  test("is ordered once more where the person retries a task", async () => {
    const { studio, id, ownerId, orders } = await animating(
      { [FIRST]: WEBM },
      { settings: { clipFallbacks: [] }, scenes: 1 },
    );
    expect((await toTheEnd(studio, id)).status).toBe("failed");
    expect(orders()).toEqual({ [FIRST]: 1 });
    const { tasks } = await studio.record(id);
    await studio.person({ id, ownerId }).retryTask(tasks[0]?.id ?? "");
    await toTheEnd(studio, id);
    expect(orders()).toEqual({ [FIRST]: 2 });
  });

  test("does not rule out its model under other settings", async () => {
    const { studio, id, ownerId, orders } = await animating(webm);
    await toTheEnd(studio, id);
    await studio.person({ id, ownerId }).set({ clipResolution: "1080p" });
    await studio.askAgain(id);
    await studio.run(id);
    expect(orders()[FIRST]).toBe(2 * TRIAL_ORDERS);
  });
});

describe("a clip of another size than the others", () => {
  test("is refused when it is collected, and its model is not ordered from again while they are there", async () => {
    const odd = fixture("clips/field/avc-other-size.mp4");
    const { studio, id, ownerId, orders } = await animating({ [FIRST]: mp4, [SECOND]: mp4 });
    await toTheEnd(studio, id);
    const { clips } = await studio.record(id);
    const other = await animating({ [FIRST]: odd, [SECOND]: mp4 });
    other.studio.advance(studio.deps.now().getTime() - other.studio.deps.now().getTime());
    for (const clip of clips.filter((c) => c.status === "completed").slice(0, 2))
      await studio.person({ id, ownerId }).approve({ clipId: clip.id }, false);
    await other.studio.run(id);
    for (let i = 0; i < 8; i++) await other.studio.run(id, 60_000);
    expect(orders()).toEqual({ [FIRST]: SCENES });
    expect(other.orders()).toEqual({ [FIRST]: 2, [SECOND]: 2 });
    const { project } = await studio.record(id);
    expect(project.modelNotices).toMatchObject([{ kind: "measured", model: FIRST }]);
    expect(project.status).toBe("completed");
  });
});

test("a clip that a longer scene shows too is ordered as long as that scene needs", async () => {
  const { studio, id, scenes } = await animating(
    { [FIRST]: mp4 },
    { scenes: 2, settings: { motifs: "reuse" } },
  );
  const [, second = ""] = scenes;
  await studio.db.update(selectedScenes).set({ endFrame: 300 }).where(eq(selectedScenes.id, second));
  await studio.askAgain(id);
  await studio.run(id);
  // 210 frames are 8.75 seconds.
  expect(studio.script.create.calls).toMatchObject([{ input: { duration: 9 } }]);
});

test("a clip is charged at the rate at which it was ordered, whatever the settings are by then", async () => {
  const { studio, id, ownerId } = await animating({}, { scenes: 1, settings: { clipModel: SEEDANCE } });
  await studio.run(id);
  const [order] = (await studio.record(id)).tasks;
  await studio.person({ id, ownerId }).set({ clipResolution: "480p" });
  studio.script.get.always(() => filmed("p1", 4));
  studio.script.openOutput.always(() => file(mp4));
  await studio.run(id, 60_000);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: order?.costEstimatedUsd });
});

test("a clip whose order was not recorded is the scene's, though the project was edited meanwhile", async () => {
  const { studio, id, ownerId, orders } = await animating({ [FIRST]: mp4 }, { scenes: 1 });
  const [message] = await studio.wake(id);
  await studio.claimed(id, message?.task ?? "");
  // The worker sent the order and died: the provider's list shows it.
  studio.script.create.calls.push({ model: FIRST, input: {}, webhookUrl: null, cancelAfterSeconds: 60 });
  studio.script.find.always(() => succeeded("p1"));
  studio.script.get.always(() => succeeded("p1"));
  studio.script.openOutput.always(() => file(mp4));
  await studio.person({ id, ownerId }).set({ imageModel: "black-forest-labs/flux-dev", style: "woodcut" });
  await studio.db
    .update(scenePrompts)
    .set({ edited: false, inputHash: "of another style" })
    .where(eq(scenePrompts.projectId, id));
  await studio.run(id, LEASE_MS + 1);
  await studio.run(id, 60_000);
  const { clips, images } = await studio.record(id);
  expect(clips).toMatchObject([{ status: "completed", imageId: images[0]?.id }]);
  expect(orders()).toEqual({ [FIRST]: 1 });
});

describe("an edit between the wake-up and the claim", () => {
  test("keeps what it changed from being ordered and paid for", async () => {
    const { studio, id, orders } = await animating({ [FIRST]: mp4 });
    const messages = await studio.wake(id);
    await studio.restyle(id, "watercolour");
    await studio.person((await studio.record(id)).project).set({ clipResolution: "480p" });
    expect(await studio.deliver(messages)).toEqual(messages.map(() => "ack"));
    expect(orders()).toEqual({});
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
    const { tasks } = await studio.record(id);
    expect(tasks.filter((t) => messages.some((m) => m.task === t.id))).toMatchObject(
      messages.map(() => ({ status: "canceled", error: { code: "superseded" } })),
    );
  });
});

describe("a clip model that is not offered any more", () => {
  const [RETIRED = ""] = RETIRED_CLIP_MODELS;
  const settings = { clipModel: RETIRED, clipFallbacks: [] };

  test("is replaced in the next run, which the project shows, and the replacement makes the clips", async () => {
    const { studio, id, orders } = await animating({ [FIRST]: mp4 }, { settings });
    await studio.askAgain(id);
    expect((await toTheEnd(studio, id)).status).toBe("completed");
    expect(orders()).toEqual({ [FIRST]: SCENES });
    const { project } = await studio.record(id);
    expect(project.settings).toMatchObject({ clipModel: FIRST, clipFallbacks });
    expect(project.modelNotices).toMatchObject([{ kind: "replaced", model: RETIRED, by: FIRST }]);
  });

  test("leaves its clips current: a run of a finished film buys nothing", async () => {
    const { studio, id, orders } = await animating({ [FIRST]: mp4 }, { settings, target: "generate_clips" });
    const finished = await staged(studio, "assemble_video", {
      settings,
      scenes: 2,
      target: "generate_clips",
    });
    await studio.askAgain(finished.id);
    expect(await studio.run(finished.id)).toEqual([]);
    expect((await studio.record(finished.id)).project).toMatchObject({
      status: "completed",
      settings: { clipModel: FIRST },
    });
    expect(orders()).toEqual({});
    await studio.db.delete(projects).where(eq(projects.id, id));
  });

  test("stays in the settings until a run is started", async () => {
    const { studio, id } = await animating({}, { settings });
    await studio.person((await studio.record(id)).project).set({ style: "noir" });
    expect((await studio.record(id)).project.settings.clipModel).toBe(RETIRED);
  });
});
