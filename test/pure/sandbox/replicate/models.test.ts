/** What our adapters send is accepted by the sandbox's own schemas of the models. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CLIP_MODEL_NAMES,
  type ClipModel,
  clipLengths,
  clipModel,
  IMAGE_MODEL_NAMES,
  type ImageModel,
  imageModel,
  makesRatio,
  RETIRED_CLIP_MODELS,
} from "../../../../src/domain/models/models.ts";
import { ASPECT_RATIOS } from "../../../../src/domain/record/record.ts";
import type { HostedModel, Work } from "../../../../src/sandbox/replicate/model.ts";
import { byName } from "../../../../src/sandbox/replicate/models.ts";
import { clipSize } from "../../../../src/sandbox/studio/clip-size.ts";

const IMAGE = "https://x.test/a.jpg";
const text = fc.string();
const ratio = fc.constantFrom(...ASPECT_RATIOS);
const seed = fc.option(fc.nat({ max: 2 ** 28 }));
const resolution = fc.constantFrom("480p" as const, "720p" as const, "1080p" as const);

function both<M>(name: string, model: M | undefined): readonly [string, M, HostedModel] {
  const host = byName(name);
  if (!model || !host) throw new Error(`${name} is sold and hosted`);
  return [name, model, host];
}
const images = IMAGE_MODEL_NAMES.map((name) => both<ImageModel>(name, imageModel(name)));
const clips = [...CLIP_MODEL_NAMES, ...RETIRED_CLIP_MODELS].map((name) =>
  both<ClipModel>(name, clipModel(name)),
);

/** The work that an input asks for. Throws where the schema refuses it, naming the fields. */
function accepted(host: HostedModel, input: unknown): Work {
  const read = host.read(input);
  if (!read.ok) throw read.error;
  return read.work;
}

describe.each(images)("the image model %s", (name, model, host) => {
  test("accepts our input: the prompt unchanged, JPEG, a seed only where there is one", () => {
    fc.assert(
      fc.property(text, text, ratio, seed, (prompt, negativePrompt, aspectRatio, number) => {
        const input = model.input({ prompt, negativePrompt, aspectRatio, seed: number });
        expect(Object.values(input)).not.toContain(null);
        expect(accepted(host, input)).toMatchObject({
          kind: "pictures",
          prompt,
          format: "jpg",
          seed: model.seed ? number : null,
          count: 1,
        });
      }),
    );
  });

  test("makes images of about the project's aspect ratio", () => {
    for (const aspectRatio of ASPECT_RATIOS) {
      const work = accepted(host, model.input({ prompt: "", negativePrompt: "", aspectRatio, seed: null }));
      if (work.kind !== "pictures") throw new Error("It draws pictures");
      const [w = 0, h = 1] = aspectRatio.split(":").map(Number);
      const off = Math.abs(work.width / work.height / (w / h) - 1);
      expect(off).toBeLessThan(name.endsWith("flux-2-pro") ? 1e-9 : 0.06);
    }
  });

  test("gives one output or a list, as its schema says", () => expect(host.output).toBe(model.output));
});

describe.each(clips)("the clip model %s", (_, model, host) => {
  const input = fc.record({
    prompt: text,
    negativePrompt: text,
    imageUrl: fc.constant(IMAGE),
    wanted: resolution,
    length: fc.nat(),
    aspectRatio: ratio.filter((r) => makesRatio(model, r)),
    seed,
  });
  const order = ({ wanted, length, ...request }: typeof input extends fc.Arbitrary<infer T> ? T : never) => {
    const lengths = clipLengths(model, wanted);
    const seconds = lengths[length % lengths.length] ?? 0;
    return { seconds, input: model.input({ ...request, seconds, resolution: wanted }) };
  };

  test("accepts our input for every length, resolution and ratio, and makes no sound where that can be switched off", () => {
    fc.assert(
      fc.property(input, (asked) => {
        const sent = order(asked).input;
        expect(Object.values(sent)).not.toContain(null);
        expect(sent.seed).toBe(model.seed ? (asked.seed ?? undefined) : undefined);
        const work = accepted(host, sent);
        expect(work).toMatchObject({ kind: "clip", image: IMAGE, sound: model.sound === "always" });
      }),
    );
  });

  test("makes clips of the length that it sells, at the frame rate that we state", () => {
    fc.assert(
      fc.property(input, (asked) => {
        const { seconds, input: sent } = order(asked);
        const work = accepted(host, sent);
        if (work.kind !== "clip") throw new Error("It makes clips");
        expect(work.fps).toBe(model.fps);
        expect(work.frames / work.fps).toBeGreaterThanOrEqual(seconds - 1e-6);
        expect(work.frames / work.fps).toBeLessThan(seconds + 0.1);
      }),
    );
  });

  test("makes clips of the size that we state, from an image of the project's ratio", () => {
    fc.assert(
      fc.property(input, (asked) => {
        const work = accepted(host, order(asked).input);
        if (work.kind !== "clip") throw new Error("It makes clips");
        const [w = 0, h = 1] = asked.aspectRatio.split(":").map(Number);
        const [width, height] = clipSize(work.shape, w * 80, h * 80);
        const size = model.size(asked.wanted, asked.aspectRatio);
        if (size) expect({ width, height }).toEqual(size);
      }),
    );
  });
});
