/** Which models a project may have: what can be chosen, what stays, and that Postgres and the domain agree. */
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projects } from "../../../src/db/schema.ts";
import { CLIP_MODEL_NAMES, RETIRED_CLIP_MODELS } from "../../../src/domain/models/models.ts";
import { ASPECT_RATIOS, type Settings } from "../../../src/domain/record/record.ts";
import {
  DEFAULT_SETTINGS,
  mergeSettings,
  type SettingsPatch,
  settingsProblems,
} from "../../../src/domain/settings.ts";
import { type Api, openApi } from "../../support/api.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const RETIRED = "bytedance/seedance-1-lite";

/** A project whose settings were stored by an earlier version. */
async function stored(over: SettingsPatch) {
  const ada = await api.person();
  const { id } = await ada.project();
  const settings = mergeSettings(DEFAULT_SETTINGS, over);
  await api.db.update(projects).set({ settings }).where(eq(projects.id, id));
  const call = (method: string, settings: object) =>
    ada.call(method, `/api/projects/${id}`, { ...(method === "PUT" ? { name: "x" } : {}), settings });
  return { ada, id, call };
}

test("the default settings are valid", () => {
  expect(settingsProblems(DEFAULT_SETTINGS, DEFAULT_SETTINGS)).toEqual([]);
});

test("scenes longer than the clip model's clips are refused, and the longest is named", async () => {
  const ada = await api.person();
  const settings = { clip_model: "wan-video/wan-2.2-i2v-fast", scenes: { max_seconds: 9 } };
  const { json } = await ada.call("POST", "/api/projects", { name: "x", settings });
  expect(json.detail).toContain("wan-video/wan-2.2-i2v-fast makes clips of at most 5.04 seconds");
});

describe("a model that is not offered any more", () => {
  const errors = (path: string) => [
    {
      path,
      code: "retired_model",
      message: expect.stringMatching(
        /"bytedance\/seedance-1-lite" is not offered any more: .* 2026-05-13\. Choose one of: xai\/grok-imagine-video, /,
      ),
    },
  ];

  test.each([
    [{ clip_model: RETIRED }, "settings.clip_model"],
    [{ clip_fallbacks: ["bytedance/seedance-1-pro", RETIRED] }, "settings.clip_fallbacks.1"],
  ])("can't be chosen, by %j: for a new project, by PUT or by PATCH", async (settings, path) => {
    const { ada, call } = await stored({});
    for (const answer of [
      await ada.call("POST", "/api/projects", { name: "x", settings }),
      await call("PUT", settings),
      await call("PATCH", settings),
    ])
      expect([answer.status, answer.json.errors]).toEqual([400, errors(path)]);
  });

  test("can't be chosen anew by a project that has it", async () => {
    const { call } = await stored({ clipModel: RETIRED });
    const { status, json } = await call("PATCH", { clip_model: RETIRED });
    expect([status, json.errors]).toEqual([400, errors("settings.clip_model")]);
  });

  test("stays with a project that has it, whatever else is edited", async () => {
    const clipFallbacks = ["bytedance/seedance-1-pro-fast", RETIRED];
    const { call } = await stored({ clipModel: RETIRED, clipFallbacks });
    const { status, json } = await call("PATCH", { style: "noir", scenes: { max_seconds: 12 } });
    expect(status).toBe(200);
    expect(json.settings).toMatchObject({
      clip_model: RETIRED,
      clip_fallbacks: clipFallbacks,
      style: "noir",
    });
    const long = await call("PATCH", { scenes: { max_seconds: 12.5 } });
    expect(long.json.errors).toMatchObject([{ code: "scene_too_long" }]);
  });

  test("is in no list of names that an error offers", async () => {
    const ada = await api.person();
    const settings = { clip_model: "who/knows", clip_fallbacks: ["who/knows"], aspect_ratio: "1:1" };
    const { json } = await ada.call("POST", "/api/projects", { name: "x", settings });
    expect(json.detail).toContain("xai/grok-imagine-video");
    for (const name of RETIRED_CLIP_MODELS) expect(json.detail).not.toContain(name);
  });
});

describe("a ratio that the clip model does not make", () => {
  test.each(["POST", "PUT", "PATCH"])(
    "is refused with those that it makes, and who makes it: %s",
    async (method) => {
      const settings = { clip_model: "xai/grok-imagine-video", aspect_ratio: "21:9" };
      const { ada, call } = await stored({});
      const { status, json } =
        method === "POST"
          ? await ada.call("POST", "/api/projects", { name: "x", settings })
          : await call(method, settings);
      expect(status).toBe(400);
      expect(json.errors).toMatchObject([{ path: "settings.aspect_ratio", code: "aspect_ratio_not_made" }]);
      const [{ message }] = json.errors;
      expect(message).toContain("xai/grok-imagine-video makes no clips of 21:9.");
      expect(message).toContain("(16:9, 9:16, 1:1, 4:3, 3:4)");
      expect(message).toContain("bytedance/seedance-2.0");
      expect(message).not.toContain("google/veo");
      expect(message).not.toContain(RETIRED);
    },
  );

  test("is accepted for a model that follows the shape of its image", async () => {
    const { call } = await stored({});
    expect((await call("PATCH", { clip_model: "prunaai/p-video", aspect_ratio: "21:9" })).status).toBe(200);
  });
});

describe("Postgres", () => {
  const scenes = fc.record(
    {
      minSeconds: fc.double({ min: 2, max: 30, noNaN: true }),
      maxSeconds: fc.double({ min: 2, max: 30, noNaN: true }),
    },
    { requiredKeys: [] },
  );
  const clipModel = fc.constantFrom(...CLIP_MODEL_NAMES, ...RETIRED_CLIP_MODELS, "no/model", "toString");
  const aspectRatio = fc.constantFrom(...ASPECT_RATIOS);
  const clipResolution = fc.constantFrom<Settings["clipResolution"]>("480p", "720p", "1080p");
  const imageModel = fc.constantFrom("black-forest-labs/flux-dev", "no/model");
  const imageFallbacks = fc.array(imageModel, { maxLength: 3 });
  const clipFallbacks = fc.array(clipModel, { maxLength: 3 });

  test("accepts exactly the merges that the rules in domain/settings.ts allow", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    await fc.assert(
      fc.asyncProperty(
        fc.record(
          { scenes, clipModel, clipFallbacks, aspectRatio, clipResolution },
          { requiredKeys: ["scenes"] },
        ),
        fc.record(
          { scenes, clipModel, imageModel, imageFallbacks, clipFallbacks, aspectRatio, clipResolution },
          { requiredKeys: [] },
        ),
        async (before, change) => {
          const stored = mergeSettings(DEFAULT_SETTINGS, before);
          await api.db.update(projects).set({ settings: stored }).where(eq(projects.id, id));
          const wanted = mergeSettings(stored, change);
          const wire = {
            style: "s",
            ...(change.clipModel ? { clip_model: change.clipModel } : {}),
            ...(change.aspectRatio ? { aspect_ratio: change.aspectRatio } : {}),
            ...(change.clipResolution ? { clip_resolution: change.clipResolution } : {}),
            ...(change.imageModel ? { image_model: change.imageModel } : {}),
            ...(change.imageFallbacks ? { image_fallbacks: change.imageFallbacks } : {}),
            ...(change.clipFallbacks ? { clip_fallbacks: change.clipFallbacks } : {}),
            ...(change.scenes
              ? {
                  scenes: Object.fromEntries(
                    Object.entries(change.scenes).map(([k, v]) => [k.replace("S", "_s"), v]),
                  ),
                }
              : {}),
          };
          const { status, json } = await ada.call("PATCH", `/api/projects/${id}`, { settings: wire });
          const problems = settingsProblems(wanted, change);
          expect([status, json.errors ?? []]).toEqual([problems.length ? 400 : 200, problems]);
          if (status === 200)
            expect(json.settings).toMatchObject({
              clip_model: wanted.clipModel,
              scenes: { min_seconds: wanted.scenes.minSeconds, max_seconds: wanted.scenes.maxSeconds },
            });
        },
      ),
      { numRuns: 120 },
    );
  });
});
