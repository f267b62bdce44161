import { createCanvas, loadImage } from "@napi-rs/canvas";
import { EncodedVideoChunk, VideoDecoder } from "@napi-rs/webcodecs";
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from "mediabunny";
import { describe, expect, test } from "vitest";
import { keysOf, SETTINGS } from "../../../../src/sandbox/story/words.ts";
import { readStamp } from "../../../../src/sandbox/studio/art/stamp.ts";
import { cameraOf, viewAt } from "../../../../src/sandbox/studio/camera.ts";
import { clipSize, type Shape } from "../../../../src/sandbox/studio/clip-size.ts";
import { bleedOf, drawPicture } from "../../../../src/sandbox/studio/draw.ts";
import { type FilmInput, shootClip } from "../../../../src/sandbox/studio/film.ts";
import { openStudio } from "../../../../src/sandbox/studio/studio.ts";

const picture = (prompt: string, format: "jpg" | "png" | "webp" = "png", width = 336, height = 192) =>
  drawPicture({ prompt, seed: null, width, height, format, quality: 90 });

/** RGBA of an image file. */
async function pixels(file: Uint8Array): Promise<{ width: number; height: number; data: Uint8ClampedArray }> {
  const image = await loadImage(Buffer.from(file));
  const brush = createCanvas(image.width, image.height).getContext("2d");
  brush.drawImage(image, 0, 0);
  return brush.getImageData(0, 0, image.width, image.height);
}

/** Mean difference of two images of one size, 0 to 255. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs((a[i] ?? 0) - (b[i] ?? 0));
  return sum / a.length;
}

describe("pictures", () => {
  test("the same prompt and seed give the same bytes; another seed gives another picture", async () => {
    const prompt = "a city skyline at night in the rain «Neon rain»";
    expect(await picture(prompt)).toEqual(await picture(prompt));
    const other = await drawPicture({ prompt, seed: 7, width: 336, height: 192, format: "png", quality: 90 });
    expect(apart((await pixels(other)).data, (await pixels(await picture(prompt))).data)).toBeGreaterThan(3);
  });

  test("other words give another picture: no two settings look alike", async () => {
    const seen: Uint8ClampedArray[] = [];
    for (const place of keysOf(SETTINGS)) seen.push((await pixels(await picture(`${place} at dusk`))).data);
    for (const [i, a] of seen.entries()) {
      for (const b of seen.slice(0, i)) expect(apart(a, b)).toBeGreaterThan(3);
    }
  });

  test("the palette of the prompt colours the picture", async () => {
    const mean = async (palette: string) => {
      const { data } = await pixels(await picture(`hills at dusk. Palette ${palette}.`));
      const sum = (channel: number) => data.reduce((all, v, i) => (i % 4 === channel ? all + v : all), 0);
      return { red: sum(0), blue: sum(2) };
    };
    const [warm, cold] = [await mean("#200808, #a03020, #ffb080"), await mean("#080820, #2030a0, #80b0ff")];
    expect(warm.red).toBeGreaterThan(warm.blue);
    expect(cold.blue).toBeGreaterThan(cold.red);
  });

  test("the lyric between « and » is drawn as text; with letters that the typeface lacks, no text is drawn", async () => {
    const bare = (await pixels(await picture("calm bay at dusk «»"))).data;
    const scene = (lyric: string) => picture(`calm bay at dusk «${lyric}»`);
    // The prompt seeds the picture, so only the lettering's own corner can be compared by its brightest
    // pixels.
    const brightest = (data: Uint8ClampedArray) => {
      let most = 0;
      for (let y = 165; y < 180; y++) {
        for (let x = 12; x < 90; x++) most = Math.max(most, data[(y * 336 + x) * 4] ?? 0);
      }
      return most;
    };
    const lettered = brightest((await pixels(await scene("Sommer, früh & spät"))).data);
    expect(lettered).toBeGreaterThan(brightest(bare) + 40);
    await expect(scene("夏は来ぬ")).resolves.toBeInstanceOf(Uint8Array);
  });

  test.each(["jpg", "png", "webp"] as const)(
    "a %s file has that format, and carries the prompt that was drawn",
    async (format) => {
      const file = await picture("a balloon over clouds «Up»", format);
      expect(await pixels(file)).toMatchObject({ width: 336, height: 192 });
      const magic = { jpg: "ffd8ff", png: "89504e", webp: "524946" };
      expect(Buffer.from(file.subarray(0, 3)).toString("hex")).toBe(magic[format]);
      expect(readStamp(file)).toEqual({ prompt: "a balloon over clouds «Up»", seed: null });
    },
  );
});

const read = (file: Uint8Array) => new Input({ source: new BufferSource(file), formats: ALL_FORMATS });
const NEAREST: Shape = {
  kind: "nearest",
  sizes: [
    [864, 480],
    [736, 544],
    [480, 864],
  ],
};
const film = (image: Uint8Array | null, over: Partial<FilmInput> = {}) =>
  shootClip({
    image,
    motion: "slow push in",
    shape: NEAREST,
    aspect: "16:9",
    frames: 48,
    fps: 24,
    sound: false,
    ...over,
  });

async function facts(file: Uint8Array) {
  using input = read(file);
  const track = await input.getPrimaryVideoTrack();
  if (!track) throw new Error("no video");
  const config = await track.getDecoderConfig();
  const packets = [];
  for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet);
  const { description } = config ?? {};
  return {
    packets,
    config,
    size: [track.codedWidth, track.codedHeight],
    seconds: await input.computeDuration(),
    avcC: ArrayBuffer.isView(description)
      ? Buffer.from(description.buffer, description.byteOffset, description.byteLength).toString("hex")
      : "",
  };
}

/** RGBA of some frames of a clip. */
async function frames(file: Uint8Array, wanted: readonly number[]): Promise<Uint8Array[]> {
  const { packets, config } = await facts(file);
  if (!config) throw new Error("no configuration");
  const out: Promise<Uint8Array>[] = [];
  let n = 0;
  const decoder = new VideoDecoder({
    output: (frame) => {
      if (!wanted.includes(n++)) return frame.close();
      const rgba = new Uint8Array(frame.codedWidth * frame.codedHeight * 4);
      out.push(frame.copyTo(rgba, { format: "RGBA" }).then(() => rgba));
    },
    error: (error) => {
      throw error;
    },
  });
  decoder.configure({ codec: config.codec, description: config.description });
  for (const p of packets) {
    decoder.decode(
      new EncodedVideoChunk({ type: p.type, timestamp: Math.round(p.timestamp * 1e6), data: p.data }),
    );
  }
  await decoder.flush();
  decoder.close();
  return Promise.all(out);
}

describe("clips", () => {
  test("have seconds × 24 frames of H.264 from one key frame, in presentation order", async () => {
    const { packets, config, seconds, size } = await facts(
      await film(await picture("a calm bay at dusk", "jpg")),
    );
    expect(packets).toHaveLength(48);
    expect(packets.map((p) => p.type)).toEqual(["key", ...Array<string>(47).fill("delta")]);
    expect(packets.map((p) => Math.round(p.timestamp * 24))).toEqual(Array.from({ length: 48 }, (_, i) => i));
    expect(config?.codec).toMatch(/^avc1\.64/);
    expect([seconds, size]).toEqual([2, [864, 480]]);
  });

  test("of one resolution have one decoder configuration, whatever they show and however long they are", async () => {
    const seen = new Set<string>();
    for (const [prompt, n, motion] of [
      ["hills at dawn", 48, "pan left"],
      ["city, rain, night", 24, "pull back"],
      ["clouds", 12, "static"],
    ] as const) {
      seen.add((await facts(await film(await picture(prompt, "jpg"), { frames: n, motion }))).avcC);
    }
    expect(seen.size).toBe(1);
    expect([...seen][0]).not.toBe("");
  });

  test("begin with the picture and move away from it", async () => {
    const image = await picture("a paper boat on a calm bay at dusk «Go»", "png", 864, 480);
    const [first, last] = await frames(await film(image, { frames: 36 }), [0, 35]);
    const still = (await pixels(image)).data;
    expect(apart(first ?? [], still)).toBeLessThan(6);
    expect(apart(last ?? [], still)).toBeGreaterThan(apart(first ?? [], still) * 1.5);
  });

  test("are the same frames for the same input", async () => {
    const image = await picture("a field at dusk, sparks", "jpg");
    // The whole file differs: it contains the time at which it was written.
    const stream = async () => (await facts(await film(image, { frames: 12 }))).packets.map((p) => p.data);
    expect(await stream()).toEqual(await stream());
  });

  test.each([
    "pull back fast, pan left, rising",
    "whip pan to the right, tilt down",
    "zoom out, drift left and sink",
    "push in fast",
    "static",
  ])("never show the end of what is painted: %s", (motion) => {
    for (const [width, height] of [
      [1280, 720],
      [720, 1280],
    ] as const) {
      const bleed = bleedOf(width, height);
      const { scale, x, y } = viewAt(cameraOf(motion), 1, 1, { width, height, bleed });
      expect((width / 2 + Math.abs(x)) / scale).toBeLessThanOrEqual(width / 2 + bleed);
      expect((height * 0.52 + Math.abs(y)) / scale).toBeLessThanOrEqual(height * 0.52 + bleed);
    }
  });

  test("move any image, also one that was not drawn here", async () => {
    const canvas = createCanvas(640, 480);
    const brush = canvas.getContext("2d");
    for (let i = 0; i < 40; i++) {
      brush.fillStyle = `hsl(${i * 9} 60% 50%)`;
      brush.fillRect((i % 8) * 80, Math.floor(i / 8) * 96, 80, 96);
    }
    const clip = await film(await canvas.encode("png"), { frames: 24, motion: "pan left" });
    expect((await facts(clip)).size).toEqual([736, 544]);
    const [first, last] = await frames(clip, [0, 23]);
    expect(apart(first ?? [], last ?? [])).toBeGreaterThan(3);
  });

  test.each<[string, number, number, Shape, [number, number]]>([
    ["nearest to its shape", 1344, 768, NEAREST, [864, 480]],
    ["nearest to its shape", 768, 1344, NEAREST, [480, 864]],
    ["that is asked for", 768, 1344, { kind: "exact", pixels: [1280, 720] }, [1280, 720]],
    ["of its own shape", 1280, 720, { kind: "picture", lines: 720 }, [1280, 720]],
    ["of its own shape", 1344, 768, { kind: "picture", lines: 720 }, [1260, 720]],
    ["of its own shape", 720, 1280, { kind: "picture", lines: 1080 }, [1080, 1920]],
    ["of its own shape, in even numbers", 1001, 1000, { kind: "picture", lines: 480 }, [480, 480]],
  ])("have the size %s: of a %d × %d picture", (_, width, height, shape, size) => {
    expect(clipSize(shape, width, height)).toEqual(size);
  });

  test("with sound have sound as long as the pictures, and the same pictures as without", async () => {
    const image = await picture("hills", "jpg");
    const file = await film(image, { frames: 36, sound: true });
    using input = read(file);
    const track = await input.getPrimaryAudioTrack();
    expect(await track?.getCodec()).toBe("aac");
    expect(await track?.computeDuration()).toBeCloseTo(1.5, 1);
    const silent = await facts(await film(image, { frames: 36 }));
    expect((await facts(file)).packets.map((p) => p.data)).toEqual(silent.packets.map((p) => p.data));
  });

  test("that are cancelled make room for the next job", async () => {
    const studio = openStudio(1);
    try {
      const stop = new AbortController();
      const image = await picture("hills", "jpg");
      const input = {
        image,
        motion: "push in",
        shape: { kind: "exact", pixels: [1280, 720] },
        aspect: "16:9",
        frames: 2400,
        fps: 24,
        sound: false,
      } as const;
      const long = studio.film(input, stop.signal);
      const next = studio.draw(
        { prompt: "sea", seed: null, width: 64, height: 64, format: "png", quality: 90 },
        new AbortController().signal,
      );
      stop.abort();
      await expect(long).rejects.toThrow("cancelled");
      expect((await next).byteLength).toBeGreaterThan(0);
    } finally {
      studio.close();
    }
  });
});
