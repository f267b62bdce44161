import { describe, expect, it } from "vitest";
import { flacDecoder, flacInfo } from "../../../../src/media/codecs/flac-decoder.ts";
import { originalSound } from "../../../../src/media/film/sound.ts";
import { packetsOf } from "../../../../src/media/lib/packets.ts";
import { BLOCK_SAMPLES, SoundDamaged, samplesOf } from "../../../../src/media/song/samples.ts";
import { fixture } from "../../../support/media.ts";
import {
  all,
  md5AsFfmpeg,
  openTrack,
  samplesIn,
  samplesOfFixture,
  wholeChannels,
} from "../../../support/sound.ts";

/** MD5 hashes of what ffmpeg decodes: see `md5AsFfmpeg`. */
const LOSSLESS = [
  ["pcm16.wav", 16, 1, 22_050, 264_600, "0e9f6916abea454389cc4d78042f9636"],
  ["pcm24-stereo.wav", 24, 2, 48_000, 192_000, "a9d0dd666ec4c485ac3c1181c68f630d"],
  ["song.flac", 16, 1, 22_050, 264_600, "0e9f6916abea454389cc4d78042f9636"],
  ["stereo.flac", 16, 2, 44_100, 22_050, "a8e4900ec8b1763fda3d73f7c95a55ea"],
  ["24bit.flac", 24, 2, 48_000, 9600, "e1b69932d8b5f6cbd50f5131d3c635bd"],
  ["alac.m4a", 24, 1, 11_025, 35_390, "591853bf33bba0f28e74cfbbc411b23b"],
  ["alac-stereo.m4a", 16, 2, 44_100, 26_460, "483f06344054ea3491e51c0da3a26b35"],
  ["alac.mov", 16, 1, 22_050, 8820, "8c78664d7c4273b73af951df4e958545"],
  ["alac-5.1.m4a", 16, 6, 48_000, 4800, "612b171323b9e0a75e71017e9965c53a"],
] as const;

describe("the samples of a song", () => {
  it.each(LOSSLESS)("are those that ffmpeg decodes: %s", async (name, bits, channels, rate, total, md5) => {
    const samples = await samplesOfFixture(name);
    expect(samples).toMatchObject({ bits, channels, sampleRate: rate, totalSamples: total });
    const whole = await wholeChannels(samples);
    expect(whole.map((row) => row.length)).toEqual(new Array(channels).fill(total));
    expect(md5AsFfmpeg(whole, bits)).toBe(md5);
  });

  it.each(["pcm16.wav", "song.flac", "stereo.flac", "alac.m4a", "vorbis.ogg"])(
    "come in blocks of one size, whatever the size of packets: %s",
    async (name) => {
      const sizes: number[] = [];
      const { blocks, channels } = await samplesOfFixture(name);
      for await (const block of blocks()) {
        expect(block).toHaveLength(channels);
        sizes.push(...new Set(block.map((row) => row.length)));
      }
      const last = sizes.pop() ?? 0;
      expect(new Set(sizes)).toEqual(new Set([BLOCK_SAMPLES]));
      expect(last > 0 && last <= BLOCK_SAMPLES).toBe(true);
    },
  );

  it("can be read again from the start, into new arrays", async () => {
    const { blocks } = await samplesOfFixture("vorbis.ogg");
    const [once, again] = [await all(blocks()), await all(blocks())];
    for (const block of once) for (const row of block) expect(row.byteLength).toBeGreaterThan(0);
    expect(once).toEqual(again);
    expect(new Set(once.flat().map((row) => row.buffer)).size).toBe(once.flat().length);
  });

  it.each(["cbr.mp3", "faststart.m4a", "adts.aac", "opus.ogg", "opus.webm"])(
    "are null for a codec that is not decoded here: %s",
    async (name) => {
      const { file, track } = await openTrack(fixture(`audio/${name}`));
      expect(await samplesOf(file, track, {})).toBeNull();
    },
  );

  it("throw where the file is damaged, with the time", async () => {
    const bytes = fixture("audio/song.flac").slice();
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 0x10;
    const { blocks } = await samplesIn(bytes);
    const error = await all(blocks()).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(SoundDamaged);
    const [, seconds] = /damaged at ([\d.]+) seconds/.exec(String(error)) ?? [];
    expect(Math.abs(Number(seconds) - 6)).toBeLessThan(1);
  });
});

describe("the song in the film", () => {
  it.each([
    ["cbr.mp3", "mp3"],
    ["faststart.m4a", "aac"],
    ["opus.ogg", "opus"],
    ["song.flac", "flac"],
  ])("is its own packets, byte for byte, when they play from an MP4: %s", async (name, codec) => {
    const { file, track, layout } = await openTrack(fixture(`audio/${name}`));
    const sound = await originalSound(file, track, layout);
    expect(sound?.codec).toBe(codec);
    const bytes = async (packets: AsyncIterable<{ data: Uint8Array }>) =>
      Buffer.concat((await all(packets)).map(({ data }) => data));
    expect((await bytes(sound?.packets() ?? packetsOf(track))).equals(await bytes(packetsOf(track)))).toBe(
      true,
    );
  });

  it.each([
    "pcm24-stereo.wav",
    "alac-stereo.m4a",
    "alac-5.1.m4a",
    "alac.mov",
    "vorbis.ogg",
    "vorbis.mp4",
    "vorbis.webm",
  ])("is FLAC of exactly the same samples otherwise, without a gap: %s", async (name) => {
    const { file, track, layout } = await openTrack(fixture(`audio/${name}`));
    const [samples, sound] = [await samplesOf(file, track, layout), await originalSound(file, track, layout)];
    const description = sound?.config.description;
    if (!samples || !(description instanceof Uint8Array)) throw new Error("not encoded");
    const info = flacInfo(description);
    expect(info).toEqual({
      sampleRate: samples.sampleRate,
      channels: samples.channels,
      bits: samples.bits,
      totalSamples: samples.totalSamples,
    });
    const decode = flacDecoder(info, samples.bits);
    const packets = sound ? await all(sound.packets()) : [];
    expect(packets.map(({ data }) => decode(data))).toEqual(await all(samples.blocks()));
    for (const [i, { timestamp, duration }] of packets.entries()) {
      expect(packets[i + 1]?.timestamp ?? timestamp + duration).toBeCloseTo(timestamp + duration, 9);
    }
  });
});
