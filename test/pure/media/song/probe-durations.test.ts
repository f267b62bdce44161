import { describe, expect, it } from "vitest";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { openSong, sumPackets } from "../../../../src/media/song/open-song.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { fixture } from "../../../support/media.ts";
import { SAMPLES, SONG_LENGTHS } from "../../../support/song-lengths.ts";
import { ape, apic, id3, id3v1, joined, lyrics3, png } from "../../../support/song-tags.ts";
import { chunk, wav } from "../../../support/wavs.ts";

async function probed(bytes: Uint8Array) {
  const result = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!result.ok) throw new Error(result.failure.message);
  return result.audio;
}

const audio = (name: string) => fixture(`audio/${name}`);

describe("a song's length is that of its sound as it is decoded", () => {
  it.each(SONG_LENGTHS)("%s", async (_name, make, decoded, packet) => {
    const { durationSeconds } = await probed(make());
    expect(Math.abs(durationSeconds - decoded)).toBeLessThanOrEqual(packet + 0.00001);
  });

  it.each(SONG_LENGTHS)("as long as the packets that a film is made from: %s", async (_name, make) => {
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
