import fc from "fast-check";
import { BufferSource, EncodedPacketSink, FLAC, Input } from "mediabunny";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../../src/media/codecs/bit-writer.ts";
import { BitReader } from "../../../../src/media/codecs/bits.ts";
import { flacDecoder, flacInfo } from "../../../../src/media/codecs/flac-decoder.ts";
import {
  FLAC_BLOCK,
  type FlacStream,
  flacFrame,
  flacHeader,
} from "../../../../src/media/codecs/flac-encoder.ts";
import { pcmForm } from "../../../../src/media/codecs/pcm.ts";

const stream = (over: Partial<FlacStream> = {}): FlacStream => ({
  sampleRate: 44_100,
  channels: 1,
  bits: 16,
  totalSamples: 0,
  ...over,
});
const anySamples = (bits: number) => {
  const limit = 2 ** (bits - 1);
  return fc
    .record({
      length: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(FLAC_BLOCK)),
      seed: fc.integer(),
      loud: fc.double({ min: 0, max: 1, noNaN: true }),
      noise: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    .map(({ length, seed, loud, noise }) => {
      let state = seed | 1;
      return Int32Array.from({ length }, (_, i) => {
        state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
        const value = loud * ((1 - noise) * Math.sin(i / 9) + noise * (state / 2 ** 31));
        return Math.max(-limit, Math.min(limit - 1, Math.round(value * limit)));
      });
    });
};

const decode = (form: FlacStream, frame: Uint8Array) => flacDecoder(form, form.bits)(frame);
const roundTrip = (form: FlacStream, channels: Int32Array[], index = 0) =>
  decode(form, flacFrame(form, index, channels));
const bytesOf = (form: FlacStream, ...channels: Int32Array[]) => flacFrame(form, 0, channels).length;
const tone = (loud: number, step = 0.05) =>
  new Int32Array(FLAC_BLOCK).map((_, i) => loud * Math.sin(i * step) + ((i * 7919) % 13));

describe("FLAC", () => {
  it.each([16, 24] as const)("decodes to every sample of %i bits", (bits) => {
    fc.assert(
      fc.property(anySamples(bits), fc.integer({ min: 0, max: 2 ** 26 }), (samples, index) => {
        expect(roundTrip(stream({ bits }), [samples], index)).toEqual([samples]);
      }),
      { numRuns: 100 },
    );
  });

  it.each([16, 24] as const)("decodes to both channels of %i bits, similar or not", (bits) => {
    const limit = 2 ** (bits - 1);
    fc.assert(
      fc.property(anySamples(bits), fc.integer({ min: -limit, max: limit - 1 }), (left, apart) => {
        const right = left.map((value, i) =>
          Math.max(-limit, Math.min(limit - 1, i % 3 ? value + apart : -value)),
        );
        const form = stream({ bits, channels: 2 });
        expect(roundTrip(form, [left, right])).toEqual([left, right]);
      }),
      { numRuns: 60 },
    );
  });

  it("decodes to the loudest clicks and to silence, on every channel", () => {
    const click = new Int32Array(FLAC_BLOCK).map((_, i) => (i % 997 === 0 ? 0x7f_ffff : -0x80_0000));
    const silence = new Int32Array(FLAC_BLOCK);
    const alone = silence.with(1, 0x7f_ffff);
    const channels = [click, silence, alone];
    expect(roundTrip(stream({ bits: 24, channels: 3 }), channels, 3)).toEqual(channels);
  });

  it("takes few bits for what both channels share", () => {
    const form = stream({ channels: 2 });
    const [left, right] = [tone(9000), tone(9000).map((value, i) => value + (i % 100 ? 0 : 1))];
    expect(bytesOf(form, left, right)).toBeLessThan(1.25 * bytesOf(stream(), left));
    expect(
      bytesOf(
        form,
        left,
        right.map((value) => -value),
      ),
    ).toBeLessThan(1.5 * bytesOf(stream(), left));
  });

  it("takes no bits for lowest bits that are 0, as in 16 bits that are stored as 24", () => {
    const fine = tone(9000).map((value) => value << 8);
    expect(bytesOf(stream({ bits: 24 }), fine)).toBeLessThan(bytesOf(stream(), tone(9000)) + 16);
  });

  it("predicts tones", () => {
    const chord = tone(9000, 0.9).map((value, i) => value + 5000 * Math.sin(i * 1.7));
    expect(bytesOf(stream(), chord)).toBeLessThan(0.5 * FLAC_BLOCK * 2);
  });

  it("never takes more bits than the samples themselves, except for its header", () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.integer({ min: -0x8000, max: 0x7fff })), (noise) => {
        const samples = Int32Array.from(noise.take(FLAC_BLOCK));
        expect(bytesOf(stream(), samples)).toBeLessThanOrEqual(2 * FLAC_BLOCK + 20);
      }),
      { numRuns: 3 },
    );
  });

  it("codes every number with every parameter", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 30 }),
        fc.integer({ min: 0, max: 200 }),
        fc.nat(),
        (k, times, rest) => {
          const values = Int32Array.of(
            1,
            times * 2 ** k + (rest % 2 ** k) > 2 ** 31 - 1 ? 0 : times * 2 ** k + (rest % 2 ** k),
            0,
          );
          const out = new BitWriter(1000);
          out.rice(values, 0, 3, k);
          out.align();
          const input = new BitReader();
          input.open(out.written());
          const back = new Int32Array(3);
          input.rice(back, 0, 3, k);
          expect(back.map((value) => (value << 1) ^ (value >> 31))).toEqual(values);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("makes a stream that a demuxer reads frame by frame", async () => {
    const form = stream({ sampleRate: 48_000, channels: 2, totalSamples: 3 * FLAC_BLOCK + 100 });
    const tone = (length: number) =>
      [0, 1].map((c) => new Int32Array(length).map((_, i) => 9000 * Math.sin(i / 12 + c)));
    const frames = [FLAC_BLOCK, FLAC_BLOCK, FLAC_BLOCK, 100].map((length, i) =>
      flacFrame(form, i, tone(length)),
    );
    const file = await new Blob([flacHeader(form).slice(), ...frames.map((f) => f.slice())]).bytes();
    using input = new Input({ source: new BufferSource(file), formats: [FLAC] });
    const track = await input.getPrimaryAudioTrack();
    if (!track) throw new Error("no track");
    expect([await track.getSampleRate(), await track.getNumberOfChannels()]).toEqual([48_000, 2]);
    const sizes: number[] = [];
    for await (const packet of new EncodedPacketSink(track).packets()) sizes.push(packet.byteLength);
    expect(sizes).toEqual(frames.map((frame) => frame.length));
    expect(await track.computeDuration()).toBeCloseTo(form.totalSamples / 48_000, 6);
    const description = (await track.getDecoderConfig())?.description;
    expect(description instanceof Uint8Array && flacInfo(description)).toEqual(form);
  });
});

describe("uncompressed samples", () => {
  const read = (codec: string, ...bytes: number[]) =>
    pcmForm(codec)?.read(new DataView(Uint8Array.from(bytes).buffer), 0);
  const float = (value: number) => [...new Uint8Array(Float32Array.of(value).buffer)];

  it.each([
    ["pcm-u8", [0], -0x8000],
    ["pcm-u8", [128], 0],
    ["pcm-s16", [0xff, 0x7f], 0x7fff],
    ["pcm-s16be", [0x80, 0x00], -0x8000],
    ["pcm-s24", [0, 0, 0x80], -0x80_0000],
    ["pcm-s24be", [0x7f, 0xff, 0xff], 0x7f_ffff],
    ["pcm-s32", [0xff, 0, 0, 0x40], 0x40_0000],
    ["pcm-f32", float(1.5), 0x7f_ffff],
    ["pcm-f32", float(-0.5), -0x40_0000],
    ["pcm-f32", float(Number.NaN), 0],
    ["ulaw", [0xff], 0],
    ["ulaw", [0x00], -32_124],
    ["alaw", [0xd5], 8],
    ["alaw", [0x2a], -32_256],
  ])("are read as whole numbers: %s %j", (codec, bytes, value) => {
    expect(read(codec, ...bytes)).toBe(value);
  });

  it("of other codecs are not read", () => {
    expect(pcmForm("mp3")).toBeUndefined();
  });
});
