import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resampler } from "../../../../src/media/lib/resample.ts";

const tone = (hertz: number, rate: number, seconds: number) =>
  Float32Array.from({ length: Math.round(rate * seconds) }, (_, i) =>
    Math.sin((2 * Math.PI * hertz * i) / rate),
  );

function resample(
  samples: Float32Array,
  from: number,
  to: number,
  blocks: readonly number[] = [4096],
): Float32Array {
  const { push, flush } = resampler(from, to);
  const out: number[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = blocks[i % blocks.length] ?? 4096;
    out.push(...push(samples.subarray(at, at + size)));
    at += size;
  }
  out.push(...flush());
  return Float32Array.from(out);
}

/** Level in decibels, without the edges. */
function decibels(samples: Float32Array): number {
  const inner = samples.subarray(400, -400);
  return 10 * Math.log10((2 * inner.reduce((sum, v) => sum + v * v, 0)) / inner.length);
}
const RATES = [22_050, 24_000, 32_000, 44_056, 44_100, 47_999, 48_000, 88_200, 96_000, 192_000];

describe("sound at another rate", () => {
  it.each(RATES)("is the same sound at the same time, from %i Hz", (rate) => {
    const out = resample(tone(1000, rate, 0.5), rate, 16_000);
    const wanted = tone(1000, 16_000, 0.5);
    const worst = out
      .subarray(400, -400)
      .reduce((w, v, i) => Math.max(w, Math.abs(v - (wanted[i + 400] ?? 0))), 0);
    expect(worst).toBeLessThan(1e-3);
  });

  it.each(RATES)("keeps exactly the frequencies that the lower rate can hold, from %i Hz", (rate) => {
    expect(decibels(resample(tone(6900, rate, 0.5), rate, 16_000))).toBeGreaterThan(-0.1);
    for (const hertz of [9100, 10_500, 15_000, 20_000].filter((f) => f < rate / 2)) {
      expect(decibels(resample(tone(hertz, rate, 0.5), rate, 16_000))).toBeLessThan(-75);
    }
  });

  it("has as many samples as its duration requires, however it is cut into blocks", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...RATES),
        fc.integer({ min: 0, max: 5000 }),
        fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 5 }),
        (rate, count, blocks) => {
          const samples = Float32Array.from({ length: count }, (_, i) => Math.sin(i * i));
          const out = resample(samples, rate, 16_000, blocks);
          expect(out.length).toBe(Math.ceil((count * 16_000) / rate));
          expect(out).toEqual(resample(samples, rate, 16_000, [5000]));
        },
      ),
      { numRuns: 100 },
    );
  });

  it("is unchanged at its own rate", () => {
    const samples = tone(3000, 16_000, 0.1);
    const out = resample(samples, 16_000, 16_000);
    expect(out.length).toBe(samples.length);
    expect(out.every((value, i) => Math.abs(value - (samples[i] ?? 0)) < 1e-6)).toBe(true);
  });
});
