import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BitWriter } from "../../../../src/media/codecs/bit-writer.ts";
import { crc8, crc16 } from "../../../../src/media/codecs/crc.ts";
import { flacDecoder, flacInfo } from "../../../../src/media/codecs/flac-decoder.ts";
import { packetsOfFixture } from "../../../support/sound.ts";

const info = { sampleRate: 44_100, channels: 1, bits: 16, totalSamples: 0 };
const STEREO = { ...info, channels: 2 };

/** A frame by RFC 9639, 9.1: 16 samples of a fixed-size stream by default. */
function frame(
  body: (out: BitWriter) => void,
  { mode = 0, depth = 0, size = [0b0110, 15, 8] } = {},
): Uint8Array {
  const out = new BitWriter(4096);
  out.put(0xfff8, 16);
  out.put(size[0] ?? 0, 4);
  out.put(0, 4);
  out.put(mode, 4);
  out.put(depth << 1, 4);
  out.put(7, 8);
  if (size[2]) out.put(size[1] ?? 0, size[2]);
  const header = out.written().slice();
  out.put(crc8(header, header.length), 8);
  body(out);
  out.align();
  const whole = out.written().slice();
  out.put(crc16(whole, whole.length), 16);
  return out.written();
}
const VERBATIM = 1 << 1;
const verbatim = (out: BitWriter, values: readonly number[], bits: number) => {
  out.put(VERBATIM, 8);
  for (const value of values) {
    if (bits > 32) out.put(value < 0 ? -1 : Math.floor(value / 2 ** 32), bits - 32);
    out.put(value % 2 ** 32, Math.min(bits, 32));
  }
};
const ramp = (step: number) => Array.from({ length: 16 }, (_, i) => (i - 8) * step);
const decoded = (bytes: Uint8Array, form: typeof info = info, outBits: 16 | 24 = 16) =>
  flacDecoder(form, outBits)(bytes).map((row) => [...row]);

describe("a FLAC frame", () => {
  it("may leave out lowest bits that are 0", () => {
    const bytes = frame((out) => {
      out.put(VERBATIM | 1, 8);
      out.put(1, 3);
      for (const value of ramp(1)) out.put(value, 13);
    });
    expect(decoded(bytes)).toEqual([ramp(8)]);
  });

  it("may hold uncompressed residuals, also of 0 bits", () => {
    const bytes = frame((out) => {
      out.put((8 | 1) << 1, 8);
      out.put(100, 16);
      out.put(0b00_0001, 6);
      // Partitions of 7 and 8 residuals, with the escape parameter.
      out.put(15, 4);
      out.put(5, 5);
      for (let i = 0; i < 7; i++) out.put(-3, 5);
      out.put(15, 4);
      out.put(0, 5);
    });
    const end = 100 - 21;
    expect(decoded(bytes)).toEqual([[100, 97, 94, 91, 88, 85, 82, 79, ...new Array(8).fill(end)]]);
  });

  it("predicts by weights of either sign, rounding down", () => {
    const bytes = frame((out) => {
      out.put((32 | 1) << 1, 8);
      out.put(-5, 16);
      out.put(4, 16);
      out.put(6 - 1, 4);
      out.put(2, 5);
      out.put(7, 6);
      out.put(-3, 6);
      out.put(0, 6);
      out.put(0, 4);
      // A Rice code of parameter 0 for 0 is one bit.
      for (let i = 0; i < 14; i++) out.put(1, 1);
    });
    const want = [-5, 4];
    for (let i = 2; i < 16; i++) want.push(Math.floor((7 * (want[i - 1] ?? 0) - 3 * (want[i - 2] ?? 0)) / 4));
    expect(decoded(bytes)).toEqual([want]);
  });

  it.each([
    [8, "left and side", (l: number, r: number) => [l, l - r]],
    [9, "side and right", (l: number, r: number) => [l - r, r]],
    [10, "mid and side", (l: number, r: number) => [(l + r) >> 1, l - r]],
  ] as const)("may hold stereo as mode %i, %s", (mode, _, store) => {
    const pairs = ramp(3000).map((left, i): [number, number] => [left, i % 2 === 0 ? 32_767 : -32_768]);
    const stored = pairs.map(([l, r]) => store(l, r));
    const bytes = frame(
      (out) => {
        for (const c of [0, 1]) {
          const isSide = c === (mode === 9 ? 0 : 1);
          verbatim(
            out,
            stored.map((pair) => pair[c] ?? 0),
            isSide ? 17 : 16,
          );
        }
      },
      { mode },
    );
    expect(decoded(bytes, STEREO)).toEqual([pairs.map(([l]) => l), pairs.map(([, r]) => r)]);
  });

  it("of 32 bits keeps its 24 highest, with a side channel of 33 bits too", () => {
    const [left, right] = [ramp(200_000_001), ramp(-150_000_007)];
    const side = left.map((value, i) => value - (right[i] ?? 0));
    const bytes = frame(
      (out) => {
        verbatim(out, left, 32);
        verbatim(out, side, 33);
      },
      { mode: 8, depth: 7 },
    );
    const want = [left, right].map((row) => row.map((value) => value >> 8));
    expect(decoded(bytes, { ...STEREO, bits: 32 }, 24)).toEqual(want);
  });

  it.each([
    [1, 8, 16, 8],
    [2, 12, 16, 4],
    [5, 20, 24, 4],
    [6, 24, 24, 0],
  ] as const)("of code %i has %i bits, which go to the top of %i", (depth, bits, outBits, lift) => {
    const bytes = frame((out) => verbatim(out, ramp(9), bits), { depth });
    expect(decoded(bytes, { ...info, bits }, outBits)).toEqual([ramp(9 * 2 ** lift)]);
  });

  it.each([
    [1, 192],
    [2, 576],
    [5, 4608],
    [8, 256],
    [15, 32_768],
  ])("of size code %i has %i samples", (code, size) => {
    const bytes = frame(
      (out) => {
        out.put(0, 8);
        out.put(-1234, 16);
      },
      { size: [code] },
    );
    expect(decoded(bytes)).toEqual([new Array(size).fill(-1234)]);
  });

  it("may be followed by other bytes", () => {
    const bytes = frame((out) => verbatim(out, ramp(1), 16));
    expect(decoded(Uint8Array.of(...bytes, 0x54, 0x41, 0x47))).toEqual([ramp(1)]);
  });
});

describe("a damaged FLAC frame is an error", () => {
  const refused = (bytes: Uint8Array, form = info) => {
    expect(() => flacDecoder(form, 16)(bytes)).toThrow(Error);
  };

  it("wherever a bit is flipped, and wherever it is cut off", async () => {
    const [bytes = new Uint8Array()] = await packetsOfFixture("song.flac");
    fc.assert(
      fc.property(fc.integer({ min: 0, max: bytes.length * 8 - 1 }), (bit) => {
        const flipped = bytes.slice();
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        refused(flipped);
        refused(bytes.subarray(0, bit >> 3));
      }),
      { numRuns: 300 },
    );
  });

  it("when it is noise, also after a valid beginning", () => {
    const anyBytes = fc.uint8Array({ minLength: 0, maxLength: 300 });
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        refused(bytes);
        const header = frame(() => undefined, { size: [15] }).subarray(0, 6);
        refused(Uint8Array.of(...header, ...bytes));
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["another number of channels", frame((out) => verbatim(out, ramp(1), 16)), STEREO],
    ["another sample size", frame((out) => verbatim(out, ramp(1), 8), { depth: 1 }), info],
    ["a predictor that does not exist", frame((out) => out.put(13 << 1, 8)), info],
  ])("when it has %s", (_, bytes, form) => {
    refused(bytes, form);
  });

  it("when the stream has no description", () => {
    expect(() => flacInfo(new Uint8Array(41))).toThrow("STREAMINFO");
    expect(() => flacInfo(new Uint8Array(42))).toThrow("STREAMINFO");
  });
});
