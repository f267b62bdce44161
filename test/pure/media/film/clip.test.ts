import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  framedSets,
  fromBase64,
  hasIdr,
  parseAvcConfig,
  setName,
  toBase64,
} from "../../../../src/media/film/avc.ts";
import { clipPackets, inspectClip } from "../../../../src/media/film/clip.ts";
import { refuseJoin, sceneNames } from "../../../../src/media/film/join.ts";
import { box, joined } from "../../../../src/media/lib/mp4-boxes.ts";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { open, packets } from "../../../support/films.ts";
import { changingBucket, fixture } from "../../../support/media.ts";

async function facts(name: string) {
  const inspected = await inspectClip(fixture(`clips/${name}.mp4`));
  if (!inspected.ok) throw new Error(inspected.failure.message);
  return inspected.clip;
}

/** The offset of a box's name in the file. */
function indexesOf(bytes: Uint8Array, name: string): number[] {
  const text = Buffer.from(bytes).toString("latin1");
  return [...text.matchAll(new RegExp(name, "g"))].map(({ index }) => index);
}

/** The same clip with a megabyte of free space between its packets and its index. */
function indexLast(bytes: Uint8Array): Uint8Array {
  const at = bytes.findLastIndex((_, i) => String.fromCharCode(...bytes.subarray(i, i + 4)) === "moov") - 4;
  return joined([bytes.subarray(0, at), box("free", new Uint8Array(1 << 20)), bytes.subarray(at)]);
}

describe("a clip", () => {
  it.each([
    ["a-5s-24fps", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: false }],
    ["baseline-5s-24fps", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: false }],
    ["bframes-5s-24fps", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: false }],
    ["c-5s-30fps", { frames: 150, fps: 30, width: 640, height: 360, hasAudio: false }],
    ["d-720p-24fps", { frames: 120, fps: 24, width: 1280, height: 720, hasAudio: false }],
    ["with-audio-5s", { frames: 120, fps: 24, width: 640, height: 360, hasAudio: true }],
    ["numbered/groups", { frames: 192, fps: 24, width: 64, height: 64, hasAudio: false }],
    ["numbered/fragments", { frames: 90, fps: 24, width: 64, height: 64, hasAudio: false }],
  ])("is measured by its packets: %s", async (name, expected) => {
    const clip = await facts(name);
    expect(clip).toMatchObject(expected);
    expect(clip.durationSeconds).toBeCloseTo(expected.frames / expected.fps, 5);
    expect(clip.codec).toMatch(/^avc1\.[0-9a-f]{6}$/);
    expect(parseAvcConfig(fromBase64(clip.decoderConfig))).toMatchObject({ lengthSize: 4 });
  });

  it.each(["a-5s-24fps", "c-5s-30fps", "numbered/groups", "numbered/fragments", "with-audio-5s"])(
    "is read as mediabunny reads it: %s",
    async (name) => {
      const bytes = fixture(`clips/${name}.mp4`);
      const found = await clipPackets(memoryFile(bytes), false);
      if (!found.ok) throw new Error(found.failure.message);
      using input = open(bytes);
      const [video, audio] = [await input.getPrimaryVideoTrack(), await input.getPrimaryAudioTrack()];
      for (const [own, track] of [
        [found.packets.pictures(), video],
        [found.packets.sound()?.samples ?? [], audio],
      ] as const) {
        const theirs = await packets(track);
        expect(own.map((s) => bytes.slice(s.offset, s.offset + s.bytes))).toEqual(theirs.map((p) => p.data));
        expect(own.map((s) => s.key)).toEqual(theirs.map((p) => p.key));
        own.forEach((s, i) => {
          expect(s.time).toBeCloseTo(theirs[i]?.timestamp ?? -1, 9);
          expect(s.seconds).toBeCloseTo(theirs[i]?.duration ?? -1, 9);
        });
      }
    },
  );

  it.each([
    ["in front", fixture("clips/a-5s-24fps.mp4"), 1, 8 * 1024],
    ["last, behind a megabyte", indexLast(fixture("clips/numbered/groups.mp4")), 2, 8 * 1024 + 6000],
  ])("costs a read or two and a few kilobytes when its index is %s", async (_where, bytes, reads, most) => {
    let read = 0;
    const stored = changingBucket(bytes, 99);
    const counted: typeof stored = {
      read: (key, start, end, etag) => {
        read += end - start;
        return stored.read(key, start, end, etag);
      },
    };
    const object = { key: "song", etag: "v1", bytes: bytes.length };
    const file = storedFile(counted, object);
    expect(await clipPackets(file, false)).toMatchObject({ ok: true });
    expect(file.reads()).toBe(reads);
    expect(read).toBeLessThanOrEqual(most);
    const inspected = storedFile(stored, object);
    expect(await inspectClip(inspected)).toMatchObject({ ok: true });
    expect(inspected.reads()).toBe(reads);
  });

  it("whose first picture can't be decoded alone is refused", async () => {
    const bytes = fixture("clips/numbered/plain.mp4");
    const found = await clipPackets(memoryFile(bytes), false);
    const [first] = found.ok ? found.packets.pictures() : [];
    if (!first) throw new Error("no pictures");
    // Turns the slice of an IDR picture (type 5) into a non-IDR one (type 1).
    const view = new DataView(bytes.buffer);
    for (let at = first.offset; at < first.offset + first.bytes; at += 4 + view.getUint32(at)) {
      const unit = bytes[at + 4] ?? 0;
      if ((unit & 0x1f) === 5) bytes[at + 4] = (unit & 0xe0) | 1;
    }
    const refused = await inspectClip(bytes);
    expect(refused).toMatchObject({ ok: false, failure: { code: "output_form", retryable: false } });
    expect(refused.ok || refused.failure.message).toMatch(/first picture/);
  });

  it.each([
    ["is empty", new Uint8Array()],
    ["breaks off", fixture("clips/a-5s-24fps.mp4").slice(0, 100_000)],
    ["is noise", new Uint8Array(5000).fill(7)],
  ])("that %s is refused", async (_what, bytes) => {
    expect(await inspectClip(bytes)).toMatchObject({ ok: false, failure: { code: "clip_unreadable" } });
  });

  it.each(["stsc", "ctts"])("whose index counts to 4 billion is refused quickly: %s", async (table) => {
    const bytes = fixture("clips/a-5s-24fps.mp4");
    const text = String.fromCharCode(...bytes.subarray(0, 8000));
    const entry = text.indexOf(table) + (table === "stsc" ? 16 : 12);
    expect(entry).toBeGreaterThan(100);
    bytes.fill(0xff, entry, entry + 4);
    expect(await inspectClip(bytes)).toMatchObject({ ok: false, failure: { code: "clip_unreadable" } });
  });

  it.each(["a-5s-24fps", "with-audio-5s", "numbered/fragments"])(
    "is measured or refused quickly, whatever bytes of its index are damaged: %s",
    async (name) => {
      const bytes = fixture(`clips/${name}.mp4`);
      const heads = ["moov", "moof"].flatMap((box) => indexesOf(bytes, box));
      const damage = fc.array(
        fc.record({
          at: fc.constantFrom(...heads).chain((start) => fc.integer({ min: start, max: start + 3000 })),
          byte: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff),
        }),
        { minLength: 1, maxLength: 6 },
      );
      await fc.assert(
        fc.asyncProperty(damage, async (damages) => {
          const broken = bytes.slice();
          for (const { at, byte } of damages) if (at < broken.length) broken[at] = byte;
          const inspected = await inspectClip(broken);
          if (inspected.ok) {
            const { frames, fps, durationSeconds } = inspected.clip;
            expect([frames, fps, durationSeconds].every((n) => Number.isFinite(n) && n > 0)).toBe(true);
          } else expect(inspected.failure.code).toMatch(/^(clip_unreadable|output_form)$/);
        }),
        { numRuns: 200 },
      );
    },
  );

  it("that was deleted meanwhile is refused as gone", async () => {
    const bytes = fixture("clips/a-5s-24fps.mp4");
    const file = storedFile(changingBucket(bytes, 0), { key: "song", etag: "v1", bytes: bytes.length });
    expect(await inspectClip(file)).toMatchObject({ ok: false, failure: { code: "media_gone" } });
  });
});

describe("clips", () => {
  it("can be joined when they agree in size and form, also with other parameter sets or frame rates", async () => {
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

  it("of 10 bits, or with more colour than players support, are refused as another codec", async () => {
    const clip = await facts("a-5s-24fps");
    const record = fromBase64(clip.decoderConfig);
    record[1] = 110;
    const refused = refuseJoin([
      { scene: 1, clip },
      { scene: 2, clip: { ...clip, decoderConfig: toBase64(record) } },
    ]);
    expect(refused).toMatchObject({ code: "clip_codec_differs" });
    expect(refused?.message).toMatch(/scene 2\b/);
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

  it("are named by their scenes, counted from 1", () => {
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

  it("gives its parameter sets, with their lengths, in the form of packets", () => {
    const config = parseAvcConfig(record);
    if (!config) throw new Error("not parsed");
    expect([...framedSets(config.parameterSets)]).toEqual([0, 0, 0, 3, 0x67, 1, 2, 0, 0, 0, 2, 0x68, 9]);
  });

  it("also gives extensions of its SPS, which follow it in a packet", () => {
    const config = parseAvcConfig(Uint8Array.of(...record, 0xfd, 0xf8, 0xf8, 1, 0, 2, 0x6d, 5));
    expect([...framedSets(config?.parameterSets ?? [])].filter((byte) => byte > 0x60)).toEqual([
      0x67, 0x6d, 0x68,
    ]);
  });

  it.each([
    ["an SPS of number 0", [0x67, 100, 0, 31, 0x80], "7:0"],
    ["an SPS of number 1", [0x67, 100, 0, 31, 0x40], "7:1"],
    ["a PPS of number 0", [0x68, 0xef], "8:0"],
    ["a PPS of number 2", [0x68, 0x60], "8:2"],
    ["a PPS of number 6", [0x68, 0x38], "8:6"],
    ["a PPS that ends at once", [0x68], "8:0"],
  ])("names sets so that a set replaces the one of the same name: %s", (_what, set, name) => {
    expect(setName(Uint8Array.from(set))).toBe(name);
  });

  it.each([
    ["a delimiter and a refresh", [0, 0, 0, 2, 0x09, 0x10, 0, 0, 0, 2, 0x65, 8], true],
    ["a plain picture", [0, 0, 0, 2, 0x41, 8], false],
    ["nothing", [], false],
    ["a length beyond its end", [0, 0, 9, 2, 0x41, 8], false],
  ])("decides whether a decoder can begin with %s", (_what, packet, expected) => {
    expect(hasIdr(Uint8Array.from(packet), 4)).toBe(expected);
  });

  it.each([
    ["empty", new Uint8Array()],
    ["cut off", record.slice(0, 9)],
    ["of another version", Uint8Array.of(0, ...record.slice(1))],
    ["without sets", Uint8Array.of(1, 100, 0, 31, 0xff, 0xe0, 0)],
  ])("is null when %s", (_what, bytes) => {
    expect(parseAvcConfig(bytes)).toBeNull();
  });

  it("survives base64", () => {
    expect(fromBase64(toBase64(record))).toEqual(record);
  });
});
