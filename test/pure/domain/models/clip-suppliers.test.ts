/**
 * Which models' clips can join in one film: all its clips have one size, and a clip that can't join is never
 * ordered.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clipSuppliers } from "../../../../src/domain/controller/stages/generate-clips.ts";
import {
  CLIP_MODEL_NAMES,
  clipModel,
  clipResolution,
  clipSecondsFor,
  makesRatio,
  RETIRED_CLIP_MODELS,
} from "../../../../src/domain/models/models.ts";
import { ASPECT_RATIOS, type Settings } from "../../../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../../../../src/domain/settings.ts";

const GROK = "xai/grok-imagine-video";
const VEO = "google/veo-3.1-lite";
const VEO_FAST = "google/veo-3.1-fast";
const MINI = "bytedance/seedance-2.0-mini";
const SEEDANCE_2 = "bytedance/seedance-2.0";
const PRO = "bytedance/seedance-1-pro";
const PRO_FAST = "bytedance/seedance-1-pro-fast";
const LITE = "bytedance/seedance-1-lite";
const KLING = "kwaivgi/kling-v3-video";
const KLING_2 = "kwaivgi/kling-v2.1";
const P_VIDEO = "prunaai/p-video";

const FIVE_SECONDS = 120;
const suppliersOf = (over: Partial<Settings>, frames = FIVE_SECONDS) =>
  clipSuppliers({ ...DEFAULT_SETTINGS, ...over }, frames).map((supplier) => supplier.model);

type Case = [Settings["clipResolution"], Settings["aspectRatio"], string, string[], string[]];
const cases: Case[] = [
  // The defaults: three makers of one size.
  ["720p", "16:9", GROK, [VEO, MINI], [GROK, VEO, MINI]],
  ["720p", "9:16", GROK, [VEO, MINI], [GROK, VEO, MINI]],
  // Veo makes no 1:1; Seedance makes 960×960 of it, Grok 720×720.
  ["720p", "1:1", GROK, [VEO, MINI], [GROK]],
  ["720p", "4:3", GROK, [VEO, MINI], [GROK]],
  ["720p", "1:1", PRO, [MINI, GROK], [PRO, MINI]],
  // 1248×704 and 1280×720.
  ["720p", "16:9", PRO_FAST, [PRO, GROK, VEO, MINI], [PRO_FAST, PRO]],
  ["720p", "16:9", KLING, [GROK, SEEDANCE_2], [KLING, GROK, SEEDANCE_2]],
  // Two sources differ on the size of Kling's 1:1.
  ["720p", "1:1", KLING, [GROK, MINI], [KLING]],
  // Grok's best is 720p, and so is mini's; Veo's 1080p has no published size.
  ["1080p", "16:9", GROK, [VEO, SEEDANCE_2, MINI], [GROK, MINI]],
  ["1080p", "16:9", VEO, [SEEDANCE_2, VEO_FAST], [VEO, VEO_FAST]],
  // The size of Grok's 480p is not published.
  ["480p", "16:9", GROK, [MINI, VEO], [GROK]],
  // Nor the size of 4:3 at 480p, but models of one family make the same.
  ["480p", "4:3", MINI, [SEEDANCE_2, PRO], [MINI, SEEDANCE_2]],
  // At 1080p, mini makes 720p.
  ["1080p", "16:9", SEEDANCE_2, [MINI], [SEEDANCE_2]],
  ["720p", "21:9", MINI, [GROK, VEO, SEEDANCE_2], [MINI, SEEDANCE_2]],
  // Their clips follow the image; their exact sizes are not published.
  ["720p", "16:9", P_VIDEO, [GROK, KLING_2, "wan-video/wan-2.2-i2v-fast"], [P_VIDEO]],
  ["720p", "16:9", GROK, [P_VIDEO, KLING_2], [GROK]],
  // A retired model is used only if it is the project's own.
  ["720p", "16:9", LITE, [PRO_FAST, PRO], [LITE, PRO_FAST, PRO]],
  ["720p", "16:9", PRO, [LITE, PRO_FAST], [PRO, PRO_FAST]],
];

describe("the suppliers of clips", () => {
  test.each(cases)(
    "at %s and %s, for the model %s with the fallbacks %j, are %j",
    (clipResolution, aspectRatio, own, others, expected) => {
      const settings = { clipResolution, aspectRatio, clipModel: own, clipFallbacks: others };
      expect(suppliersOf(settings)).toEqual(expected);
    },
  );

  test("leave out a fallback that makes no clip of the length", () => {
    const nineSeconds = 9 * 24;
    expect(suppliersOf({}, nineSeconds)).toEqual([GROK, MINI]);
    expect(suppliersOf({ clipModel: VEO, clipFallbacks: [GROK] }, nineSeconds)).toEqual([VEO, GROK]);
  });

  const names = [...CLIP_MODEL_NAMES, ...RETIRED_CLIP_MODELS, "nobody/nothing"];
  test("begin with the project's own model, followed by exactly those others whose clips have its size and last long enough, once each", () => {
    fc.assert(
      fc.property(
        fc.record({
          clipModel: fc.constantFrom(...names),
          clipFallbacks: fc.array(fc.constantFrom(...names), { maxLength: 5 }),
          clipResolution: fc.constantFrom<Settings["clipResolution"]>("480p", "720p", "1080p"),
          aspectRatio: fc.constantFrom(...ASPECT_RATIOS),
        }),
        fc.integer({ min: 1, max: 30 * 24 }),
        (over, frames) => {
          const { clipResolution: wanted, aspectRatio } = over;
          const [own, ...others] = suppliersOf(over, frames);
          expect(own).toBe(over.clipModel);
          const first = clipModel(over.clipModel);
          const joins = (name: string): boolean => {
            const model = clipModel(name);
            if (!first || !model || name === own || RETIRED_CLIP_MODELS.includes(name)) return false;
            if (!makesRatio(model, aspectRatio) || clipSecondsFor(model, frames, 24, wanted) === null)
              return false;
            const [size, of] = [model.size(wanted, aspectRatio), first.size(wanted, aspectRatio)];
            if (size || of) return size?.width === of?.width && size?.height === of?.height;
            const sameLines = clipResolution(model, wanted) === clipResolution(first, wanted);
            return model.family === first.family && sameLines;
          };
          expect(others).toEqual([...new Set(over.clipFallbacks.filter(joins))]);
        },
      ),
    );
  });
});
