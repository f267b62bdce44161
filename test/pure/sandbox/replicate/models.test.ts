/** What our adapters send is accepted by the sandbox's own schemas of the models. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CLIP_MODEL_NAMES,
  type ClipModel,
  clipLengths,
  clipModel,
  clipResolution,
  IMAGE_MODEL_NAMES,
  type ImageModel,
  imageModel,
  makesRatio,
  RETIRED_CLIP_MODELS,
} from "../../../../src/domain/models/models.ts";
import type { Size } from "../../../../src/domain/models/sizes.ts";
import { ASPECT_RATIOS } from "../../../../src/domain/record/record.ts";
import type { HostedModel, Work } from "../../../../src/sandbox/replicate/model.ts";
import { byName } from "../../../../src/sandbox/replicate/models.ts";
import { clipSize } from "../../../../src/sandbox/studio/clip-size.ts";

const IMAGE = "https://x.test/a.jpg";
const text = fc.string();
const ratio = fc.constantFrom(...ASPECT_RATIOS);
const seed = fc.option(fc.nat({ max: 2 ** 28 }));

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

const RESOLUTIONS = ["480p", "720p", "1080p"] as const;

describe.each(clips)("the clip model %s", (_, model, host) => {
  const ratios = ASPECT_RATIOS.filter((ratio) => makesRatio(model, ratio));
  const request = { prompt: "p", negativePrompt: "n", imageUrl: IMAGE, seed: null };
  /** Every order that can be placed: its input, and what was asked for. */
  const orders = RESOLUTIONS.flatMap((resolution) =>
    clipLengths(model, resolution).flatMap((seconds) =>
      ratios.map((aspectRatio) => {
        const asked = { resolution, seconds, aspectRatio };
        return { ...asked, input: model.input({ ...request, ...asked }) };
      }),
    ),
  );
  const clipOf = (input: unknown): Extract<Work, { kind: "clip" }> => {
    const work = accepted(host, input);
    if (work.kind !== "clip") throw new Error("It makes clips");
    return work;
  };
  /** Its size, made from an image of this ratio. */
  const sizeOf = (input: unknown, ratio: string): Size => {
    const [w = 0, h = 1] = ratio.split(":").map(Number);
    const [width, height] = clipSize(clipOf(input).shape, w * 80, h * 80);
    return { width, height };
  };

  test("accepts our input for every length, resolution and ratio, and makes no sound where that can be switched off", () => {
    expect(orders).not.toEqual([]);
    for (const { input } of orders) {
      expect(Object.values(input)).not.toContain(null);
      expect(accepted(host, input)).toMatchObject({
        kind: "clip",
        image: IMAGE,
        sound: model.sound === "always",
      });
    }
  });

  test("accepts any texts unchanged, a negative prompt and a seed only where we say so", () => {
    const seconds = clipLengths(model, "720p")[0] ?? 0;
    const [aspectRatio] = ratios;
    if (!aspectRatio) throw new Error("It makes some ratio");
    fc.assert(
      fc.property(text, text, seed, (prompt, negativePrompt, number) => {
        const asked = { ...request, prompt, negativePrompt, seed: number, seconds, aspectRatio };
        const input = model.input({ ...asked, resolution: "720p" });
        expect(accepted(host, input)).toMatchObject({ prompt });
        expect(input.seed).toBe(model.seed ? (number ?? undefined) : undefined);
        expect(input.negative_prompt).toBe(model.negativePrompt ? negativePrompt : undefined);
      }),
    );
  });

  test("makes clips of the length that it sells, at the frame rate that we state", () => {
    for (const { seconds, input } of orders) {
      const { fps, frames } = clipOf(input);
      expect(fps).toBe(model.fps);
      expect(frames / fps).toBeGreaterThanOrEqual(seconds - 1e-6);
      expect(frames / fps).toBeLessThan(seconds + 0.1);
    }
  });

  test("makes clips of every size that we state, from an image of the project's ratio", () => {
    for (const { resolution, aspectRatio, input } of orders) {
      const size = model.size(resolution, aspectRatio);
      if (size) expect({ ...sizeOf(input, aspectRatio), aspectRatio }).toEqual({ ...size, aspectRatio });
    }
  });

  test("makes clips of about as many lines as the resolution that we charge is named for", () => {
    for (const { resolution, input } of orders.filter((order) => order.aspectRatio === "16:9")) {
      const lines = Number.parseInt(clipResolution(model, resolution), 10);
      // Of 480p and 720p, the Seedances make 496 and 704.
      expect(Math.abs(sizeOf(input, "16:9").height / lines - 1)).toBeLessThan(0.04);
    }
  });

  test("sells all lengths that its own schema takes, at every resolution", () => {
    const inputs = orders.map((order) => order.input);
    const field = ["duration", "num_frames"].find((name) => inputs.every((input) => name in input)) ?? "";
    for (const resolution of RESOLUTIONS) {
      const sold = orders.filter((order) => order.resolution === resolution).map((order) => order.input);
      const numbers = Array.from({ length: 200 }, (_, i) => i + 1);
      expect(numbers.filter((number) => host.read({ ...sold[0], [field]: number }).ok)).toEqual([
        ...new Set(sold.map((input) => input[field])),
      ]);
    }
  });

  test("offers all resolutions, up to 1080p, that its own schema takes", () => {
    const [order] = orders.filter((o) => "resolution" in o.input);
    if (!order) return;
    expect(
      RESOLUTIONS.filter(
        (resolution) =>
          host.read({ ...orders.findLast((o) => o.resolution === resolution)?.input, resolution }).ok,
      ),
    ).toEqual(RESOLUTIONS.filter((resolution) => model.usdPerSecond.has(resolution)));
  });

  test("is withdrawn at Replicate exactly if it is retired", () => {
    expect(host.dead).toBe(model.retired !== null);
  });
});
