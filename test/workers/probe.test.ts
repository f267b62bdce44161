import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { storedFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";
import { r2Storage } from "../../src/storage/r2.ts";
import { mp3Frame } from "../support/long-songs.ts";
import { apic, bytesOf, id3, joined, png, sylt, utf16 } from "../support/song-tags.ts";

const storage = r2Storage(env.BUCKET, {
  endpoint: "https://s3.test",
  bucket: "omvee",
  region: "auto",
  accessKeyId: "AKID",
  secretAccessKey: "secret",
});

describe("a song in R2", () => {
  it("is probed in workerd by one range and one stream, its tags in every encoding", async () => {
    const tag = id3(3, [
      ["TIT2", [1, ...utf16("Café", true)]],
      ["TPE1", [0, ...bytesOf("Caf\xe9")]],
      sylt(
        [
          [utf16("\nNeon "), 1000],
          [utf16("rain"), 1400],
        ],
        { encoding: 1 },
      ),
      apic(png(300, 200)),
    ]);
    const song = joined(tag, ...Array(13_000).fill(mp3Frame));
    const object = await storage.put("t/song.mp3", song, "audio/mpeg");
    const file = storedFile(storage, object);
    expect(await probeSong(file, { contentType: "audio/mpeg", bytes: song.length })).toMatchObject({
      ok: true,
      audio: {
        durationSeconds: 312,
        bitRate: 320_000,
        title: "Café",
        artist: "Café",
        embeddedLyrics: {
          form: "sylt",
          language: "en",
          lines: [{ text: "Neon rain", startSeconds: 1, words: [{ text: "Neon" }, { text: "rain" }] }],
        },
        coverArt: { width: 300, height: 200 },
      },
    });
    expect(file.reads()).toBeLessThanOrEqual(4);
  });
});
