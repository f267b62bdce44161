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

  it("serves a scene with the shortest clip it sells that covers it, and none beyond its longest", () => {
    for (const wanted of RESOLUTIONS) {
      const lengths = clipLengths(model, wanted);
      lengths.forEach((seconds, i) => {
        const frames = Math.floor(seconds * 24 + 1e-6);
        const from = Math.floor((lengths[i - 1] ?? 0) * 24 + 1e-6) + 1;
        expect(clipSecondsFor(model, from, 24, wanted)).toBe(seconds);
        expect(clipSecondsFor(model, frames, 24, wanted)).toBe(seconds);
      });
      const { maxFrames } = clipFrameRange(model, 24, wanted);
      expect(clipSecondsFor(model, maxFrames, 24, wanted)).toBe(lengths.at(-1));
      expect(clipSecondsFor(model, maxFrames + 1, 24, wanted)).toBeNull();
    }
  });

  it("makes the wanted resolution, else the next higher, else its highest, and charges that", () => {
    const offered = RESOLUTIONS.filter((r) => model.usdPerSecond.has(r));
    for (const wanted of RESOLUTIONS) {
      const higher = RESOLUTIONS.slice(RESOLUTIONS.indexOf(wanted));
      const given = clipResolution(model, wanted);
      expect(given).toBe(higher.find((r) => offered.includes(r)) ?? offered.at(-1));
      for (const seconds of clipLengths(model, wanted)) {
        const usd = (model.usdPerSecond.get(given) ?? Number.NaN) * seconds;
        expect(clipCostUsd(model, seconds, wanted)).toBeCloseTo(usd, 9);
        const order = { ...request(seconds), resolution: wanted };
        expect(model.input(order)).toEqual(model.input({ ...order, resolution: given }));
      }
    }
  });

  it("never costs less for a longer or larger clip", () => {
    const lengths = model.seconds.map((s) => clipCostUsd(model, s, "480p"));
    expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    const sizes = RESOLUTIONS.map((r) => clipCostUsd(model, 5, r));
    expect(sizes[0]).toBeGreaterThan(0);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  });

  it("gives sizes only for ratios that it makes, of about that ratio, in even numbers", () => {
    for (const wanted of RESOLUTIONS)
      for (const aspectRatio of ASPECT_RATIOS) {
        const size = model.size(wanted, aspectRatio);
        if (!size) continue;
        expect(makesRatio(model, aspectRatio)).toBe(true);
        expect(model.size(clipResolution(model, wanted), aspectRatio)).toEqual(size);
        const [w = 0, h = 1] = aspectRatio.split(":").map(Number);
        // Of 16:9, Seedance 2 makes 864×496, and others make 832×480.
        expect(Math.abs(Math.log(size.width / size.height / (w / h)))).toBeLessThan(0.03);
        expect([size.width % 2, size.height % 2]).toEqual([0, 0]);
      }
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

  it("name each model once", () => {
    const names = [...clips, ...images].map((model) => model.name);
    expect(names).toEqual([...new Set(names)]);
  });

  it("offer exactly the clip models that are not retired", () => {
    expect(clips.filter((model) => model.retired === null).map((model) => model.name)).toEqual(
      CLIP_MODEL_NAMES,
    );
    expect(RETIRED_CLIP_MODELS).not.toEqual([]);
    for (const name of RETIRED_CLIP_MODELS) {
      expect(isRetired(name)).toBe(true);
      expect(known(clipModel(name)).retired).toMatch(/^20\d\d-[01]\d-[0-3]\d$/);
    }
    for (const name of CLIP_MODEL_NAMES) expect(isRetired(name)).toBe(false);
  });

  it("offer the clip models of 1280×720 first", () => {
    const areHd = CLIP_MODEL_NAMES.map((name) => {
      const size = known(clipModel(name)).size("720p", "16:9");
      return size?.width === 1280 && size.height === 720;
    });
    expect(areHd).toEqual(areHd.toSorted((a, b) => Number(b) - Number(a)));
    expect(new Set(areHd).size).toBe(2);
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
