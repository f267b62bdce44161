import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import {
  assemble,
  boxes,
  data,
  editList,
  FPS,
  film,
  frameNumbers,
  packetsOf,
  range,
  song,
} from "../../../support/films.ts";
import { brokenBucket, changingBucket, fixture, memoryUpload } from "../../../support/media.ts";

const A = "a-5s-24fps";
const B = "b-5s-24fps";

const sizeOf = async (name: string, pictures: number) =>
  (await packetsOf(`clips/${name}.mp4`, "video"))
    .slice(0, pictures)
    .reduce((sum, p) => sum + p.data.length, 0);

describe("a film", () => {
  it("shows one picture for each frame of the song, wherever its clips are cut", async () => {
    const edits = editList(
      [A, 120],
      [B, 97],
      ["with-audio-5s", 78],
      [A, 1],
      [B, 2],
      [A, 3],
      ["bframes-5s-24fps", 101],
    );
    const { pictures, pictureSeconds, result } = await film(edits);
    frameNumbers(pictures).forEach((frame, i) => {
      expect(frame).toBeCloseTo(i, 6);
    });
    expect(pictures).toHaveLength(402);
    expect(pictureSeconds).toBeCloseTo(402 / FPS, 6);
    expect(result).toMatchObject({ frames: 402, durationSeconds: 402 / FPS, width: 640, height: 360 });
  });

  it("has exactly the frames of its edit list for any cuts", async () => {
    const scene = fc.tuple(fc.constantFrom(A, B, "baseline-5s-24fps"), fc.integer({ min: 1, max: 120 }));
    await fc.assert(
      fc.asyncProperty(fc.array(scene, { minLength: 1, maxLength: 6 }), async (scenes) => {
        const { pictures } = await film(editList(...scenes));
        const total = scenes.reduce((sum, [, frames]) => sum + frames, 0);
        expect(frameNumbers(pictures).map(Math.round)).toEqual(range(total));
      }),
      { numRuns: 12 },
    );
  });

  it("consists of the clips’ own packets, each clip’s from its first on", async () => {
    const { pictures } = await film(editList([A, 120], [B, 50]));
    const [a, b] = [await packetsOf(`clips/${A}.mp4`, "video"), await packetsOf(`clips/${B}.mp4`, "video")];
    expect(data(pictures)).toEqual([...data(a), ...data(b.slice(0, 50))]);
  });

  it("has every packet of the song unchanged, and no clip’s sound", async () => {
    const { sound, soundCodec } = await film(editList(["with-audio-5s", 120], [A, 60]));
    const own = await packetsOf("song.mp3", "audio");
    expect(soundCodec).toBe("mp3");
    expect(data(sound)).toEqual(data(own));
    // The file states the encoder's delay (1105 samples), which players skip.
    sound.forEach((packet, i) => {
      expect(packet.timestamp).toBeCloseTo((own[i]?.timestamp ?? -1) - 1105 / 22_050, 4);
    });
  });

  it.each([
    ["faststart.m4a", "aac", 12, "faststart.m4a"],
    ["adts.aac", "aac", 12.074, "faststart.m4a"],
    ["opus.ogg", "opus", 12, "opus.ogg"],
  ])("has the packets of %s unchanged", async (name, codec, seconds, same) => {
    const { sound, soundCodec, soundSeconds } = await film(editList([A, 48]), {
      song: song(`audio/${name}`),
    });
    expect(soundCodec).toBe(codec);
    expect(soundSeconds).toBeCloseTo(seconds, 2);
    expect(data(sound)).toEqual(data(await packetsOf(`audio/${same}`, "audio")));
  });

  it.each(["opus.webm", "song.flac", "noheader.mp3"])("carries %s", async (name) => {
    const { soundCodec, soundSeconds } = await film(editList([A, 48]), {
      song: song(`audio/${name}`),
    });
    expect(name).toContain(soundCodec === "opus" ? "opus" : soundCodec);
    expect(soundSeconds).toBeCloseTo(12, 0);
  });

  it.each([
    ["pcm16.wav", 12],
    ["pcm24-stereo.wav", 4],
    ["vorbis.ogg", 12],
  ])("has %s without loss, in a form that browsers play", async (name, seconds) => {
    const { soundCodec, soundSeconds } = await film(editList([A, 48]), {
      song: song(`audio/${name}`),
    });
    expect(soundCodec).toBe("flac");
    expect(soundSeconds).toBeCloseTo(seconds, 6);
  });

  it("keeps the picture times of a clip of 30 frames per second, and starts the next scene on its frame", async () => {
    const { pictures, pictureSeconds } = await film(
      editList(["c-5s-30fps", 97], [A, 51], ["c-5s-30fps", 33]),
    );
    const times = pictures.map((p) => p.timestamp).toSorted((a, b) => a - b);
    const own = [
      ...range(122).map((i) => i / 30),
      ...range(51).map((i) => (97 + i) / FPS),
      ...range(42).map((i) => 148 / FPS + i / 30),
    ];
    expect(times).toHaveLength(own.length);
    times.forEach((time, i) => {
      expect(time).toBeCloseTo(own[i] ?? -1, 4);
    });
    expect(pictureSeconds).toBeCloseTo(181 / FPS, 4);
  });

  it("has each clip’s parameter sets before its key pictures when clips differ in them", async () => {
    const { pictures } = await film(editList([A, 20], ["baseline-5s-24fps", 20], [A, 20]));
    const keys = pictures.filter((p) => p.key).map((p) => (p.data[4] ?? 0) & 0x1f);
    expect(keys).toEqual([7, 7, 7]);
    const [own] = await packetsOf(`clips/${A}.mp4`, "video");
    const [first, , third] = pictures.filter((p) => p.key);
    expect(first?.data.subarray(-(own?.data.length ?? 0))).toEqual(own?.data);
    expect(third?.data).toEqual(first?.data);
  });

  it("has its index in front, with little free space", async () => {
    const edits = editList(...range(12).map((): [string, number] => [A, 24]));
    const { bytes } = await film(edits, { song: song("audio/cbr.mp3") });
    expect(boxes(bytes)).toEqual(["ftyp", "uuid", "moov", "free", "mdat"]);
    const sound = fixture("audio/cbr.mp3").length;
    const pictures = range(12).length * (await sizeOf(A, 24));
    expect(bytes.length).toBeLessThan((sound + pictures) * 1.06);
  });

  it("has its index last when the song has far more packets than expected from its length", async () => {
    const { bytes, sound } = await film(editList([A, 30]));
    expect(boxes(bytes)).toEqual(["ftyp", "uuid", "free", "mdat", "moov"]);
    expect(sound).toHaveLength((await packetsOf("song.mp3", "audio")).length);
  });

  it("is uploaded in equal parts, the first one last", async () => {
    const scenes = range(130).map((i): [string, number] => [i % 2 ? A : B, 120]);
    const { order, result, pictures, bytes } = await film(editList(...scenes));
    expect(order).toEqual([2, 3, 4, 5, 1]);
    expect(result.bytes).toBe(bytes.length);
    expect(pictures).toHaveLength(130 * 120);
  });

  it("reports its progress, always rising, up to 1", async () => {
    const fractions: number[] = [];
    await film(editList([A, 120], [B, 120]), { onProgress: (fraction) => fractions.push(fraction) });
    expect(fractions).toEqual(fractions.toSorted((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(fractions.length).toBeGreaterThan(50);
  });

  it("returns the edit list that it was made from", async () => {
    const { result } = await film(editList([A, 20], [B, 22]));
    expect(result.editList).toEqual([
      { sceneId: "scene-0", clipId: "clip-0", startFrame: 0, endFrame: 20 },
      { sceneId: "scene-1", clipId: "clip-1", startFrame: 20, endFrame: 42 },
    ]);
  });
});

describe("a film that can’t be made", () => {
  const stored = (content: Uint8Array, reads: number) =>
    storedFile(changingBucket(content, reads), { key: "song", etag: "v1", bytes: content.length });

  it.each([
    [
      "clips shorter than their scenes",
      editList([A, 120], [B, 121], [A, 1], ["c-5s-30fps", 122]),
      "clip_too_short",
      /scenes 2 and 4/,
    ],
    [
      "clips of another size",
      editList([A, 50], ["d-720p-24fps", 50], [B, 50]),
      "clip_size_differs",
      /scene 2 \(1280×720\)/,
    ],
    [
      "a clip that is none",
      editList([A, 50], [memoryFile(new Uint8Array(3000)), 50]),
      "clip_unreadable",
      /Scene 2/,
    ],
    [
      "scenes with a gap",
      editList([A, 50], [B, 50]).map((e, i) => ({ ...e, startFrame: e.startFrame + i })),
      "cover_broken",
      /scenes/,
    ],
    ["no scenes", [], "cover_broken", /scenes/],
  ])("is refused before anything is uploaded: %s", async (_what, edits, code, said) => {
    const { result } = await assemble(edits, { upload: () => Promise.reject(new Error("an upload began")) });
    expect(result).toMatchObject({ ok: false, failure: { code } });
    expect(result.ok || result.failure.message).toMatch(said);
  });

  it("is refused when the song can’t be read", async () => {
    const { result } = await assemble(editList([A, 50]), { song: song("broken/noise.mp3") });
    expect(result).toMatchObject({ ok: false, failure: { code: "song_unreadable" } });
  });

  it("is refused when the song’s times run backwards half-way, and its upload is aborted", async () => {
    // From half-way on, frames that state half the rate, and so twice the duration.
    const bytes = fixture("audio/adts.aac");
    const lengthAt = (at: number) =>
      (((bytes[at + 3] ?? 0) & 3) << 11) | ((bytes[at + 4] ?? 0) << 3) | ((bytes[at + 5] ?? 0) >> 5);
    for (let at = 0; at < bytes.length; at += Math.max(7, lengthAt(at)))
      if (at > bytes.length / 2) bytes[at + 2] = ((bytes[at + 2] ?? 0) & 0xc3) | (3 << 2);
    const { result, target } = await assemble(editList([A, 120], [B, 120], [A, 48]), {
      song: memoryFile(bytes),
    });
    expect(result).toMatchObject({ ok: false, failure: { code: "song_unreadable" } });
    expect(target.state()).toBe("aborted");
  });

  it("is refused when a clip vanishes after it was measured, and its upload is aborted", async () => {
    const vanishing = stored(fixture(`clips/${A}.mp4`), 1);
    const { result, target } = await assemble(editList([B, 50], [vanishing, 50]));
    expect(result).toMatchObject({ ok: false, failure: { code: "media_gone" } });
    expect(result.ok || result.failure.message).toMatch(/clip of scene 2/);
    expect(target.state()).toBe("aborted");
  });

  it("is refused when the song vanishes", async () => {
    const { result } = await assemble(editList([A, 50]), { song: stored(fixture("song.mp3"), 0) });
    expect(result).toMatchObject({ ok: false, failure: { code: "media_gone" } });
  });

  it("throws the bucket’s errors, and aborts the upload", async () => {
    const target = memoryUpload(1);
    const upload = async () => target.upload;
    await expect(assemble(editList([A, 50]), { upload })).rejects.toThrow("the bucket is down");
    expect(target.state()).toBe("aborted");
    const early = memoryUpload(2);
    const scenes = range(60).map((): [string, number] => [A, 120]);
    await expect(assemble(editList(...scenes), { upload: async () => early.upload })).rejects.toThrow(
      "bucket is down",
    );
    expect(early.state()).toBe("aborted");
    const down = storedFile(brokenBucket(new Error("the bucket is down")), {
      key: "k",
      etag: "e",
      bytes: 5000,
    });
    await expect(assemble(editList([A, 50]), { song: down })).rejects.toThrow("the bucket is down");
  });
});
