import { ADTS, EncodedPacketSink, Input } from "mediabunny";
import { describe, expect, it } from "vitest";
import { packetsOf } from "../../../../src/media/lib/packets.ts";
import { memoryFile, readSafely, storedFile } from "../../../../src/media/lib/source.ts";
import { openSong } from "../../../../src/media/song/open-song.ts";
import {
  type Content,
  content,
  countingBucket,
  longAdts,
  longFlac,
  longM4a,
  longMp3,
  longWebm,
} from "../../../support/long-songs.ts";
import { brokenBucket, changingBucket, fixture, silentWav } from "../../../support/media.ts";

const MIB = 1024 * 1024;

/** ADTS frames, repeated: packets that can only be counted by reading the whole file. */
function longAac(bytes: number): Uint8Array {
  const frames = fixture("audio/adts.aac");
  const out = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += frames.length) out.set(frames.subarray(0, bytes - at), at);
  return out;
}
const object = (content: Uint8Array) => ({ key: "song", etag: "v1", bytes: content.length });
async function duration(file: ReturnType<typeof memoryFile>): Promise<number> {
  using input = new Input({ source: file.source(), formats: [ADTS] });
  return await input.computeDuration();
}

describe("a stored file", () => {
  it("is read completely in few large reads", async () => {
    const content = longAac(17 * MIB);
    const file = storedFile(changingBucket(content, 1000), object(content));
    expect(await duration(file)).toBe(await duration(memoryFile(content)));
    expect(file.reads()).toBeLessThanOrEqual(10);
  });

  it("serves any range, cut to the file", async () => {
    const content = crypto.getRandomValues(new Uint8Array(50_000));
    const big = new Uint8Array(9 * MIB);
    big.set(content, 4 * MIB - 25_000);
    const file = storedFile(changingBucket(big, 100), object(big));
    expect(await file.read(4 * MIB - 25_000, 4 * MIB + 25_000)).toEqual(content);
    expect(await file.read(9 * MIB - 3, 9 * MIB + 3)).toHaveLength(3);
    expect(await file.read(10 * MIB, 11 * MIB)).toHaveLength(0);
    expect(file.reads()).toBe(3);
  });

  it.each([0, 1, 2, 3])("that changes after %i reads gives a value, and does not hang", async (reads) => {
    const content = longAac(17 * MIB);
    const file = storedFile(changingBucket(content, reads), object(content));
    const read = await readSafely(file, () => duration(file));
    expect(read).toMatchObject({ ok: false, cause: "gone" });
  });

  it("throws the bucket's errors", async () => {
    const content = longAac(MIB);
    const file = storedFile(brokenBucket(new Error("the bucket is down")), object(content));
    await expect(readSafely(file, () => duration(file))).rejects.toThrow("the bucket is down");
  });

  it("that can not be parsed gives a value", async () => {
    const file = memoryFile(new Uint8Array(5000));
    expect(await readSafely(file, () => duration(file))).toMatchObject({ ok: false, cause: "unreadable" });
  });

  it("gives the same packets as a file in memory", async () => {
    const content = fixture("audio/adts.aac");
    const sizes = async (file: ReturnType<typeof memoryFile>) => {
      using input = new Input({ source: file.source(), formats: [ADTS] });
      const track = await input.getPrimaryAudioTrack();
      const out: number[] = [];
      if (track)
        for await (const packet of new EncodedPacketSink(track).packets()) out.push(packet.byteLength);
      return out;
    };
    const stored = await sizes(storedFile(changingBucket(content, 9), object(content)));
    expect(stored).toHaveLength(260);
    expect(stored).toEqual(await sizes(memoryFile(content)));
  });
});

/** Every piece of 64 KB is filled with its number. */
const numbered = (bytes: number) =>
  content({ count: bytes / 65_536, bytes: 65_536, make: (i) => new Uint8Array(65_536).fill(i % 251) });

describe("a stored file that is read in order", () => {
  it("comes from one stream, each byte once, at most one block ahead", async () => {
    const song = numbered(40 * MIB);
    const { storage, seen, object } = countingBucket(song);
    const file = storedFile(storage, object);
    for (let at = 0; at < song.bytes; at += 100_000) {
      expect(await file.read(at, at + 100_000)).toEqual(song.read(at, at + 100_000));
      expect(seen.furthest).toBeLessThanOrEqual(at + 100_000 + 4 * MIB + 65_536);
    }
    expect(file.reads()).toBe(2);
    expect(seen).toMatchObject({ ranges: 1, streams: 1, bytes: song.bytes, open: 0 });
  });

  it("is read by range when the position jumps, and keeps no stream open", async () => {
    const song = numbered(40 * MIB);
    const { storage, seen, object } = countingBucket(song);
    const file = storedFile(storage, object);
    for (const at of [0, 4, 8, 36, 12, 0]) expect(await file.read(at * MIB, at * MIB + 9)).toHaveLength(9);
    expect(seen).toMatchObject({ streams: 1, open: 0 });
    expect(seen.ranges).toBe(4);
  });

  it("closes its stream when it is released, and can still be read", async () => {
    const song = numbered(40 * MIB);
    const { storage, seen, object } = countingBucket(song);
    const file = storedFile(storage, object);
    await file.read(0, 5 * MIB);
    expect(seen.open).toBe(1);
    file.release();
    expect(seen.open).toBe(0);
    expect(await file.read(0, 10 * MIB)).toEqual(song.read(0, 10 * MIB));
  });

  it.each([
    ["breaks", () => Promise.reject(new Error("The connection was lost"))],
    ["ends too early", () => Promise.resolve(new Blob([new Uint8Array(70_000).fill(64)]).stream())],
    ["can not be had", () => Promise.resolve(null)],
  ])("is read by range when a stream %s", async (_what, stream) => {
    const song = numbered(20 * MIB);
    const { storage, seen, object } = countingBucket(song);
    const file = storedFile({ ...storage, stream }, object);
    for (let at = 0; at < song.bytes; at += MIB)
      expect(await file.read(at, at + MIB)).toEqual(song.read(at, at + MIB));
    expect(seen.bytes).toBe(song.bytes);
  });

  it("is gone when the object changes while a stream is open", async () => {
    const song = numbered(20 * MIB);
    const { storage, object } = countingBucket(song);
    let changed = false;
    const file = storedFile(
      {
        read: async (...range) => (changed ? null : storage.read(...range)),
        stream: async () => {
          changed = true;
          return null;
        },
      },
      object,
    );
    expect(await readSafely(file, () => file.read(0, 20 * MIB))).toMatchObject({ ok: false, cause: "gone" });
  });
});

describe("a song of 40 MB is read once for a film", () => {
  it.each<[string, () => Content | Promise<Content>]>([
    ["MP3", () => longMp3(41_000)],
    ["AAC", () => longAdts(16_000, 2500)],
    ["FLAC", () => longFlac(4000, 10_000)],
    ["WAV", () => silentWav(227)],
    ["WebM", () => longWebm(640, 62_500)],
    ["M4A with its index in front", () => longM4a(1250, 32_000, "reserve")],
    ["M4A with its index at the end", () => longM4a(1250, 32_000, false)],
  ])("%s", async (_name, make) => {
    const song = await make();
    const { storage, seen, object } = countingBucket(song);
    const file = storedFile(storage, object);
    const opened = await openSong(file);
    const track = await opened?.input.getPrimaryAudioTrack();
    let bytes = 0;
    if (track) for await (const packet of packetsOf(track)) bytes += packet.data.length;
    expect(bytes).toBeGreaterThan(39e6);
    expect(seen.bytes / song.bytes).toBeLessThanOrEqual(1.02);
    expect(file.reads()).toBeLessThanOrEqual(4);
  });
});
