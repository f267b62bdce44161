import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Image, ProvenanceMark } from "../../../src/domain/record/record.ts";
import { memoryFile } from "../../../src/media/lib/source.ts";
import { clipProvenance, pictureProvenance } from "../../../src/media/marks/provenance.ts";
import { jpeg, mp4 } from "../../support/answers.ts";
import { fixture } from "../../support/media.ts";
import { box, carrying, manifestParts, manifestStore } from "../../support/pictures.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { file, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const POLL_MS = 5_000;
const signed = manifestStore(`digitalSourceType ${AI}`);
const told: ProvenanceMark = {
  kind: "c2pa",
  bytes: signed.length,
  name: null,
  sources: ["trainedAlgorithmicMedia"],
  watermark: null,
};

/** Runs one order to its end; `bytes` is the output file. */
async function collected(stage: "generate_images" | "generate_clips", bytes: Uint8Array) {
  const studio = pipeline.studio();
  const { id } = await staged(studio, stage);
  studio.script.create.next(running("p1"));
  studio.script.get.next(succeeded("p1"));
  studio.script.openOutput.next(file(bytes));
  await studio.run(id);
  await studio.run(id, POLL_MS);
  const record = await studio.record(id);
  const row = stage === "generate_images" ? record.images[0] : record.clips[0];
  return { row, kept: await kept(studio, row?.objectKey ?? "") };
}

async function kept({ bucket }: Studio, key: string): Promise<Uint8Array> {
  return (await bucket.read(key, 0, 2 ** 30)) ?? new Uint8Array();
}

describe("the provenance in a provider's file", () => {
  test("is kept with an image, whose file is not changed", async () => {
    const bytes = carrying("jpeg", jpeg, ...manifestParts("jpeg", signed));
    const { row, kept: stored } = await collected("generate_images", bytes);
    expect(row).toMatchObject({ status: "completed", provenance: [told] });
    expect(Buffer.from(stored).equals(bytes)).toBe(true);
  });

  test("is kept with a clip, whose file is not changed", async () => {
    const uuid = Buffer.from("d8fec3d61b0e483c92975828877ec481", "hex");
    const bytes = Buffer.concat([mp4, box("uuid", uuid, signed)]);
    const { row, kept: stored } = await collected("generate_clips", new Uint8Array(bytes));
    expect(row).toMatchObject({ status: "completed", provenance: [told] });
    expect(Buffer.from(stored).equals(bytes)).toBe(true);
  });

  test.each([
    ["generate_images", jpeg],
    ["generate_clips", mp4],
  ] as const)("is nothing where it carries nothing: %s", async (stage, bytes) => {
    expect((await collected(stage, bytes)).row).toMatchObject({ status: "completed", provenance: [] });
  });
});

/** Makes a film whose scenes have this image; returns the film and its sidecar files from the bucket. */
async function filmed(origin: Image["origin"], bytes: Uint8Array) {
  const studio = pipeline.studio();
  const sung = fixture("song.mp3");
  const song = studio.bucket.upload("song", sung, "audio/mpeg");
  const { id } = await staged(studio, "assemble_video", {
    scenes: 13,
    audio: { key: "song", etag: song.etag, bytes: sung.length },
    clip: mp4,
    picture: { origin, bytes, provenance: [told] },
  });
  await studio.run(id);
  const [film] = (await studio.record(id)).films;
  if (!film?.objectKey || !film.sidecars?.poster) throw new Error("no film with a poster");
  const sheet = await kept(studio, film.sidecars.releaseSheet);
  return {
    film: await kept(studio, film.objectKey),
    poster: await kept(studio, film.sidecars.poster),
    sheet: JSON.parse(Buffer.from(sheet).toString()),
  };
}

describe("a film and its poster", () => {
  test("say in their files that AI made them, and the release sheet tells how", async () => {
    const { film, poster, sheet } = await filmed("generated", jpeg);
    expect((await clipProvenance(memoryFile(film))).map(({ sources }) => sources)).toEqual([
      ["compositeSynthetic"],
    ]);
    expect(pictureProvenance(poster).map(({ sources }) => sources)).toEqual([["trainedAlgorithmicMedia"]]);
    // The cover art inside the film is the poster.
    expect(Buffer.from(film).includes(poster)).toBe(true);
    expect(sheet.marked_as_ai).toEqual({
      film: {
        digital_source_type: "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic",
        by: "xmp",
      },
      poster: { by: "xmp" },
      note: expect.stringMatching(/platforms ask/),
    });
  });

  test("leave an image that the person uploaded as it is: AI did not make it", async () => {
    const { poster, sheet } = await filmed("uploaded", jpeg);
    expect(Buffer.from(poster).equals(jpeg)).toBe(true);
    expect(sheet.marked_as_ai).toMatchObject({ film: { by: "xmp" }, poster: null });
  });

  test("leave a poster as it is whose C2PA manifest says it already", async () => {
    const bytes = carrying("jpeg", jpeg, ...manifestParts("jpeg", signed));
    const { poster, sheet } = await filmed("generated", bytes);
    expect(Buffer.from(poster).equals(bytes)).toBe(true);
    expect(sheet.marked_as_ai.poster).toEqual({ by: "c2pa" });
  });

  test("have a release sheet with the provenance of each scene's image and clip", async () => {
    const { sheet } = await filmed("generated", jpeg);
    expect(sheet.scenes).toHaveLength(13);
    for (const { image, clip } of sheet.scenes) {
      expect(image.provenance).toEqual([
        {
          kind: "c2pa",
          bytes: signed.length,
          name: null,
          digital_source_types: ["trainedAlgorithmicMedia"],
          watermark: null,
        },
      ]);
      expect(clip.provenance).toBeNull();
    }
  });
});
