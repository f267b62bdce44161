import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chatCostUsd, DIRECTOR_MODELS, transcriptionCostUsd } from "../../src/domain/language-models.ts";
import {
  CLIP_MODEL_NAMES,
  type ClipModel,
  clipCostUsd,
  clipFrameLengths,
  clipFrameRange,
  clipModel,
  clipResolution,
  clipSecondsFor,
  IMAGE_MODEL_NAMES,
  type ImageModel,
  imageCostUsd,
  imageModel,
} from "../../src/domain/models.ts";
import { ASPECT_RATIOS } from "../../src/domain/record.ts";

function known<T>(model: T | undefined): T {
  if (model === undefined) throw new Error("The model is in the table");
  return model;
}
const images = IMAGE_MODEL_NAMES.map((name): ImageModel => known(imageModel(name)));
const clips = CLIP_MODEL_NAMES.map((name): ClipModel => known(clipModel(name)));
const named = <M extends { name: string }>(models: M[]) => models.map((m) => [m.name, m] as const);

/** The fields of each model's published input schema. */
const IMAGE_FIELDS: Record<string, string[]> = {
  "black-forest-labs/flux-schnell": [
    "prompt",
    "aspect_ratio",
    "num_outputs",
    "output_format",
    "output_quality",
    "seed",
  ],
  "black-forest-labs/flux-dev": [
    "prompt",
    "aspect_ratio",
    "num_outputs",
    "output_format",
    "output_quality",
    "seed",
  ],
  "black-forest-labs/flux-1.1-pro": [
    "prompt",
    "aspect_ratio",
    "width",
    "height",
    "output_format",
    "output_quality",
    "seed",
  ],
  "black-forest-labs/flux-2-pro": [
    "prompt",
    "aspect_ratio",
    "resolution",
    "width",
    "height",
    "output_format",
    "output_quality",
    "seed",
  ],
};
const seedance = [
  "prompt",
  "image",
  "last_frame_image",
  "duration",
  "resolution",
  "aspect_ratio",
  "fps",
  "seed",
];
const CLIP_FIELDS: Record<string, string[]> = {
  "bytedance/seedance-1-lite": seedance,
  "bytedance/seedance-1-pro": seedance,
  "bytedance/seedance-1-pro-fast": seedance.filter((f) => f !== "last_frame_image"),
  "kwaivgi/kling-v2.1": ["prompt", "negative_prompt", "start_image", "end_image", "duration", "mode"],
  "wan-video/wan-2.2-i2v-fast": [
    "prompt",
    "image",
    "last_image",
    "num_frames",
    "frames_per_second",
    "resolution",
    "seed",
  ],
};
/** The ratios that each image model's schema lists. */
const LISTED = new Set(["1:1", "16:9", "4:3", "3:4", "9:16", "custom"]);

const ratio = fc.constantFrom(...ASPECT_RATIOS);
const seed = fc.option(fc.nat({ max: 2 ** 28 }));
const resolution = fc.constantFrom("480p" as const, "720p" as const, "1080p" as const);
const text = fc.string();

describe.each(named(images))("the image model %s", (name, model) => {
  it("is sent only what its schema documents, the words unchanged, and a seed only when there is one", () => {
    fc.assert(
      fc.property(text, text, ratio, seed, (prompt, negativePrompt, aspectRatio, number) => {
        const input = model.input({ prompt, negativePrompt, aspectRatio, seed: number });
        expect(Object.keys(input).filter((f) => !IMAGE_FIELDS[name]?.includes(f))).toEqual([]);
        expect(input.prompt).toBe(prompt);
        expect(input.seed).toBe(number ?? undefined);
        expect(input.output_format).toBe("jpg");
      }),
    );
  });

  it("is asked for a ratio that it lists, or for a size of that ratio", () => {
    for (const aspectRatio of ASPECT_RATIOS) {
      const input = model.input({ prompt: "p", negativePrompt: "", aspectRatio, seed: null });
      if (input.aspect_ratio === "custom") {
        const [w, h] = aspectRatio.split(":").map(Number);
        expect(Number(input.width) / Number(input.height)).toBeCloseTo((w ?? 0) / (h ?? 1), 5);
        expect([Number(input.width) % 32, Number(input.height) % 32]).toEqual([0, 0]);
        expect(input.resolution).toBeUndefined();
      } else {
        expect(input.aspect_ratio).toBe(aspectRatio);
        if (name.includes("pro")) expect(LISTED.has(aspectRatio)).toBe(true);
      }
    }
  });

  it("costs something", () => expect(imageCostUsd(model)).toBeGreaterThan(0));
});

describe.each(named(clips))("the clip model %s", (name, model) => {
  const request = (seconds: number) => ({
    prompt: "p",
    negativePrompt: "n",
    imageUrl: "https://x.test/a.jpg",
    seconds,
    resolution: "720p" as const,
    aspectRatio: "16:9" as const,
    seed: null,
  });

  it("is sent only what its schema documents, for every length, resolution and ratio", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...model.seconds),
        resolution,
        ratio,
        seed,
        (seconds, wanted, aspectRatio, number) => {
          const input = model.input({ ...request(seconds), resolution: wanted, aspectRatio, seed: number });
          expect(Object.keys(input).filter((f) => !CLIP_FIELDS[name]?.includes(f))).toEqual([]);
          expect(Object.values(input)).toContain("https://x.test/a.jpg");
          expect(input.seed).toBe(model.seed ? (number ?? undefined) : undefined);
          if ("resolution" in input) expect([...model.usdPerSecond.keys()]).toContain(input.resolution);
        },
      ),
    );
  });

  it("is never asked for a length that it does not sell", () => {
    expect(() => model.input(request(3.21))).toThrow(RangeError);
  });

  it("has legal lengths in ascending order, as frames too", () => {
    const lengths = clipFrameLengths(model, 24);
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    expect(new Set(lengths).size).toBe(lengths.length);
  });

  it("gives the shortest legal clip that is long enough, and null only past its longest", () => {
    const { maxFrames } = clipFrameRange(model, 24);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (frames) => {
        const seconds = clipSecondsFor(model, frames, 24);
        if (seconds === null) {
          expect(frames).toBeGreaterThan(maxFrames);
          return;
        }
        expect(model.seconds).toContain(seconds);
        expect(Math.round(seconds * 24 * 1e6) / 1e6).toBeGreaterThanOrEqual(frames);
        for (const shorter of model.seconds.filter((s) => s < seconds)) {
          expect(Math.round(shorter * 24 * 1e6) / 1e6).toBeLessThan(frames);
        }
      }),
    );
  });

  it("never costs less for longer or larger", () => {
    const prices = model.seconds.map((s) => clipCostUsd(model, s, "480p"));
    expect(prices).toEqual(prices.toSorted((a, b) => a - b));
    const [low = 0, middle = 0, high = 0] = (["480p", "720p", "1080p"] as const).map((r) =>
      clipCostUsd(model, 5, r),
    );
    expect(low).toBeGreaterThan(0);
    expect(low <= middle && middle <= high).toBe(true);
  });
});

describe("the tables of models", () => {
  it("know nothing of other names", () => {
    for (const name of ["", "flux", "constructor", "__proto__"]) {
      expect([imageModel(name), clipModel(name)]).toEqual([undefined, undefined]);
    }
  });

  it.each([
    ["bytedance/seedance-1-lite", 5 * 24, 5],
    ["bytedance/seedance-1-lite", 5 * 24 + 1, 6],
    ["bytedance/seedance-1-lite", 1, 2],
    ["bytedance/seedance-1-lite", 12 * 24, 12],
    ["bytedance/seedance-1-lite", 12 * 24 + 1, null],
    ["kwaivgi/kling-v2.1", 5 * 24 + 1, 10],
    ["wan-video/wan-2.2-i2v-fast", 24, 81 / 24],
    ["wan-video/wan-2.2-i2v-fast", 100, 100 / 24],
    ["wan-video/wan-2.2-i2v-fast", 122, null],
  ])("%s serves a scene of %i frames with a clip of %s s", (name, frames, seconds) => {
    expect(clipSecondsFor(known(clipModel(name)), frames, 24)).toBe(seconds);
  });

  it.each([
    ["kwaivgi/kling-v2.1", "480p", "720p", "standard"],
    ["kwaivgi/kling-v2.1", "1080p", "1080p", "pro"],
    ["wan-video/wan-2.2-i2v-fast", "1080p", "720p", undefined],
  ] as const)("%s, asked for %s, gives and charges %s", (name, wanted, given, mode) => {
    const model = known(clipModel(name));
    expect(clipResolution(model, wanted)).toBe(given);
    expect(clipCostUsd(model, 5, wanted)).toBe(clipCostUsd(model, 5, given));
    const [seconds = 0] = model.seconds;
    const input = model.input({
      prompt: "",
      negativePrompt: "",
      imageUrl: "",
      seconds,
      resolution: wanted,
      aspectRatio: "1:1",
      seed: 1,
    });
    expect(input.mode).toBe(mode);
  });
});

describe("the price of words", () => {
  it("of a chat is the dearest that any of its models could ask", () => {
    const all = chatCostUsd(DIRECTOR_MODELS, 10_000, 2_000);
    for (const model of DIRECTOR_MODELS) expect(chatCostUsd([model], 10_000, 2_000)).toBeLessThanOrEqual(all);
    expect(chatCostUsd(["unheard/of"], 10_000, 2_000)).toBeGreaterThan(all);
  });

  it("of a transcription is $0.006 a minute", () => expect(transcriptionCostUsd(180)).toBeCloseTo(0.018, 9));
});
