import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { songFrames } from "../../../../src/domain/controller/inputs.ts";
import { AAC_CONFIGS, AAC_SAMPLES, aacEncoder } from "../../../../src/media/codecs/aac-encoder.ts";
import { asAac } from "../../../../src/media/film/aac-sound.ts";
import { aacKind, soundNotes } from "../../../../src/media/film/sound-notes.ts";
import { resampler } from "../../../../src/media/lib/resample.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { codecs } from "../../../support/codecs.ts";
import { offsetSamples } from "../../../support/correlation.ts";
import { decodedSound } from "../../../support/decoded-film.ts";
import { assemble, editList, FPS, madeOf, otherFile } from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";
import { noiseAt, noiseWav } from "../../../support/noise-song.ts";
import { all } from "../../../support/sound.ts";

async function filmOf(song: Uint8Array) {
  const probed = await probeSong(memoryFile(song), { contentType: "", bytes: song.length });
  if (!probed.ok) throw new Error(probed.failure.message);
  const frames = songFrames(probed.audio, FPS);
  const scenes: [string, number][] = [];
  for (let left = frames; left > 0; left -= 97) scenes.push(["a-5s-24fps", Math.min(97, left)]);
  return { frames, ...(await madeOf(editList(...scenes), { song: memoryFile(song), sound: "aac" })) };
}

const mixed = (channels: Float32Array[]) =>
  (channels[0] ?? new Float32Array()).map((_, i) => channels.reduce((sum, row) => sum + (row[i] ?? 0), 0));
const HALF_POWER = Math.SQRT1_2;
const level = (row: Float32Array | undefined) => {
  const part = (row ?? new Float32Array()).subarray(4000, 84_000);
  return Math.sqrt(part.reduce((sum, value) => sum + value * value, 0) / part.length);
};

/** The song itself at the film's rate, for comparison. */
const ideal = (seconds: number, rate: number) =>
  Float32Array.from({ length: Math.round(seconds * rate) }, (_, i) => noiseAt(i / rate));

/**
 * Milliseconds by which the film's sound is later than the song, at the start, in the middle and at the end.
 */
async function offsets(film: Uint8Array, seconds: number): Promise<number[]> {
  const { sampleRate, channels } = await decodedSound(film);
  const song = ideal(seconds, sampleRate);
  return [0.1, 0.5, 0.8].map((share) => {
    const from = Math.round(share * song.length);
    return (1000 * offsetSamples(song, mixed(channels), from, 8192, 2000)) / sampleRate;
  });
}

describe("a song encoded as AAC", () => {
  it.each([
    [8000, 1, 48_000],
    [11_025, 2, 44_100],
    [12_000, 1, 48_000],
    [22_050, 1, 44_100],
    [32_000, 2, 48_000],
    [37_800, 2, 48_000],
    [44_100, 1, 44_100],
    [44_100, 2, 44_100],
    [48_000, 6, 48_000],
    [88_200, 2, 44_100],
    [96_000, 3, 48_000],
    [176_400, 1, 44_100],
    [192_000, 2, 48_000],
  ])(
    "of %i Hz and %i channels is in sync to a millisecond, in stereo at %i Hz",
    async (rate, channels, expected) => {
      const seconds = 3.3;
      const { bytes, frames, result } = await filmOf(noiseWav(seconds, rate, new Array(channels).fill(0.8)));
      const heard = await decodedSound(bytes);
      expect([heard.sampleRate, heard.channels.length, frames]).toEqual([
        expected,
        2,
        Math.round(seconds * FPS),
      ]);
      for (const ms of await offsets(bytes, seconds)) expect(Math.abs(ms)).toBeLessThanOrEqual(1);
      const other = otherFile(bytes, result.withoutEdits);
      for (const ms of await offsets(other ?? new Uint8Array(), seconds))
        expect(Math.abs(ms)).toBeLessThanOrEqual(25);
      expect(result.notes).toEqual([]);
    },
  );

  it("is loud from its first sample on if the song is", async () => {
    const { bytes } = await filmOf(noiseWav(2.5, 44_100, [0.9, 0.9]));
    const { channels } = await decodedSound(bytes);
    const song = ideal(2.5, 44_100);
    const [own, found] = [song.subarray(0, 512), channels[0]?.subarray(0, 512) ?? new Float32Array()];
    const off = found.reduce((sum, value, i) => sum + (value - 0.9 * 0.9766 * (own[i] ?? 0)) ** 2, 0);
    expect(Math.sqrt(off / own.reduce((sum, value) => sum + value * value, 0))).toBeLessThan(0.1);
  });

  it.each([
    ["left", [1, 0, 0, 0, 0, 0], [1, 0]],
    ["right", [0, 1, 0, 0, 0, 0], [0, 1]],
    ["centre", [0, 0, 1, 0, 0, 0], [HALF_POWER, HALF_POWER]],
    ["low frequencies", [0, 0, 0, 1, 0, 0], [0, 0]],
    ["back left", [0, 0, 0, 0, 1, 0], [HALF_POWER, 0]],
    ["back right", [0, 0, 0, 0, 0, 1], [0, HALF_POWER]],
  ])("mixes the %s channel of 5.1 into stereo at its level", async (_name, loudness, expected) => {
    const { bytes } = await filmOf(noiseWav(2.2, 48_000, loudness));
    const { channels } = await decodedSound(bytes);
    const full = level(ideal(2.2, 48_000)) * (32_000 / 32_768);
    // All channels at once must not be louder than full scale.
    const scale = 1 + 2 * HALF_POWER;
    const [left = 0, right = 0] = expected;
    expect((scale * level(channels[0])) / full).toBeCloseTo(left, 1);
    expect((scale * level(channels[1])) / full).toBeCloseTo(right, 1);
  });

  it("has a packet for each 1024 samples, the first 2112 before the song, the last cut to the song's end", async () => {
    const samples = { sampleRate: 48_000, channels: 1, bits: 16 as const };
    for (const length of [1, 1000, 1984, 1985, 4096, 10_000]) {
      const blocks = async function* () {
        yield [new Int32Array(length).fill(1000)];
      };
      const packets = await all(asAac({ ...samples, blocks }, 0, codecs.aacEncoder).packets());
      const starts = packets.map(({ timestamp }) => Math.round(timestamp * 48_000));
      expect(starts).toEqual(packets.map((_, i) => i * AAC_SAMPLES - 2112));
      const end = Math.round(((packets.at(-1)?.timestamp ?? 0) + (packets.at(-1)?.duration ?? 0)) * 48_000);
      expect(end).toBe(length);
    }
  });

  it("does not depend on the sizes of blocks", async () => {
    const packetsOf = async (lengths: readonly number[]) => {
      const blocks = async function* () {
        let at = 0;
        for (const length of lengths) {
          const from = at;
          yield [0.05, 0.08].map((pitch) =>
            Int32Array.from({ length }, (_, i) => Math.round(9000 * Math.sin(pitch * (from + i)))),
          );
          at += length;
        }
      };
      const samples = { sampleRate: 44_100, channels: 2, bits: 16 as const, blocks };
      return all(asAac(samples, 0, codecs.aacEncoder).packets());
    };
    const lengths = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(lengths, async (some) => {
        const whole = some.reduce((sum, length) => sum + length, 0);
        expect(await packetsOf(some)).toEqual(await packetsOf([whole]));
      }),
      { numRuns: 20 },
    );
  });

  it("ends with its film", async () => {
    const blocks = async function* () {
      yield [new Int32Array(48_000).fill(1000)];
    };
    const samples = { sampleRate: 48_000, channels: 1, bits: 16 as const, blocks };
    const packets = await all(asAac(samples, 0, codecs.aacEncoder, 0.7).packets());
    const last = packets.at(-1);
    expect((last?.timestamp ?? 0) + (last?.duration ?? 0)).toBeCloseTo(0.7, 6);
  });

  it("begins later when the song's sound does", async () => {
    const blocks = async function* () {
      yield [new Int32Array(9600).fill(1000)];
    };
    const sound = asAac({ sampleRate: 48_000, channels: 1, bits: 16, blocks }, 1.5, codecs.aacEncoder);
    const packets = await all(sound.packets());
    const last = packets.at(-1);
    expect((last?.timestamp ?? 0) + (last?.duration ?? 0)).toBeCloseTo(1.5 + 0.2, 6);
  });

  it("is refused as unreadable when no sample can be decoded", async () => {
    const song = fixture("song.mp3").slice();
    const { result, target } = await assemble(editList(["a-5s-24fps", 24]), {
      sound: "aac",
      song: memoryFile(song),
    });
    expect(result.ok).toBe(true);
    const blocks = async function* () {};
    const empty = asAac({ sampleRate: 48_000, channels: 1, bits: 16, blocks }, 0, codecs.aacEncoder);
    await expect(all(empty.packets())).rejects.toThrow("Not a sample");
    expect(target.state()).toBe("completed");
  });

  it("has the decoder configuration that the encoder itself gives", () => {
    for (const rate of [44_100, 48_000] as const) {
      expect(aacEncoder(codecs.aacEncoder, rate).config()).toEqual(Uint8Array.from(AAC_CONFIGS[rate]));
    }
  });
});

describe("the same song in every codec", () => {
  it.each(["song.flac", "vbr.mp3", "cbr.mp3", "opus.ogg", "opus.webm", "vorbis.ogg", "faststart.m4a"])(
    "is in sync with its WAV to a millisecond: %s",
    async (name) => {
      const [wav, other] = await Promise.all(
        ["pcm16.wav", name].map(async (file) => decodedSound((await filmOf(fixture(`audio/${file}`))).bytes)),
      );
      const resampled = async ({
        channels,
        sampleRate,
      }: {
        channels: Float32Array[];
        sampleRate: number;
      }) => {
        const { push, flush } = resampler(sampleRate, 48_000);
        return Float32Array.from([...push(mixed(channels)), ...flush()]);
      };
      if (!wav || !other) throw new Error("no film");
      const [expected, found] = [await resampled(wav), await resampled(other)];
      for (const share of [0.1, 0.5, 0.8]) {
        const from = Math.round(share * expected.length);
        expect(Math.abs(offsetSamples(expected, found, from, 16_384, 2000) / 48)).toBeLessThanOrEqual(1);
      }
    },
  );
});

describe("AAC that is copied", () => {
  it.each([
    ["AAC-LC, 44.1 kHz stereo", "1210", 2],
    ["AAC-LC with the mark of no SBR", "121056e500", 2],
    ["HE-AAC that is signalled first", "2b920800", 5],
    ["HE-AAC that old players need not know of", "131056e598", 5],
    ["HE-AAC v2", "eb8a0800", 29],
    ["xHE-AAC", "f95008", 42],
  ])("has the object type that its config signals: %s", (_name, config, kind) => {
    expect(aacKind(Uint8Array.from(Buffer.from(config, "hex")))).toBe(kind);
  });

  it.each([
    ["1210", 2, 0],
    ["2b920800", 2, 1],
    ["1230", 6, 1],
    ["2bb20800", 6, 2],
  ])("has a note when it is not stereo AAC-LC: %s of %i channels", (config, numberOfChannels, count) => {
    const description = Uint8Array.from(Buffer.from(config, "hex"));
    const form = { codec: "mp4a.40", sampleRate: 44_100, numberOfChannels, description };
    expect(soundNotes({ codec: "aac", config: form })).toHaveLength(count);
  });

  it("is copied byte for byte, without a note", async () => {
    const { result, bytes } = await filmOf(fixture("audio/faststart.m4a"));
    expect(result.notes).toEqual([]);
    expect(otherFile(bytes, result.withoutEdits)).not.toBeNull();
  });
});
