/** Statements that decide by a project's settings take those that its row lacks for their defaults. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, successorOf } from "../../../src/domain/settings.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { songOf } from "../../support/record.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
}, 60_000);
afterAll(() => pipeline.close());

const RETIRED = "bytedance/seedance-1-lite";
const IMAGE_USD = 0.003;

/** Replaces the stored settings of the project, and of its run request, by this JSON. */
async function store({ db }: Studio, id: string, settings: object, requested = settings) {
  await db.execute(sql`update projects set settings = ${JSON.stringify(settings)}::jsonb,
    run_request = jsonb_set(run_request, '{settings}', ${JSON.stringify(requested)}::jsonb) where id = ${id}`);
}

/** A project whose image is to be made and whose row has these settings. */
async function waiting(settings: object) {
  const studio = pipeline.studio();
  const { id, ownerId } = await staged(studio, "generate_images");
  await store(studio, id, settings);
  return { studio, id, ownerId };
}

describe("a claim", () => {
  const SKETCHED = { imageModel: "black-forest-labs/flux-schnell", imageFallbacks: [] };

  async function claimAfter(budget: object, spentUsd: number) {
    const { studio, id } = await waiting({ ...SKETCHED, ...budget });
    const [message] = await studio.wake(id);
    await studio.db.execute(sql`update projects set spent_usd = ${spentUsd} where id = ${id}`);
    return (await studio.deps.store.claim({ projectId: id, taskId: message?.task ?? "" })).kind;
  }

  test.each([
    {},
    { budgetUsd: "much" },
    { budgetUsd: [50] },
    { budgetUsd: 1e6 },
    { budgetUsd: -1 },
    { budgetUsd: { usd: 50 } },
  ])("has the default budget where the row has none that this version knows: %j", async (budget) => {
    const limit = DEFAULT_SETTINGS.budgetUsd ?? 0;
    expect(await claimAfter(budget, limit - IMAGE_USD)).toBe("claimed");
    expect(await claimAfter(budget, limit - IMAGE_USD / 2)).toBe("over_budget");
  });

  test("has the budget that the row has, and none for null", async () => {
    expect(await claimAfter({ budgetUsd: 0.5 }, 0.499)).toBe("over_budget");
    expect(await claimAfter({ budgetUsd: 100_000 }, 99_999)).toBe("claimed");
    expect(await claimAfter({ budgetUsd: null }, 200_000)).toBe("claimed");
  });
});

describe("a run request", () => {
  test.each([
    ["before a setting existed that the project has now", DEFAULT_SETTINGS, {}],
    ["with a setting that the project's row lacks", {}, DEFAULT_SETTINGS],
  ])("%s covers the project: nothing was edited", async (_, settings, requested) => {
    const { studio, id } = await waiting({});
    await store(studio, id, settings, requested);
    const { project } = await studio.record(id);
    expect(project.runRequest?.settings).toEqual(project.settings);
    expect(await studio.wake(id)).toHaveLength(1);
  });

  test("of a row without settings is of their defaults", async () => {
    const { studio, id, ownerId } = await waiting({});
    const project = await studio.deps.store.requestRun({ ownerId, projectId: id }, "generate_images");
    expect(project).toMatchObject({
      settings: DEFAULT_SETTINGS,
      runRequest: { target: "generate_images", settings: DEFAULT_SETTINGS },
      modelNotices: [],
    });
  });

  test.each([{}, { aspectRatio: "5:4" }])(
    "replaces a retired clip model, in a row with %j besides",
    async (rest) => {
      const { studio, id, ownerId } = await waiting({ clipModel: RETIRED, ...rest });
      const project = await studio.deps.store.requestRun({ ownerId, projectId: id }, "generate_images");
      expect(project).toMatchObject({ modelNotices: [{ kind: "replaced", model: RETIRED }] });
      expect(project).toHaveProperty("settings", { ...DEFAULT_SETTINGS, ...successorOf("16:9") });
    },
  );
});

test("a new recording is counted in frames of the default rate where the row has none", async () => {
  const { studio, id, ownerId } = await waiting({});
  const before = (await studio.record(id)).project;
  const audio = songOf(12, "another recording");
  const project = await studio.deps.store.attachAudio(
    { ownerId, projectId: id },
    { audio, keepScenes: true },
  );
  expect(project?.retiming?.frames).toBe(
    Math.round((before.audio?.durationSeconds ?? 0) * DEFAULT_SETTINGS.fps),
  );
});

test("an edit keeps the members that only a later version knows", async () => {
  const { studio, id, ownerId } = await waiting({ grain: "fine" });
  await studio.person({ id, ownerId }).set({ style: "noir" });
  const { rows } = await studio.db.execute(sql`select settings from projects where id = ${id}`);
  expect(rows).toEqual([{ settings: { ...DEFAULT_SETTINGS, style: "noir", grain: "fine" } }]);
});
