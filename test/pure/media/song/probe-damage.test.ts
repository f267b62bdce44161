import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { lyricsOfText } from "../../../../src/media/song/embedded-lyrics.ts";
import { id3Frames } from "../../../../src/media/song/id3.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { readSylt } from "../../../../src/media/song/sylt.ts";
import { mp3Frame } from "../../../support/long-songs.ts";
import { fixture } from "../../../support/media.ts";
import {
  ape,
  apic,
  bytesOf,
  id3,
  id3v1,
  joined,
  lyrics3,
  png,
  sylt,
  title,
  uslt,
} from "../../../support/song-tags.ts";
import { chunk, wav } from "../../../support/wavs.ts";

const sound = joined(...Array(210).fill(mp3Frame));
const tags = [
  title("One"),
  uslt(bytesOf("[00:01.00]<00:01.00>Neon <00:02.00>rain\n[00:02.00]On the wire")),
  sylt([
    [bytesOf("\nNeon "), 1000],
    [bytesOf("rain"), 2000],
  ]),
  apic(png(300, 200, 500)),
];
const songs = new Map<string, Uint8Array>([
  [
    "MP3 between tags",
    joined(id3(4, tags), sound, ape(new Uint8Array(200)), lyrics3("LYR"), id3v1("One", "Two")),
  ],
  ["MP3 behind a scattered tag", joined(id3(3, tags, { scattered: true }), fixture("audio/mpeg25.mp3"))],
  [
    "WAV among chunks",
    wav(20_000, { before: [chunk("LIST", bytesOf("INFOINAM\x04\0\0\0One\0")), chunk("id3 ", id3(4, tags))] }),
  ],
  ["RF64", wav(20_000, { name: "RF64", riffSize: 0xffff_ffff, dataSize: 0xffff_ffff, extensible: true })],
  ...[
    "vbr.mp3",
    "adts.aac",
    "alac.m4a",
    "fragmented.m4a",
    "moov-last.m4a",
    "opus.ogg",
    "vorbis.ogg",
    "live.webm",
    "song.flac",
  ].map((name): [string, Uint8Array] => [name, fixture(`audio/${name}`)]),
]);
const names = [...songs.keys()];
const probe = (bytes: Uint8Array) => probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });

/** Checks that a song's facts are within bounds, or that it is refused with a message. */
async function isSane(bytes: Uint8Array): Promise<void> {
  const result = await probe(bytes);
  if (!result.ok) {
    expect(result.failure.message).not.toBe("");
    return;
  }
  const { durationSeconds, sampleRate, bitRate, embeddedLyrics, coverArt, title } = result.audio;
  expect(durationSeconds).toBeGreaterThanOrEqual(2);
  expect(durationSeconds).toBeLessThanOrEqual(1801);
  expect(sampleRate).toBeGreaterThan(0);
  expect(Number.isSafeInteger(bitRate)).toBe(true);
  expect(title?.length ?? 0).toBeLessThanOrEqual(200);
  expect(coverArt?.bytes ?? 0).toBeLessThanOrEqual(16 * 1024 * 1024);
  for (const line of embeddedLyrics?.lines ?? []) {
    expect(line.text.length).toBeLessThanOrEqual(500);
    for (const { startSeconds } of [line, ...line.words])
      if (startSeconds !== null) expect(startSeconds >= 0 && startSeconds < durationSeconds).toBe(true);
  }
}

describe("a song that was damaged is measured or refused, and neither throws nor hangs", () => {
  it.each(names)("when it is cut off: %s", async (name) => {
    const song = songs.get(name) ?? new Uint8Array();
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    await fc.assert(
      fc.asyncProperty(share, (at) => isSane(song.subarray(0, Math.floor(song.length * at)))),
      { numRuns: 25 },
    );
  });

  it.each(names)("when some bytes are wrong: %s", async (name) => {
    const song = songs.get(name) ?? new Uint8Array();
    const anywhere = fc.nat(song.length - 1);
    const inFront = fc.nat(Math.min(4000, song.length - 1));
    const atEnd = fc.nat(1000).map((n) => song.length - 1 - n);
    const place = fc.oneof(anywhere, inFront, inFront, atEnd);
    const value = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(0, 0x7f, 0x80, 0xff));
    const damage = fc.array(fc.tuple(place, value), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(damage, async (changes) => {
        const bytes = song.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        await isSane(bytes);
      }),
      { numRuns: 40 },
    );
  });

  it.each(names)("when a piece is missing or doubled: %s", async (name) => {
    const song = songs.get(name) ?? new Uint8Array();
    const place = fc.nat(song.length - 1);
    await fc.assert(
      fc.asyncProperty(place, place, (a, b) => isSane(joined(song.subarray(0, a), song.subarray(b)))),
      { numRuns: 20 },
    );
  });
});

describe("tags of any bytes are read to an end", () => {
  it("as ID3 frames", async () => {
    const versions = fc.constantFrom(2, 3, 4);
    await fc.assert(
      fc.asyncProperty(
        versions,
        fc.nat(255),
        fc.uint8Array({ maxLength: 600 }),
        async (version, flags, body) => {
          const bytes = Uint8Array.of(...bytesOf("ID3"), version, 0, flags, 0, 0, 4, 88, ...body);
          const span = { start: 0, end: bytes.length };
          for await (const frame of id3Frames(memoryFile(bytes), span, { TIT2: 100, USLT: 100 }))
            expect(frame.bytes.length).toBeLessThanOrEqual(100);
        },
      ),
    );
  });

  it("as times of words", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.constantFrom(1, 2),
        fc.nat(3),
        (body, format, encoding) => {
          const lyrics = readSylt(
            Uint8Array.of(encoding, 101, 110, 103, format, 1, 0, 0, ...body),
            0.024,
            60,
          );
          for (const line of lyrics?.lines ?? []) expect(line.startSeconds).toBeLessThan(60);
        },
      ),
    );
  });

  it("as LRC", () => {
    const piece = fc.oneof(
      fc.constantFrom("[00:01.00]", "<00:02>", "[offset:", "]", "[99:99.9]", "\n", "la ", "\r"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const lyrics = lyricsOfText(pieces.join(""), null, 60);
        for (const line of lyrics?.lines ?? []) expect(line.text.trim()).not.toBe("");
      }),
    );
  });

  it("as LRC that would make a careless regular expression run endlessly", () => {
    const hostile = [
      `${"\n".repeat(1_000_000)}x`,
      "[00:01]".repeat(100_000),
      "[".repeat(500_000),
      "[a:".repeat(200_000),
      " ".repeat(1_000_000),
      "<00:01".repeat(100_000),
      `[a:${" ".repeat(1_000_000)}`,
      `[00:01]${"\u2028 ".repeat(500_000)}x`,
    ];
    for (const text of hostile) {
      const started = performance.now();
      lyricsOfText(text, null, 60);
      const body = [...new TextEncoder().encode(text), 0, 0, 0, 0, 1];
      readSylt(Uint8Array.from([3, 101, 110, 103, 2, 1, 0, ...body]), null, 60);
      expect(performance.now() - started).toBeLessThan(2000);
    }
  });
});
