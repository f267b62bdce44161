import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_SUPPLIER_FAILURES } from "../../../src/domain/controller/tasks.ts";
import { DIRECTORS } from "../../../src/domain/models/language-models.ts";
import type { Audio, Settings } from "../../../src/domain/record/record.ts";
import { taskView } from "../../../src/domain/views/views.ts";
import { draft, jpeg, mp4, scenePlan, whisperX } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import {
  brokeDown,
  ended,
  file,
  ok,
  refusedAt,
  retry,
  running,
  succeeded,
  useless,
} from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const POLL_MS = 5_000;
const DEV_USD = 0.025;
const SCHNELL_USD = 0.003;
/** Longer than any back-off after three tries. */
const BACK_OFF_MS = 30_000;
const times = <T>(count: number, answer: T): T[] => Array.from({ length: count }, () => answer);

describe("transcription", () => {
  const WHISPER_X = "victor-upmeet/whisperx";

  async function song(audio: Partial<Audio> = {}) {
    const studio = pipeline.studio();
    const object = studio.bucket.upload("song", new Uint8Array(900), "audio/mpeg");
    const { id } = await staged(studio, "transcribe", {
      audio: { key: "song", etag: object.etag, bytes: 900, ...audio },
    });
    return { studio, id };
  }

  /** Replicate's part: the transcription is ordered and collected. */
  async function atReplicate(studio: Studio, id: string) {
    studio.script.create.next(running("p1"));
    studio.script.get.next(succeeded("p1", whisperX));
    await studio.run(id);
    expect(studio.script.create.calls).toMatchObject([{ model: expect.stringContaining(WHISPER_X) }]);
    await studio.run(id, POLL_MS);
    const { project } = await studio.record(id);
    expect(project.lyrics?.lines).toMatchObject([{ text: "Neon rain", startFrame: 24, endFrame: 96 }]);
    return studio.task(id);
  }

  test.each([
    ["does not accept the song", ended("invalid"), 0],
    ["has no credit", ended("out_of_credit"), 0],
    ["refuses the song", ended("refused"), 0],
    ["answers something that is no transcription, and charges for it", useless(0.0005, false), 0.0005],
  ])("where OpenAI %s, Replicate does it at once", async (_, answer, lost) => {
    const { studio, id } = await song();
    studio.script.transcribe.next(answer);
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({
      status: "pending",
      attempt: 2,
      supplierFailures: 0,
      supplierIndex: 1,
      provider: "replicate",
      model: expect.stringContaining(WHISPER_X),
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: lost });
    const task = await atReplicate(studio, id);
    expect(task).toMatchObject({
      status: "succeeded",
      failedAttempts: [{ provider: "openai", model: "whisper-1" }],
    });
    expect((await studio.budget(id)).spent).toBeCloseTo(lost + task.costEstimatedUsd, 6);
    expect(studio.script.transcribe.calls).toHaveLength(1);
  });

  test("where OpenAI is down for three tries, Replicate does it", async () => {
    const { studio, id } = await song();
    studio.script.transcribe.next(...times(MAX_SUPPLIER_FAILURES, retry("provider_unavailable")));
    for (let i = 0; i < MAX_SUPPLIER_FAILURES; i++) await studio.run(id, BACK_OFF_MS);
    const task = await atReplicate(studio, id);
    expect(task).toMatchObject({ status: "succeeded", attempt: 4 });
    expect(task.failedAttempts).toMatchObject(times(3, { provider: "openai", charged: "no" }));
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: task.costEstimatedUsd });
  });

  test("a song that can't be cut into parts is never sent to OpenAI; where Replicate fails too, the task fails", async () => {
    const { studio, id } = await song({ format: "aac", codec: "aac" });
    studio.script.create.next(ended("invalid"));
    await studio.run(id);
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({
      status: "failed",
      supplierIndex: 1,
      provider: "replicate",
    });
    expect(studio.script.transcribe.calls).toEqual([]);
  });
});

describe("the director", () => {
  const last = DIRECTORS.at(-1);

  test("that does not support structured outputs is followed by another, and at last by plain JSON: for scenes", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "analyze_scenes", { scenes: 6 });
    studio.script.proposeScenes.next(ended("invalid"), ended("invalid"), ok(scenePlan, 0.002));
    for (const _ of DIRECTORS) await studio.run(id);
    expect(studio.script.proposeScenes.calls).toMatchObject(DIRECTORS);
    expect(last?.mode).toBe("json");
    expect(await studio.task(id)).toMatchObject({ status: "succeeded", model: last?.models[0] });
    expect((await studio.record(id)).scenes.length).toBeGreaterThan(1);
  });

  test("is asked with one model at a time, so that an unknown id does not affect the others", () => {
    const models = DIRECTORS.map((choice) => choice.models);
    expect(models.every((names) => names.length === 1)).toBe(true);
    expect(new Set(models.flat()).size).toBe(models.length);
  });

  test("is followed by another, for prompts, after three paid answers that could not be used", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(...times(3, useless(0.001)), ok(draft, 0.002));
    for (let i = 0; i < 4; i++) await studio.run(id, BACK_OFF_MS);
    expect(studio.script.writePrompt.calls.map((call) => call.models)).toEqual([
      ...times(3, DIRECTORS[0]?.models),
      DIRECTORS[1]?.models,
    ]);
    const task = await studio.task(id);
    expect(task).toMatchObject({ status: "succeeded", costChargedUsd: 0.002, attempt: 4 });
    expect(task.failedAttempts).toMatchObject(times(3, { code: "provider_bad_answer", charged: "yes" }));
    expect((await studio.budget(id)).spent).toBeCloseTo(0.005, 6);
  });

  test("whose filter stops a paid answer is counted at its price", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(refusedAt(0.0007), ok(draft, 0.002));
    await studio.run(id);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.0007 });
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({
      status: "succeeded",
      failedAttempts: [{ code: "provider_refused", charged: "yes" }],
    });
    expect((await studio.budget(id)).spent).toBeCloseTo(0.0027, 6);
  });

  test("is one account: without credit there, no other model is asked", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(ended("out_of_credit"));
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({
      status: "failed",
      supplierIndex: 0,
      error: { code: "provider_out_of_credit" },
    });
    expect(await studio.run(id, 3_600_000)).toEqual([]);
  });
});

describe("pictures", () => {
  async function picture(settings: Partial<Settings> = {}) {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images", { settings });
    const models = () => studio.script.create.calls.map((call) => call.model.split("/")[1]);
    return { studio, id, models };
  }

  test("that the first model does not accept are made by the next, which the image's row names", async () => {
    const { studio, id, models } = await picture();
    studio.script.create.next(ended("invalid"), running("p2"));
    studio.script.get.next(succeeded("p2"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
    await studio.run(id);
    expect(await studio.budget(id)).toEqual({ reserved: DEV_USD, spent: 0 });
    await studio.run(id, POLL_MS);
    expect(models()).toEqual(["flux-schnell", "flux-dev"]);
    const { images, project } = await studio.record(id);
    expect(images).toMatchObject([{ status: "completed", model: "black-forest-labs/flux-dev" }]);
    expect(project.status).toBe("running");
    await studio.wake(id);
    expect((await studio.record(id)).project.status).toBe("completed");
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: DEV_USD });
    const [view] = (await studio.record(id)).tasks.map(taskView);
    expect(view).toMatchObject({
      model: "black-forest-labs/flux-dev",
      cost_charged_usd: DEV_USD,
      failed_attempts: [
        { model: "black-forest-labs/flux-schnell", code: "provider_invalid_request", charged: "no" },
      ],
    });
  });

  test("whose output is no image are made by the next model at once, and both were paid for", async () => {
    const { studio, id, models } = await picture();
    studio.script.create.next(running("p1"), running("p2"));
    studio.script.get.next(succeeded("p1"), succeeded("p2"));
    studio.script.openOutput.next(file(new TextEncoder().encode("<html>")), file(jpeg));
    for (let i = 0; i < 2; i++) {
      await studio.run(id);
      await studio.run(id, POLL_MS);
    }
    expect(models()).toEqual(["flux-schnell", "flux-dev"]);
    expect(await studio.task(id)).toMatchObject({ status: "succeeded", costChargedUsd: DEV_USD });
    expect((await studio.budget(id)).spent).toBeCloseTo(SCHNELL_USD + DEV_USD, 6);
  });

  test("whose prediction fails for good are made by the next model at once", async () => {
    const { studio, id, models } = await picture();
    studio.script.create.next(running("p1"), running("p2"));
    studio.script.get.next(brokeDown("p1", "provider_invalid_request", {}));
    await studio.run(id);
    await studio.run(id, POLL_MS);
    await studio.run(id);
    expect(models()).toEqual(["flux-schnell", "flux-dev"]);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 2, supplierFailures: 0 });
  });

  test("have no other model where the person chose none", async () => {
    const { studio, id, models } = await picture({ imageFallbacks: [] });
    studio.script.create.next(ended("invalid"));
    await studio.run(id);
    expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect(models()).toEqual(["flux-schnell"]);
    expect(await studio.task(id)).toMatchObject({
      status: "failed",
      error: { code: "provider_invalid_request" },
    });
  });

  test("end with the budget, and list the attempt before, where it covers the first model and not the next", async () => {
    const { studio, id } = await picture({ budgetUsd: 0.01 });
    studio.script.create.next(ended("invalid"));
    await studio.run(id);
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({
      status: "failed",
      supplierIndex: 1,
      error: { code: "budget_exceeded" },
      failedAttempts: [{ code: "provider_invalid_request" }],
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  });
});

describe("clips", () => {
  async function clip(settings: Partial<Settings>, sceneFrames = 120) {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_clips", { settings, sceneFrames });
    const models = () => studio.script.create.calls.map((call) => call.model.split("/")[1]);
    return { studio, id, models };
  }

  test("longer than any that the first models make are ordered from the next model that can", async () => {
    const settings = {
      clipModel: "google/veo-3.1-lite",
      clipFallbacks: ["google/veo-3.1-lite", "xai/grok-imagine-video"],
    };
    const { studio, id } = await clip(settings, 200);
    studio.script.create.next(running("p1"));
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({
      status: "pending",
      model: "xai/grok-imagine-video",
      failedAttempts: [{ model: "google/veo-3.1-lite", code: "scene_too_long", charged: "no" }],
    });
    await studio.run(id);
    expect(studio.script.create.calls).toMatchObject([
      { model: "xai/grok-imagine-video", input: { duration: 9 } },
    ]);
    expect((await studio.budget(id)).reserved).toBeCloseTo(9 * 0.05, 6);
  });

  test("skip a fallback model that can't deliver the length", async () => {
    const settings = {
      clipModel: "xai/grok-imagine-video",
      clipFallbacks: ["google/veo-3.1-lite", "bytedance/seedance-2.0-mini"],
    };
    const { studio, id, models } = await clip(settings, 200);
    studio.script.create.next(ended("invalid"), running("p2"));
    await studio.run(id);
    await studio.run(id);
    expect(models()).toEqual(["grok-imagine-video", "seedance-2.0-mini"]);
  });

  test("that one model refuses may be accepted by the next, and the clip is the scene's all the same", async () => {
    const { studio, id, models } = await clip({});
    studio.script.create.next(running("p1"), running("p2"));
    studio.script.get.next(brokeDown("p1", "provider_refused", { refused: true }), succeeded("p2"));
    studio.script.openOutput.next(file(mp4));
    await studio.run(id);
    await studio.run(id, POLL_MS);
    await studio.run(id);
    await studio.run(id, POLL_MS);
    await studio.wake(id);
    expect(models()).toEqual(["grok-imagine-video", "veo-3.1-lite"]);
    const { clips, project } = await studio.record(id);
    expect(clips.map((c) => [c.status, c.model]).toSorted()).toEqual([
      ["completed", "google/veo-3.1-lite"],
      ["failed", "xai/grok-imagine-video"],
    ]);
    expect(project.status).toBe("completed");
    expect(studio.script.softenPrompt.calls).toEqual([]);
  });

  test("refused for a face are not ordered from a model that takes no faces", async () => {
    const clipFallbacks = ["bytedance/seedance-2.0-mini", "google/veo-3.1-lite"];
    const { studio, id, models } = await clip({ clipFallbacks });
    studio.script.create.next(ended("refused", "The image may contain a real person's face."), running("p2"));
    await studio.run(id);
    await studio.run(id);
    expect(models()).toEqual(["grok-imagine-video", "veo-3.1-lite"]);
  });

  test("of another size are never ordered: what the first model can't do fails", async () => {
    const clipFallbacks = ["bytedance/seedance-1-pro", "wan-video/wan-2.2-i2v-fast"];
    const { studio, id, models } = await clip({ clipFallbacks });
    studio.script.create.next(ended("invalid"));
    await studio.run(id);
    expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect(models()).toEqual(["grok-imagine-video"]);
    expect(await studio.task(id)).toMatchObject({ status: "failed" });
  });
});
