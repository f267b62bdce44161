import { describe, expect, it } from "vitest";
import { storedFile } from "../../../../src/media/lib/source.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import {
  type Content,
  countingBucket,
  longAdts,
  longFlac,
  longM4a,
  longMp3,
  longOgg,
  longWebm,
} from "../../../support/long-songs.ts";
import { silentWav } from "../../../support/media.ts";

const MIB = 1024 * 1024;

async function probed(song: Content) {
  const { storage, seen, object } = countingBucket(song);
  const file = storedFile(storage, object);
  const result = await probeSong(file, { contentType: "", bytes: song.bytes });
  return { result, seen, reads: file.reads() };
}

describe("a song of 200 MB costs at most eight reads of the bucket", () => {
  it.each<[string, () => Content | Promise<Content>, number, number]>([
    ["WAV", () => silentWav(1180), 1180, 1],
    ["MP3 with a picture of 130 MB", () => longMp3(73_000, 130e6), 73_000 * 0.024, 8],
    ["AAC", () => longAdts(84_000, 2400), (84_000 * 1024) / 48_000, 8],
    ["FLAC", () => longFlac(19_300, 10_400), (19_300 * 4096) / 44_100, 8],
    ["FLAC that does not know its length", () => longFlac(19_300, 10_400, 0), (19_300 * 4096) / 44_100, 8],
    ["Ogg", () => longOgg(3080), 3080 * 0.06, 8],
    ["WebM without an index", () => longWebm(3080, 65_000), 3080 * 0.02, 8],
    ["M4A with its index in front", () => longM4a(6000, 33_400, "reserve"), (6000 * 1024) / 48_000, 8],
    ["M4A with its index at the end", () => longM4a(6000, 33_400, false), (6000 * 1024) / 48_000, 8],
    ["M4A in fragments", () => longM4a(6000, 33_400, "fragmented"), (6000 * 1024) / 48_000, 8],
  ])("%s", async (_name, make, seconds, most) => {
    const song = await make();
    expect(song.bytes).toBeGreaterThan(199e6);
    const { result, seen, reads } = await probed(song);
    if (!result.ok) throw new Error(result.failure.message);
    expect(Math.abs(result.audio.durationSeconds - seconds)).toBeLessThanOrEqual(0.06);
    expect(reads).toBeLessThanOrEqual(most);
    expect(seen.ranges + seen.streams).toBe(reads);
    expect(seen.open).toBe(0);
  });

  it("and a song that is too long is read only up to the limit", async () => {
    const { result, seen, reads } = await probed(longMp3(210_000));
    expect(result).toMatchObject({ ok: false, failure: { code: "audio_too_long" } });
    expect(JSON.stringify(result)).toMatch(/lasts 84 minutes/);
    expect(reads).toBeLessThanOrEqual(8);
    expect(seen.bytes).toBeLessThan(90 * MIB);
    expect(seen.open).toBe(0);
  });
});
