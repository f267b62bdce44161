import { describe, expect, it } from "vitest";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { nextPart } from "../../../../src/media/listening/next-part.ts";
import { brokenBucket, changingBucket, fixture } from "../../../support/media.ts";
import { allParts, looped, songOf, unpacked } from "../../../support/parts.ts";

const payloads = async (bytes: Uint8Array) => (await unpacked(bytes)).packets.map((packet) => packet.data);

describe("a song that the transcriber takes", () => {
  it.each([
    ["cbr.mp3", "audio/mpeg"],
    ["pcm24-stereo.wav", "audio/wav"],
    ["song.flac", "audio/flac"],
    ["vorbis.ogg", "audio/ogg"],
    ["moov-last.m4a", "audio/mp4"],
    ["opus.webm", "audio/webm"],
  ])("is sent unchanged: %s", async (name, contentType) => {
    const bytes = fixture(`audio/${name}`);
    const { durationSeconds } = await songOf(memoryFile(bytes));
    expect(await allParts(bytes)).toEqual([
      {
        bytes,
        filename: `song.${name.split(".").at(-1)}`,
        contentType,
        startSeconds: 0,
        endSeconds: durationSeconds,
        last: true,
      },
    ]);
  });

  it("costs one read when its format is enough to decide, and is not cached", async () => {
    const bytes = fixture("song.mp3");
    const song = await songOf(memoryFile(bytes));
    const storage = { read: async (_key: string, start: number, end: number) => bytes.slice(start, end) };
    const file = storedFile(storage, { key: "song", etag: "v1", bytes: bytes.length });
    expect(await nextPart(file, song, 0)).toMatchObject({ ok: true, part: { last: true } });
    expect(file.reads()).toBe(1);
  });
});

describe("a song that the transcriber does not take unchanged", () => {
  it("is sent as M4A when it is AAC without a container, frame by frame", async () => {
    const [part, ...others] = await allParts(fixture("audio/adts.aac"));
    if (!part) throw new Error("There is no part.");
    expect(others).toEqual([]);
    expect(part).toMatchObject({
      filename: "song.m4a",
      contentType: "audio/mp4",
      startSeconds: 0,
      last: true,
    });
    const inside = await unpacked(part.bytes);
    expect(inside).toMatchObject({ container: "MP4", tracks: 1, codec: "aac" });
    const frames = await payloads(fixture("audio/adts.aac"));
    // Each frame has an ADTS header of seven bytes.
    expect(inside.packets.map((packet) => packet.data)).toEqual(frames.map((frame) => frame.subarray(7)));
    expect(part.endSeconds).toBeCloseTo(inside.seconds, 3);
  });

  it("is sent without its pictures", async () => {
    const video = fixture("clips/with-audio-5s.mp4");
    const [part, ...others] = await allParts(video);
    if (!part) throw new Error("There is no part.");
    expect(others).toEqual([]);
    expect(part.bytes.length).toBeLessThan(video.length);
    const inside = await unpacked(part.bytes);
    expect(inside).toMatchObject({ container: "MP4", tracks: 1, codec: "aac" });
    expect(inside.packets.map((packet) => packet.data)).toEqual(await payloads(video));
  });

  it("is sent as Ogg when it is Opus in MP4", async () => {
    const [part] = await allParts(await looped(fixture("audio/opus.ogg"), 1, "m4a"));
    if (!part) throw new Error("There is no part.");
    expect(part).toMatchObject({ filename: "song.ogg", contentType: "audio/ogg", last: true });
    expect(await payloads(part.bytes)).toEqual(await payloads(fixture("audio/opus.ogg")));
  });

  it("is sent as FLAC when it is Apple Lossless", async () => {
    const song = await songOf(memoryFile(fixture("audio/alac.m4a")));
    const [part, ...others] = await allParts(fixture("audio/alac.m4a"));
    if (!part) throw new Error("There is no part.");
    expect(others).toEqual([]);
    expect(part).toMatchObject({ filename: "song.flac", contentType: "audio/flac", last: true });
    const inside = await unpacked(part.bytes);
    expect(inside).toMatchObject({ container: "FLAC", codec: "flac" });
    expect(inside.seconds).toBeCloseTo(song.durationSeconds, 3);
  });
});

describe("a song that can't be read", () => {
  const bytes = fixture("audio/adts.aac");
  const object = { key: "song", etag: "v1", bytes: bytes.length };

  it("is gone when it changed meanwhile", async () => {
    const song = await songOf(memoryFile(bytes));
    const file = storedFile(changingBucket(bytes, 0), object);
    expect(await nextPart(file, song, 0)).toMatchObject({ ok: false, failure: { code: "media_gone" } });
  });

  it("is unreadable when it is damaged", async () => {
    const song = await songOf(memoryFile(bytes));
    const damaged = memoryFile(new Uint8Array(bytes.length).fill(7));
    expect(await nextPart(damaged, song, 0)).toMatchObject({
      ok: false,
      failure: { code: "song_unreadable", retryable: false },
    });
  });

  it("may be read later when the bucket failed", async () => {
    const song = await songOf(memoryFile(bytes));
    const down = new Error("the bucket is down");
    await expect(nextPart(storedFile(brokenBucket(down), object), song, 0)).rejects.toBe(down);
  });
});
