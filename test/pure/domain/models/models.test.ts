import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chatCostUsd,
  DIRECTORS,
  transcriptionCostUsd,
} from "../../../../src/domain/models/language-models.ts";
import {
  CLIP_MODEL_NAMES,
  type ClipModel,
  clipCostUsd,
  clipFrameLengths,
  clipFrameRange,
  clipLengths,
  clipModel,
  clipResolution,
  clipSecondsFor,
  IMAGE_MODEL_NAMES,
  type ImageModel,
  imageCostUsd,
  imageModel,
  isRetired,
  makesRatio,
  RETIRED_CLIP_MODELS,
} from "../../../../src/domain/models/models.ts";
import { ASPECT_RATIOS } from "../../../../src/domain/record/record.ts";

function known<T>(model: T | undefined): T {
  if (model === undefined) throw new Error("The model is not in the table");
  return model;
}
const images = IMAGE_MODEL_NAMES.map((name): ImageModel => known(imageModel(name)));
const clips = [...CLIP_MODEL_NAMES, ...RETIRED_CLIP_MODELS].map((name): ClipModel => known(clipModel(name)));
const named = <M extends { name: string }>(models: M[]) => models.map((m) => [m.name, m] as const);

const RESOLUTIONS = ["480p", "720p", "1080p"] as const;
const resolution = fc.constantFrom(...RESOLUTIONS);
const ratio = fc.constantFrom(...ASPECT_RATIOS);

describe.each(named(images))("the image model %s", (_, model) => {
  it("costs something for every ratio", () => {
    for (const aspectRatio of ASPECT_RATIOS) expect(imageCostUsd(model, aspectRatio)).toBeGreaterThan(0);
  });
});

it.each(ASPECT_RATIOS)(
  "flux-2-pro makes images of exactly %s, in steps of 16, at the price of their megapixels",
  (aspectRatio) => {
    const model = known(imageModel("black-forest-labs/flux-2-pro"));
    const { width, height, aspect_ratio } = model.input({
      prompt: "",
      negativePrompt: "",
      aspectRatio,
      seed: 1,
    });
    const [w = 0, h = 1] = aspectRatio.split(":").map(Number);
    expect(aspect_ratio).toBe("custom");
    expect(Number(width) * h).toBe(Number(height) * w);
    expect([Number(width) % 16, Number(height) % 16]).toEqual([0, 0]);
    const megapixels = (Number(width) * Number(height)) / 1e6;
    expect(imageCostUsd(model, aspectRatio)).toBeGreaterThanOrEqual(0.015 + 0.015 * megapixels);
    expect(imageCostUsd(model, aspectRatio)).toBeLessThan(0.03 + 0.015 * megapixels);
  },
);

describe.each(named(clips))("the clip model %s", (_, model) => {
  const request = (seconds: number) => ({
    prompt: "p",
    negativePrompt: "n",
    imageUrl: "https://x.test/a.jpg",
    seconds,
    resolution: "720p" as const,
    aspectRatio: "16:9" as const,
    seed: null,
  });

  it("throws if asked for a length that it does not sell", () => {
    expect(() => model.input(request(3.21))).toThrow(RangeError);
    for (const wanted of RESOLUTIONS)
      for (const seconds of model.seconds) {
        const order = () => model.input({ ...request(seconds), resolution: wanted });
        if (clipLengths(model, wanted).includes(seconds)) expect(order).not.toThrow();
        else expect(order).toThrow(RangeError);
      }
  });

  it("lists some of its lengths for every resolution, in frames in ascending order", () => {
    for (const wanted of RESOLUTIONS) {
      expect(model.seconds).toEqual(expect.arrayContaining([...clipLengths(model, wanted)]));
      const lengths = clipFrameLengths(model, 24, wanted);
      expect(lengths.length).toBeGreaterThan(0);
      expect(lengths).toEqual([...new Set(lengths)].toSorted((a, b) => a - b));
    }
  });

  it("gives the shortest clip it sells that is long enough, and null only beyond its longest", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), resolution, (frames, wanted) => {
        const { maxFrames } = clipFrameRange(model, 24, wanted);
        const seconds = clipSecondsFor(model, frames, 24, wanted);
        if (seconds === null) {
          expect(frames).toBeGreaterThan(maxFrames);
          return;
        }
        const legal = clipLengths(model, wanted);
        expect(legal).toContain(seconds);
        expect(Math.round(seconds * 24 * 1e6) / 1e6).toBeGreaterThanOrEqual(frames);
        for (const shorter of legal.filter((s) => s < seconds)) {
          expect(Math.round(shorter * 24 * 1e6) / 1e6).toBeLessThan(frames);
        }
      }),
    );
  });

  it("never costs less for a longer or larger clip", () => {
    const lengths = model.seconds.map((s) => clipCostUsd(model, s, "480p"));
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    const sizes = RESOLUTIONS.map((r) => clipCostUsd(model, 5, r));
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });

  it("gives sizes only for ratios that it makes, of about that ratio, in even numbers", () => {
    fc.assert(
      fc.property(resolution, ratio, (wanted, aspectRatio) => {
        const size = model.size(wanted, aspectRatio);
        if (!size) return;
        expect(makesRatio(model, aspectRatio)).toBe(true);
        expect(model.size(clipResolution(model, wanted), aspectRatio)).toEqual(size);
        const [w = 0, h = 1] = aspectRatio.split(":").map(Number);
        // Seedance 2 makes 864×496 of 16:9.
        expect(Math.abs(size.width / size.height / (w / h) - 1)).toBeLessThan(0.025);
        expect([size.width % 2, size.height % 2]).toEqual([0, 0]);
      }),
    );
  });

  it("is ordered without sound exactly if its sound can be switched off", () => {
    const sent = model.input(request(clipLengths(model, "720p")[0] ?? 0));
    const off = [sent.generate_audio, sent.save_audio].filter((value) => value !== undefined);
    expect(off).toEqual(model.sound === "switch" ? [false] : []);
  });
});

describe("the tables of models", () => {
  it("do not know other names", () => {
    for (const name of ["", "flux", "constructor", "__proto__"]) {
      expect([imageModel(name), clipModel(name), isRetired(name)]).toEqual([undefined, undefined, false]);
    }
  });

  it("contain a retired model, but do not offer it", () => {
    expect(RETIRED_CLIP_MODELS).toEqual(["bytedance/seedance-1-lite"]);
    expect(isRetired("bytedance/seedance-1-lite")).toBe(true);
    expect(clipModel("bytedance/seedance-1-lite")?.retired).toBe("2026-05-13");
    for (const name of CLIP_MODEL_NAMES) expect(isRetired(name)).toBe(false);
  });

  it.each([
    ["xai/grok-imagine-video", "720p", 1, 1],
    ["xai/grok-imagine-video", "720p", 15 * 24 + 1, null],
    ["google/veo-3.1-lite", "720p", 24, 4],
    ["google/veo-3.1-lite", "480p", 4 * 24 + 1, 6],
    ["google/veo-3.1-lite", "1080p", 24, 8],
    ["google/veo-3.1-lite", "1080p", 8 * 24 + 1, null],
    ["google/veo-3.1-fast", "1080p", 24, 4],
    ["bytedance/seedance-2.0-mini", "720p", 24, 4],
    ["bytedance/seedance-1-lite", "720p", 5 * 24, 5],
    ["bytedance/seedance-1-lite", "720p", 5 * 24 + 1, 6],
    ["bytedance/seedance-1-lite", "720p", 1, 2],
    ["bytedance/seedance-1-lite", "720p", 12 * 24, 12],
    ["bytedance/seedance-1-lite", "720p", 12 * 24 + 1, null],
    ["kwaivgi/kling-v2.1", "720p", 5 * 24 + 1, 10],
    ["kwaivgi/kling-v3-video", "720p", 24, 3],
    ["prunaai/p-video", "720p", 20 * 24, 20],
    ["wan-video/wan-2.2-i2v-fast", "720p", 24, 81 / 24],
    ["wan-video/wan-2.2-i2v-fast", "720p", 100, 100 / 24],
    ["wan-video/wan-2.2-i2v-fast", "720p", 122, null],
  ] as const)("%s at %s serves a scene of %i frames with a clip of %s s", (name, wanted, frames, seconds) => {
    expect(clipSecondsFor(known(clipModel(name)), frames, 24, wanted)).toBe(seconds);
  });

  it.each([
    ["kwaivgi/kling-v2.1", "480p", "720p", "standard"],
    ["kwaivgi/kling-v2.1", "1080p", "1080p", "pro"],
    ["kwaivgi/kling-v3-video", "720p", "720p", "standard"],
    ["kwaivgi/kling-v3-video", "1080p", "1080p", "pro"],
    ["xai/grok-imagine-video", "1080p", "720p", undefined],
    ["google/veo-3.1-lite", "480p", "720p", undefined],
    ["bytedance/seedance-2.0-mini", "1080p", "720p", undefined],
    ["wan-video/wan-2.2-i2v-fast", "1080p", "720p", undefined],
  ] as const)("%s, asked for %s, gives and charges %s", (name, wanted, given, mode) => {
    const model = known(clipModel(name));
    expect(clipResolution(model, wanted)).toBe(given);
    expect(clipCostUsd(model, 5, wanted)).toBe(clipCostUsd(model, 5, given));
    const [seconds = 0] = clipLengths(model, wanted);
    const input = model.input({
      prompt: "",
      negativePrompt: "",
      imageUrl: "",
      seconds,
      resolution: wanted,
      aspectRatio: "16:9",
      seed: 1,
    });
    expect(input.mode).toBe(mode);
    if (mode === undefined) expect(input.resolution).toBe(given);
  });
});

describe("the price of a language model", () => {
  it("for a chat is that of its dearest model; an unlisted model is dearer than all listed ones", () => {
    const directors = DIRECTORS.flatMap((choice) => choice.models);
    const all = chatCostUsd(directors, 10_000, 2_000);
    for (const model of directors) expect(chatCostUsd([model], 10_000, 2_000)).toBeLessThanOrEqual(all);
    expect(chatCostUsd(["unheard/of"], 10_000, 2_000)).toBeGreaterThan(all);
  });

  it("for a transcription is $0.006 a minute", () => expect(transcriptionCostUsd(180)).toBeCloseTo(0.018, 9));
});
