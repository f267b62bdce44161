import { BufferSource, FLAC, Input } from "mediabunny";
import { describe, expect, it } from "vitest";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { nextPart, type SongPart } from "../../../../src/media/listening/next-part.ts";
import { samplesOf } from "../../../../src/media/song/samples.ts";
import { fixture, silentWav } from "../../../support/media.ts";
import { allParts, songOf, wavOf } from "../../../support/parts.ts";

/** The samples of a part, decoded; it must be mono FLAC. */
async function decoded({ bytes, filename, contentType }: SongPart) {
  expect([filename, contentType]).toEqual(["song.flac", "audio/flac"]);
  using input = new Input({ source: new BufferSource(bytes), formats: [FLAC] });
  const track = await input.getPrimaryAudioTrack();
  const samples = track && (await samplesOf(memoryFile(bytes), track, {}));
  if (!samples) throw new Error("It can't be decoded.");
  expect([samples.channels, samples.bits]).toEqual([1, 16]);
  const all: number[] = [];
  for await (const [mono] of samples.blocks()) all.push(...(mono ?? []));
  expect(all.length).toBe(samples.totalSamples);
  return { sampleRate: samples.sampleRate, samples: all };
}

/** Deterministic noise between -1 and 1, by time and channel. */
const noise = (at: number, channel = 0) => {
  const n = Math.imul(Math.round(at * 192_000) ^ (channel * 7919), 0x9e37_79b1);
  return (Math.imul(n ^ (n >>> 15), 0x85eb_ca6b) | 0) / 2 ** 31;
};
const MAX_BYTES = 1_000_000;
/** Seconds of noise at 16 kHz, without its four lowest bits, that fit into `MAX_BYTES`. */
const NOISE_SECONDS = MAX_BYTES / 24_125;

describe("uncompressed sound that is too large", () => {
  it("fits, whatever its contents, in as few parts as possible, which together hold all of it", async () => {
    const wav = wavOf(120, noise);
    const parts = await allParts(wav, MAX_BYTES);
    // A part ends at a quiet moment before its limit: here, at most five seconds before.
    expect(parts.length).toBe(Math.ceil((120 - 6) / (NOISE_SECONDS - 6 - 2.5)));
    for (const [i, part] of parts.entries()) {
      expect(part.bytes.length).toBeLessThanOrEqual(MAX_BYTES);
      expect(part.last).toBe(i === parts.length - 1);
      expect(part.startSeconds).toBeCloseTo(i === 0 ? 0 : (parts[i - 1]?.endSeconds ?? 0) - 6, 4);
      const { samples } = await decoded(part);
      expect(part.endSeconds - part.startSeconds).toBeCloseTo(samples.length / 16_000, 9);
      const first = Math.round(part.startSeconds * 16_000);
      const view = new DataView(wav.buffer, 44);
      const wrong = samples.findIndex(
        (value, n) => Math.abs(value - view.getInt16((first + n) * 2, true)) > 16,
      );
      expect(wrong).toBe(-1);
    }
    expect(parts.at(-1)?.endSeconds).toBeCloseTo(120, 4);
  });

  it("is one part when its sound is small enough", async () => {
    const wav = wavOf(120, (at) => 0.4 * Math.sin(2 * Math.PI * 220 * at));
    expect((await allParts(wav, MAX_BYTES)).length).toBe(1);
  });

  it("keeps all 16 bits when it is certain to fit", async () => {
    const wav = wavOf(30, (at) => noise(at), { channels: 2 });
    const [part, ...others] = await allParts(wav, MAX_BYTES);
    if (!part) throw new Error("There is no part.");
    expect(others).toEqual([]);
    const { samples } = await decoded(part);
    const view = new DataView(wav.buffer, 44);
    expect(samples.findIndex((value, n) => value !== view.getInt16(n * 4, true))).toBe(-1);
  });

  it("is mixed to one channel of 16 kHz, with the same loudness and times", async () => {
    const tone = (at: number, channel: number) =>
      channel === 0 ? 0.8 * Math.sin(2 * Math.PI * 440 * at) : 0;
    const wav = wavOf(20, tone, { sampleRate: 44_100, channels: 2 });
    const [part] = await allParts(wav, MAX_BYTES);
    if (!part) throw new Error("There is no part.");
    const { samples, sampleRate } = await decoded(part);
    expect([samples.length, sampleRate]).toEqual([20 * 16_000, 16_000]);
    const far = samples
      .slice(200, -200)
      .findIndex((value, n) => Math.abs(value - 16_384 * tone((n + 200) / 16_000, 0)) > 16);
    expect(far).toBe(-1);
  });

  it.each([
    ["audio/pcm24-stereo.wav", 4, 16_000],
    ["audio/song.flac", 12, 16_000],
    ["audio/alac.m4a", 3, 11_025],
  ])("may have any codec that is decoded here: %s", async (name, seconds, rate) => {
    const bytes = fixture(name);
    const song = await songOf(memoryFile(bytes));
    const [part, ...others] = await allParts(bytes, Math.min(bytes.length - 1, 300_000));
    if (!part) throw new Error("There is no part.");
    const { samples, sampleRate } = await decoded(part);
    expect([others, sampleRate]).toEqual([[], rate]);
    expect(samples.length).toBe(Math.round(song.durationSeconds * rate));
    expect(Math.round(song.durationSeconds)).toBe(seconds);
    expect(samples.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBeGreaterThan(1000);
  });

  it("is cut where it is quiet", async () => {
    const isQuiet = (at: number) => at % 4 < 0.1;
    const wav = wavOf(120, (at) => (isQuiet(at) ? 0.001 : 0.5) * noise(at));
    const parts = await allParts(wav, MAX_BYTES);
    expect(parts.length).toBeGreaterThan(2);
    for (const part of parts.slice(0, -1)) expect(isQuiet(part.endSeconds)).toBe(true);
  });

  it("gives the same parts when they are made again", async () => {
    const wav = wavOf(100, noise);
    expect(await allParts(wav, MAX_BYTES)).toEqual(await allParts(wav, MAX_BYTES));
  });

  it("is read from the start of the part on", async () => {
    const wav = silentWav(600);
    const starts: number[] = [];
    const storage = {
      read: async (_key: string, start: number, end: number) => {
        starts.push(start);
        return wav.read(start, end);
      },
    };
    const file = storedFile(storage, { key: "song", etag: "v1", bytes: wav.bytes });
    const song = { format: "wav" as const, codec: "pcm-s16", bytes: wav.bytes, durationSeconds: 600 };
    const next = await nextPart(file, song, 570);
    expect(next).toMatchObject({ ok: true, part: { startSeconds: 564, endSeconds: 600, last: true } });
    expect(starts.filter((start) => start > 0 && start < 540 * 176_400)).toEqual([]);
    expect(starts.length).toBeLessThanOrEqual(4);
  });
});
