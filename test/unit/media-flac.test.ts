import fc from "fast-check";
import { BufferSource, EncodedPacketSink, FLAC, Input } from "mediabunny";
import { describe, expect, it } from "vitest";
import { FLAC_BLOCK, type FlacStream, flacFrame, flacHeader } from "../../src/media/flac.ts";
import { pcmForm } from "../../src/media/pcm.ts";

/** Reads what RFC 9639 says of frames with constant and fixed subframes and 5 bit Rice parameters. */
function decode(frame: Uint8Array, bits: number): number[][] {
  let at = 0;
  const bit = () => ((frame[at >> 3] ?? 0) >> (7 - (at++ & 7))) & 1;
  const unsigned = (n: number) => Array.from({ length: n }, bit).reduce((sum, b) => sum * 2 + b, 0);
  const signed = (n: number) => {
    const value = unsigned(n);
    return value >= 2 ** (n - 1) ? value - 2 ** n : value;
  };
  expect(unsigned(16)).toBe(0xfff8);
  const sizeCode = unsigned(4);
  unsigned(4);
  const channels = unsigned(4) + 1;
  unsigned(4);
  const lead = unsigned(8);
  const more = lead < 0x80 ? 0 : Math.clz32(~(lead << 24)) - 1;
  unsigned(8 * more);
  const size = sizeCode === 0b1100 ? 4096 : unsigned(16) + 1;
  unsigned(8);
  const rice = (k: number) => {
    let quotient = 0;
    while (bit() === 0) quotient++;
    const folded = quotient * 2 ** k + unsigned(k);
    return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
  };
  const weights = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];
  return Array.from({ length: channels }, () => {
    const type = unsigned(8) >> 1;
    if (type === 0) return new Array<number>(size).fill(signed(bits));
    const order = type & 7;
    const out = Array.from({ length: order }, () => signed(bits));
    expect(unsigned(2)).toBe(1);
    const partitions = 2 ** unsigned(4);
    for (let p = 0; p < partitions; p++) {
      const k = unsigned(5);
      while (out.length < (size / partitions) * (p + 1)) {
        const guess = (weights[order] ?? []).reduce(
          (sum, w, i) => sum + w * (out[out.length - 1 - i] ?? 0),
          0,
        );
        out.push(guess + rice(k));
      }
    }
    return out;
  });
}

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

describe("FLAC", () => {
  it.each([16, 24] as const)("brings back every sample of %i bits", (bits) => {
    fc.assert(
      fc.property(anySamples(bits), fc.integer({ min: 0, max: 2 ** 26 }), (samples, index) => {
        expect(decode(flacFrame(stream({ bits }), index, [samples]), bits)).toEqual([[...samples]]);
      }),
      { numRuns: 60 },
    );
  });

  it("brings back the loudest clicks and the deepest silence, on every channel", () => {
    const click = new Int32Array(FLAC_BLOCK).map((_, i) => (i % 997 === 0 ? 0x7f_ffff : -0x80_0000));
    const silence = new Int32Array(FLAC_BLOCK);
    const frame = flacFrame(stream({ bits: 24, channels: 2 }), 3, [click, silence]);
    expect(decode(frame, 24)).toEqual([[...click], [...silence]]);
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

  it("of other codecs are not", () => {
    expect(pcmForm("mp3")).toBeUndefined();
  });
});
