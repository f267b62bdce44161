import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { openSong, sumPackets } from "../../../../src/media/song/open-song.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { fixture } from "../../../support/media.ts";
import { ape, apic, bytesOf, id3, id3v1, joined, lyrics3, png, title } from "../../../support/song-tags.ts";
import { chunk, wav } from "../../../support/wavs.ts";

async function probed(bytes: Uint8Array) {
  const result = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!result.ok) throw new Error(result.failure.message);
  return result.audio;
}

const audio = (name: string) => fixture(`audio/${name}`);
const flacOfUnknownLength = () => {
  const flac = audio("song.flac");
  flac.fill(0, 22, 26);
  flac[21] = (flac[21] ?? 0) & 0xf0;
  return flac;
};
const SAMPLES = 20_000;

/** Name, bytes, seconds as ffmpeg 5.1 decodes them, and the tolerance: one packet of sound, or one sample. */
const songs: readonly (readonly [name: string, make: () => Uint8Array, decoded: number, packet: number])[] = [
  ["song.mp3", () => fixture("song.mp3"), 65, 1 / 22_050],
  ["cbr.mp3", () => audio("cbr.mp3"), 12, 1 / 22_050],
  ["vbr.mp3", () => audio("vbr.mp3"), 12, 1 / 22_050],
  ["noheader.mp3", () => audio("noheader.mp3"), 12.06857, 1 / 22_050],
  ["vbr-noxing.mp3", () => audio("vbr-noxing.mp3"), 3.23918, 1 / 44_100],
  ["mpeg25.mp3", () => audio("mpeg25.mp3"), 3.21, 1 / 8000],
  ["adts.aac", () => audio("adts.aac"), 12.07438, 1 / 22_050],
  ["faststart.m4a", () => audio("faststart.m4a"), 12.02794, 1024 / 22_050],
  ["moov-last.m4a", () => audio("moov-last.m4a"), 12.02794, 1024 / 22_050],
  ["fragmented.m4a", () => audio("fragmented.m4a"), 3.25079, 1024 / 44_100],
  ["alac.m4a", () => audio("alac.m4a"), 3.20998, 1 / 11_025],
  ["opus.ogg", () => audio("opus.ogg"), 12, 0.02],
  ["opus.webm", () => audio("opus.webm"), 12, 0.02],
  ["live.webm", () => audio("live.webm"), 3.21, 0.02],
  ["vorbis.ogg", () => audio("vorbis.ogg"), 12, 1024 / 22_050],
  ["vorbis.webm", () => audio("vorbis.webm"), 3.21741, 1024 / 44_100],
  ["song.flac", () => audio("song.flac"), 12, 1 / 22_050],
  ["pcm16.wav", () => audio("pcm16.wav"), 12, 1 / 22_050],
  ["pcm24-stereo.wav", () => audio("pcm24-stereo.wav"), 4, 1 / 48_000],
  [
    "an MP3 between tags of all kinds",
    () =>
      joined(
        id3(4, [title("One"), apic(png(3000, 3000, 300_000))]),
        id3(3, [title("Two")]),
        audio("cbr.mp3"),
        ape(new Uint8Array(5000)),
        lyrics3("LYR00010[00:01]Hey"),
        id3v1("One", "Two"),
      ),
    12,
    1 / 22_050,
  ],
  [
    "an MP3 with padding and noise behind its tag",
    () =>
      joined(
        id3(4, [title("One")]),
        new Uint8Array(3000),
        new Uint8Array(9000).fill(7),
        audio("vbr-noxing.mp3"),
      ),
    3.23918,
    1 / 44_100,
  ],
  // ffmpeg skips the first file's delay and the second's silent frame, and plays the padding between them.
  ["two MP3s in one", () => joined(audio("cbr.mp3"), audio("cbr.mp3")), 24.08705, 1153 / 22_050],
  ["an AAC behind a tag", () => joined(id3(4, [title("One")]), audio("adts.aac")), 12.07438, 1 / 22_050],
  ["a FLAC that does not know its length", flacOfUnknownLength, 12, 1 / 22_050],
  [
    "a FLAC between tags of MP3",
    () => joined(id3(4, [title("One")]), audio("song.flac"), id3v1("One", "Two")),
    12,
    1 / 22_050,
  ],
  ["a WAV of 8 bits", () => wav(SAMPLES, { bits: 8 }), 2.5, 1 / 8000],
  ["a WAV of 24 bits", () => wav(SAMPLES, { bits: 24 }), 2.5, 1 / 8000],
  ["a WAV of 32 bits", () => wav(SAMPLES, { bits: 32 }), 2.5, 1 / 8000],
  ["a WAV of floats", () => wav(SAMPLES, { bits: 32, formatTag: 3 }), 2.5, 1 / 8000],
  ["a WAV of long floats", () => wav(SAMPLES, { bits: 64, formatTag: 3 }), 2.5, 1 / 8000],
  ["an extensible WAV", () => wav(SAMPLES, { bits: 24, extensible: true }), 2.5, 1 / 8000],
  [
    "a WAV of extensible floats",
    () => wav(SAMPLES, { bits: 32, formatTag: 3, extensible: true }),
    2.5,
    1 / 8000,
  ],
  ["a big-endian WAV", () => wav(SAMPLES, { name: "RIFX" }), 2.5, 1 / 8000],
  [
    "an RF64",
    () => wav(SAMPLES, { name: "RF64", riffSize: 0xffff_ffff, dataSize: 0xffff_ffff }),
    2.5,
    1 / 8000,
  ],
  ["a WAV streamed with sizes of 0", () => wav(SAMPLES, { riffSize: 0, dataSize: 0 }), 2.5, 1 / 8000],
  [
    "a WAV streamed with the largest sizes",
    () => wav(SAMPLES, { riffSize: 0xffff_ffff, dataSize: 0xffff_ffff }),
    2.5,
    1 / 8000,
  ],
  [
    "a WAV among other chunks of odd sizes",
    () =>
      wav(SAMPLES, {
        before: [chunk("bext", new Uint8Array(603)), chunk("JUNK", [1, 2, 3])],
        behind: [chunk("LIST", bytesOf("INFOINAM\x03\0\0\0One\0"))],
      }),
    2.5,
    1 / 8000,
  ],
];

describe("a song's length is that of its sound as it is decoded", () => {
  it.each(songs)("%s", async (_name, make, decoded, packet) => {
    const { durationSeconds } = await probed(make());
    expect(Math.abs(durationSeconds - decoded)).toBeLessThanOrEqual(packet + 0.00001);
  });

  it.each(songs)("as long as the packets that a film is made from: %s", async (_name, make) => {
    const bytes = make();
    const opened = await openSong(memoryFile(bytes));
    const track = await opened?.input.getPrimaryAudioTrack();
    if (!opened || !track) throw new Error("No song");
    const { mp3 } = opened.layout;
    const { start, end } = mp3?.info?.skipped ?? { start: 0, end: 0 };
    const rate = await track.getSampleRate();
    const { seconds } = await sumPackets(track);
    const { durationSeconds } = await probed(bytes);
    expect(durationSeconds).toBeLessThanOrEqual(seconds - start / rate + 0.0005);
    expect(durationSeconds).toBeGreaterThanOrEqual(seconds - (start + end) / rate - 0.0005);
  });

  // Simple players play these as noise.
  it("also when a tag after it holds bytes that look like sound", async () => {
    const frames = ape(audio("cbr.mp3").subarray(20_000, 30_000));
    const song = joined(audio("cbr.mp3"), frames, lyrics3("LYR00010[00:01]Hey"), id3v1("One", "Two"));
    expect((await probed(song)).durationSeconds).toBeCloseTo(12, 4);
  });

  it("also when a writer does not pad its chunks", async () => {
    const bytes = wav(SAMPLES, { before: [chunk("bext", new Uint8Array(603), { padded: false })] });
    expect((await probed(bytes)).durationSeconds).toBe(2.5);
  });

  const installed = spawnSync("ffmpeg", ["-version"]).status === 0;
  it.skipIf(!installed)("which ffmpeg confirms, when it is installed", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "songs-"));
    try {
      for (const [name, make, decoded] of songs) {
        const path = join(folder, "song");
        writeFileSync(path, make());
        const { sampleRate } = await probed(make());
        const run = spawnSync(
          "ffmpeg",
          ["-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"],
          { maxBuffer: 2 ** 28 },
        );
        expect([name, (run.stdout.length / 2 / sampleRate).toFixed(3)]).toEqual([name, decoded.toFixed(3)]);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a song's bit rate is that of its sound alone", () => {
  const picture = id3(4, [apic(png(3000, 3000, 300_000))]);
  it.each([
    ["MP3", () => joined(picture, audio("cbr.mp3")), 64_000],
    ["MP3 of varying rate", () => audio("vbr.mp3"), 40_175],
    ["AAC", () => joined(picture, audio("adts.aac")), 70_232],
    ["M4A", () => audio("moov-last.m4a"), 69_454],
    ["FLAC", () => joined(picture, audio("song.flac")), 208_997],
    ["WAV", () => wav(SAMPLES, { bits: 24, before: [chunk("JUNK", new Uint8Array(50_000))] }), 8000 * 2 * 24],
    ["WebM", () => audio("opus.webm"), 58_440],
    ["Apple Lossless", () => audio("alac.m4a"), 156_168],
  ])("%s", async (_name, make, bitRate) => {
    expect((await probed(make())).bitRate).toBe(bitRate);
  });
});
