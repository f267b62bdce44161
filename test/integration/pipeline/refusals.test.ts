import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentOf } from "../../../src/domain/controller/current.ts";
import { DIRECTORS } from "../../../src/domain/models/language-models.ts";
import type { Settings, SofteningLevel } from "../../../src/domain/record/record.ts";
import { promptView, taskView } from "../../../src/domain/views/views.ts";
import { draft, jpeg, mp4 } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { brokeDown, ended, file, ok, running, succeeded, useless } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const POLL_MS = 5_000;
const IMAGE_USD = 0.003;
const SOFT_USD = 0.001;
const softer = (softeningLevel: SofteningLevel, over: Partial<typeof draft> = {}) =>
  ok(
    { ...draft, imagePrompt: `${softeningLevel} window`, motionPrompt: `${softeningLevel} push`, ...over },
    SOFT_USD,
  );

/** A project with one scene whose prompt the director wrote, and whose image is wanted. */
async function pictured(settings: Partial<Settings> = {}, promptsBy: "person" | "director" = "director") {
  const studio = pipeline.studio();
  const project = await staged(studio, "generate_images", { promptsBy, settings });
  return { studio, project, id: project.id };
}

/** Orders an image or clip, and has the provider refuse it at the first poll. */
async function refuse(studio: Studio, id: string, prediction: string) {
  studio.script.create.next(running(prediction));
  studio.script.get.next(brokeDown(prediction, "provider_refused", { refused: true }));
  await studio.run(id);
  await studio.run(id, POLL_MS);
}

const rungs = async (studio: Studio, id: string) =>
  (await studio.record(id)).prompts
    .toSorted((a, b) => a.version - b.version)
    .map((p) => [p.version, p.softeningLevel, p.imagePrompt]);

describe("a refused picture", () => {
  test("has its prompt rewritten to the level `implied`, and is made from that", async () => {
    const { studio, id } = await pictured();
    await refuse(studio, id, "p1");
    studio.script.softenPrompt.next(softer("implied"));
    await studio.run(id);
    expect(studio.script.softenPrompt.calls).toMatchObject([
      {
        softeningLevel: "implied",
        what: "image",
        refusal: "It failed.",
        prompt: { imagePrompt: "a window at night" },
      },
    ]);
    expect(await rungs(studio, id)).toEqual([
      [1, "literal", "a window at night"],
      [2, "implied", "implied window"],
    ]);

    studio.script.create.next(running("p2"));
    studio.script.get.next(succeeded("p2"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id);
    expect(studio.script.create.calls[1]?.input).toMatchObject({ prompt: "implied window" });
    await studio.run(id, POLL_MS);
    await studio.wake(id);
    const record = await studio.record(id);
    expect(record.project.status).toBe("completed");
    expect(currentOf(record).scenes).toMatchObject([
      {
        prompt: { version: 2 },
        image: { replicatePredictionId: "p2", promptId: record.prompts.find((p) => p.version === 2)?.id },
      },
    ]);
    expect(await studio.jobsOf(id, "generate_images")).toMatchObject([
      { status: "completed", payload: { tasks: { total: 1, succeeded: 1, failed: 0 } } },
    ]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: SOFT_USD + IMAGE_USD });
    expect(await studio.run(id, 3_600_000)).toEqual([]);
  });

  test("the same where the prompt is refused before any prediction", async () => {
    const { studio, id } = await pictured();
    studio.script.create.next(ended("refused"));
    studio.script.softenPrompt.next(softer("implied"));
    await studio.run(id);
    await studio.run(id);
    expect(studio.script.softenPrompt.calls).toMatchObject([{ softeningLevel: "implied", refusal: "No." }]);
  });

  test("refused again is rewritten to `symbolic`; refused a third time it fails with the reason, and nothing more is bought", async () => {
    const { studio, project, id } = await pictured();
    await refuse(studio, id, "p1");
    studio.script.softenPrompt.next(softer("implied"), softer("symbolic"));
    await studio.run(id);
    await refuse(studio, id, "p2");
    await studio.run(id);
    await refuse(studio, id, "p3");
    expect(await rungs(studio, id)).toEqual([
      [1, "literal", "a window at night"],
      [2, "implied", "implied window"],
      [3, "symbolic", "symbolic window"],
    ]);
    for (let i = 0; i < 3; i++) expect(await studio.run(id, 3_600_000)).toEqual([]);
    const { project: row } = await studio.record(id);
    expect(row.status).toBe("failed");
    const [last] = (await studio.tasksOf(id, "generate_images")).slice(-1);
    expect(await studio.jobsOf(id, "generate_images")).toMatchObject([
      {
        status: "failed",
        error: { code: "provider_refused" },
        result: {
          failed: [
            {
              task_id: last?.id,
              scene_id: project.scenes[0],
              code: "provider_refused",
              message: "It failed.",
            },
          ],
        },
      },
    ]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 2 * SOFT_USD });
    expect(studio.script.create.calls).toHaveLength(3);
    expect(studio.script.softenPrompt.calls).toHaveLength(2);
  });

  test("in a run after the third refusal, the symbolic prompt is tried once more, and none before it", async () => {
    const { studio, project, id } = await pictured();
    studio.script.softenPrompt.next(softer("implied"), softer("symbolic"));
    for (const prediction of ["p1", "p2", "p3"]) {
      await refuse(studio, id, prediction);
      await studio.run(id);
    }
    await studio.person(project).run("generate_images");
    await refuse(studio, id, "p4");
    expect(studio.script.create.calls.at(-1)?.input).toMatchObject({ prompt: "symbolic window" });
    expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect(studio.script.create.calls).toHaveLength(4);
  });

  test.each([
    ["a person wrote the prompt", {}, "person" as const],
    ["the person does not want it softened", { softenRefused: false }, "director" as const],
  ])("is left to the person where %s", async (_, settings, promptsBy) => {
    const { studio, id } = await pictured(settings, promptsBy);
    await refuse(studio, id, "p1");
    expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect(await rungs(studio, id)).toHaveLength(1);
    expect((await studio.record(id)).project.status).toBe("failed");
    expect(await studio.task(id)).toMatchObject({ status: "failed", error: { code: "provider_refused" } });
  });

  test("is softened once the person allows it and asks for a run", async () => {
    const { studio, project, id } = await pictured({ softenRefused: false });
    await refuse(studio, id, "p1");
    await studio.wake(id);
    await studio.person(project).set({ softenRefused: true });
    expect(await studio.run(id)).toEqual([]);
    await studio.askAgain(id);
    studio.script.softenPrompt.next(softer("implied"));
    await studio.run(id);
    expect(await rungs(studio, id)).toHaveLength(2);
  });

  test("affects no other scene: those are made meanwhile, once", async () => {
    const studio = pipeline.studio();
    const { id, scenes } = await staged(studio, "generate_images", { promptsBy: "director", scenes: 3 });
    studio.script.create.next(ended("refused"), running("p2"), running("p3"));
    await studio.run(id);
    studio.script.get.next(succeeded("p2"), succeeded("p3"));
    studio.script.openOutput.next(file(jpeg), file(jpeg));
    studio.script.softenPrompt.next(softer("implied"));
    await studio.run(id, POLL_MS);
    studio.script.create.next(running("p4"));
    await studio.run(id);
    expect(studio.script.create.calls).toHaveLength(4);
    const { images } = await studio.record(id);
    expect(images.filter((i) => i.status === "completed")).toHaveLength(2);
    expect(new Set(images.map((i) => i.sceneId))).toEqual(new Set(scenes));
  });
});

describe("a rewriting", () => {
  test("that the budget does not hold ends the softening, with the reason; with more budget, another run goes on from there", async () => {
    const { studio, project, id } = await pictured();
    await refuse(studio, id, "p1");
    await studio.person(project).set({ budgetUsd: IMAGE_USD / 10 });
    await studio.run(id);
    expect(await studio.tasksOf(id, "generate_prompts")).toMatchObject([
      { status: "failed", error: { code: "budget_exceeded" } },
    ]);
    for (let i = 0; i < 3; i++) expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect((await studio.record(id)).project.status).toBe("failed");
    expect(await rungs(studio, id)).toHaveLength(1);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });

    const person = studio.person(project);
    await person.set({ budgetUsd: 1 });
    await person.run("generate_images");
    studio.script.softenPrompt.next(softer("implied"));
    await studio.run(id);
    expect(await rungs(studio, id)).toHaveLength(2);
    expect(studio.script.create.calls).toHaveLength(1);
  });

  test("whose answer can't be used is asked for again, at the same level", async () => {
    const { studio, id } = await pictured();
    await refuse(studio, id, "p1");
    studio.script.softenPrompt.next(useless(SOFT_USD), softer("implied"));
    await studio.run(id);
    await studio.run(id, 60_000);
    expect(studio.script.softenPrompt.calls.map((call) => call.softeningLevel)).toEqual([
      "implied",
      "implied",
    ]);
    expect(await rungs(studio, id)).toHaveLength(2);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 2 * SOFT_USD });
  });

  test("that every director refuses ends the softening", async () => {
    const { studio, id } = await pictured();
    await refuse(studio, id, "p1");
    studio.script.softenPrompt.next(...DIRECTORS.map(() => ended("refused")));
    for (const _ of DIRECTORS) await studio.run(id);
    expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect((await studio.record(id)).project.status).toBe("failed");
    expect(studio.script.softenPrompt.calls).toMatchObject(DIRECTORS);
  });

  test("is dropped where the person changes the style: a new literal prompt is written", async () => {
    const { studio, id } = await pictured();
    await refuse(studio, id, "p1");
    await studio.restyle(id, "woodcut");
    await studio.askAgain(id);
    studio.script.writePrompt.next(ok({ ...draft, imagePrompt: "a woodcut" }, SOFT_USD));
    await studio.run(id);
    expect(await rungs(studio, id)).toEqual([
      [1, "literal", "a window at night"],
      [2, "literal", "a woodcut"],
    ]);
    expect(studio.script.softenPrompt.calls).toEqual([]);
  });
});

describe("a refused clip", () => {
  /** A project with one scene whose image the person approved, and one clip model only. */
  async function animated() {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_images", {
      promptsBy: "director",
      target: "generate_clips",
      settings: { autoApprove: false, clipFallbacks: [] },
    });
    const { id } = project;
    studio.script.create.next(running("p1"));
    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id);
    await studio.run(id, POLL_MS);
    const [image] = (await studio.record(id)).images;
    if (!image) throw new Error("No picture");
    await studio.person(project).approve({ imageId: image.id });
    return { studio, id, project, image };
  }

  test("keeps the approved image: only its motion prompt is rewritten, and the approval holds", async () => {
    const { studio, id, image } = await animated();
    await refuse(studio, id, "c1");
    studio.script.softenPrompt.next(softer("implied", { negativePrompt: "everything" }));
    await studio.run(id);
    expect(studio.script.softenPrompt.calls).toMatchObject([
      { softeningLevel: "implied", what: "clip", refusal: "It failed." },
    ]);
    const { prompts } = await studio.record(id);
    expect(prompts.find((p) => p.version === 2)).toMatchObject({
      softeningLevel: "implied",
      imagePrompt: "a window at night",
      negativePrompt: "text",
      motionPrompt: "implied push",
    });
    studio.script.create.next(running("c2"));
    studio.script.get.next(succeeded("c2"));
    studio.script.openOutput.next(file(mp4));
    await studio.run(id);
    expect(studio.script.create.calls.at(-1)).toMatchObject({
      model: "xai/grok-imagine-video",
      input: { prompt: "implied push" },
    });
    await studio.run(id, POLL_MS);
    await studio.wake(id);
    const record = await studio.record(id);
    expect(currentOf(record).scenes).toMatchObject([
      { image: { id: image.id }, imageApproved: true, clip: { status: "completed", imageId: image.id } },
    ]);
    expect(record.approvals).toMatchObject([{ approved: true, voidedAt: null }]);
    expect(record.images).toHaveLength(1);
  });

  test("goes through the same levels to the end", async () => {
    const { studio, id } = await animated();
    studio.script.softenPrompt.next(softer("implied"), softer("symbolic"));
    for (const prediction of ["c1", "c2", "c3"]) {
      await refuse(studio, id, prediction);
      await studio.run(id);
    }
    expect(await studio.run(id, 3_600_000)).toEqual([]);
    expect((await rungs(studio, id)).map(([, softeningLevel]) => softeningLevel)).toEqual([
      "literal",
      "implied",
      "symbolic",
    ]);
    expect((await studio.record(id)).images).toHaveLength(1);
    expect((await studio.record(id)).project.status).toBe("failed");
  });

  test("ends even where the director returns the same motion prompt", async () => {
    const { studio, id } = await animated();
    const same = ok({ ...draft }, SOFT_USD);
    studio.script.softenPrompt.next(same, same);
    await refuse(studio, id, "c1");
    for (let i = 0; i < 4; i++) await studio.run(id, 60_000);
    expect(studio.script.softenPrompt.calls.map((call) => call.softeningLevel)).toEqual([
      "implied",
      "symbolic",
    ]);
    expect((await studio.record(id)).project.status).toBe("failed");
    expect(await studio.run(id, 3_600_000)).toEqual([]);
  });
});

test("the API shows each level: prompts with their softening level, tasks with what was refused, and no internal field", async () => {
  const { studio, id } = await pictured();
  await refuse(studio, id, "p1");
  studio.script.softenPrompt.next(softer("implied"));
  await studio.run(id);
  await refuse(studio, id, "p2");
  const record = await studio.record(id);
  expect(record.prompts.map(promptView).toSorted((a, b) => a.version - b.version)).toMatchObject([
    { version: 1, softening_level: "literal", edited: false },
    { version: 2, softening_level: "implied", edited: false, generated_by_model: "some/model" },
  ]);
  const views = record.tasks.toReversed().map(taskView);
  expect(views).toMatchObject([
    {
      type: "generate_images",
      status: "failed",
      charged: "no",
      needs_decision: false,
      error: { code: "provider_refused" },
      failed_attempts: [{ attempt: 1, code: "provider_refused", model: "black-forest-labs/flux-schnell" }],
    },
    { type: "generate_prompts", status: "succeeded", cost_charged_usd: SOFT_USD },
    { type: "generate_images", status: "failed", error: { code: "provider_refused" } },
  ]);
  expect(JSON.stringify(views)).not.toContain(record.tasks[0]?.inputHash);
});
