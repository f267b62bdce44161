import { describe, expect, it } from "vitest";
import { fromBase64, parseAvcConfig, toBase64, withParameterSets } from "../../src/media/avc.ts";
import { inspectClip } from "../../src/media/clip.ts";
import { refuseJoin, sceneNames } from "../../src/media/join.ts";
import { storedFile } from "../../src/media/source.ts";
import { changingBucket, fixture } from "../support/media.ts";

async function facts(name: string) {
  const inspected = await inspectClip(fixture(`clips/${name}.mp4`));
  if (!inspected.ok) throw new Error(inspected.failure.message);
  return inspected.clip;
}

describe("a clip", () => {
  it.each([
    ["a-5s-24fps", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: false }],
    ["baseline-5s-24fps", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: false }],
    ["bframes-5s-24fps", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: false }],
    ["c-5s-30fps", { frames: 150, fps: 30, width: 640, height: 360, hasAudio: false }],
    ["d-720p-24fps", { frames: 120, fps: 24, width: 1280, height: 720, hasAudio: false }],
    ["with-audio-5s", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: true }],
  ])("is measured by its packets: %s", async (name, expected) => {
    const clip = await facts(name);
    expect(clip).toMatchObject({ ...expected, durationSeconds: 5 });
    expect(clip.codec).toMatch(/^avc1\.[0-9a-f]{6}$/);
    expect(parseAvcConfig(fromBase64(clip.decoderConfig))).toMatchObject({ lengthSize: 4 });
  });

  it("costs one read where its index is in front", async () => {
    const bytes = fixture("clips/a-5s-24fps.mp4");
    const file = storedFile(changingBucket(bytes, 99), { key: "song", etag: "v1", bytes: bytes.length });
    expect(await inspectClip(file)).toMatchObject({ ok: true });
    expect(file.reads()).toBe(1);
  });

  it.each([
    ["is empty", new Uint8Array()],
    ["is no video", fixture("song.mp3")],
    ["has sound only", fixture("audio/faststart.m4a")],
    ["breaks off", fixture("clips/a-5s-24fps.mp4").slice(0, 100_000)],
    ["is noise", new Uint8Array(5000).fill(7)],
  ])("that %s is refused", async (_what, bytes) => {
    expect(await inspectClip(bytes)).toMatchObject({ ok: false, failure: { code: "clip_unreadable" } });
  });

  it.each(["stsc", "ctts"])("whose index counts to 4 billion is refused in good time: %s", async (table) => {
    const bytes = fixture("clips/a-5s-24fps.mp4");
    const text = String.fromCharCode(...bytes.subarray(0, 8000));
    const entry = text.indexOf(table) + (table === "stsc" ? 16 : 12);
    expect(entry).toBeGreaterThan(100);
    bytes.fill(0xff, entry, entry + 4);
    expect(await inspectClip(bytes)).toMatchObject({ ok: false, failure: { code: "clip_unreadable" } });
  });

  it("that was deleted meanwhile is refused as such", async () => {
    const bytes = fixture("clips/a-5s-24fps.mp4");
    const file = storedFile(changingBucket(bytes, 0), { key: "song", etag: "v1", bytes: bytes.length });
    expect(await inspectClip(file)).toMatchObject({ ok: false, failure: { code: "media_gone" } });
  });
});

describe("clips", () => {
  it("join when they agree in size and form, also with other parameter sets or another rate", async () => {
    const names = ["a-5s-24fps", "baseline-5s-24fps", "bframes-5s-24fps", "c-5s-30fps", "with-audio-5s"];
    const clips = await Promise.all(names.map(facts));
    expect(refuseJoin(clips.map((clip, i) => ({ scene: i + 1, clip })))).toBeNull();
    expect(new Set(clips.map((clip) => clip.decoderConfig)).size).toBeGreaterThan(2);
  });

  it("of another size are refused, naming their scenes and sizes", async () => {
    const [small, large] = [await facts("a-5s-24fps"), await facts("d-720p-24fps")];
    const refused = refuseJoin(
      [small, large, small, small, large].map((clip, i) => ({ scene: i + 1, clip })),
    );
    expect(refused?.code).toBe("clip_size_differs");
    expect(refused?.message).toMatch(/scene 2 \(1280×720\), scene 5 \(1280×720\)/);
  });

  it("of another codec are refused, naming their scenes", async () => {
    const clip = await facts("a-5s-24fps");
    const other = { ...clip, codec: "hvc1.1.6.L93.B0" };
    const refused = refuseJoin([
      { scene: 1, clip },
      { scene: 2, clip: other },
    ]);
    expect(refused).toMatchObject({ code: "clip_codec_differs" });
    expect(refused?.message).toMatch(/scene 2\b/);
  });

  it("are named as people count", () => {
    expect([[3], [3, 5], [3, 5, 7]].map(sceneNames)).toEqual([
      "scene 3",
      "scenes 3 and 5",
      "scenes 3, 5 and 7",
    ]);
  });
});

describe("a decoder configuration", () => {
  // Version, profile, compatibility, level, 4 byte lengths, one SPS of 3 bytes, one PPS of 2.
  const record = Uint8Array.of(1, 100, 0, 31, 0xff, 0xe1, 0, 3, 0x67, 1, 2, 1, 0, 2, 0x68, 9);

  it("gives its parameter sets, with their lengths, to the packet behind them", () => {
    const config = parseAvcConfig(record);
    if (!config) throw new Error("not parsed");
    expect([...withParameterSets(Uint8Array.of(42), config)]).toEqual([
      0, 0, 0, 3, 0x67, 1, 2, 0, 0, 0, 2, 0x68, 9, 42,
    ]);
  });

  it.each([
    ["empty", new Uint8Array()],
    ["cut off", record.slice(0, 9)],
    ["of another version", Uint8Array.of(0, ...record.slice(1))],
    ["without sets", Uint8Array.of(1, 100, 0, 31, 0xff, 0xe0, 0)],
  ])("is none when %s", (_what, bytes) => {
    expect(parseAvcConfig(bytes)).toBeNull();
  });

  it("survives base64", () => {
    expect(fromBase64(toBase64(record))).toEqual(record);
  });
});
