import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { correlation, likeness, loudness, offset, SAMPLE_RATE, songOf, WINDOW } from "../playback/heard.ts";

/** Three seconds of a tone that rises from `from` hertz. */
const rising = (from: number, volume = 0.4) =>
  Float32Array.from({ length: 3 * SAMPLE_RATE }, (_, i) => {
    const t = i / SAMPLE_RATE;
    return volume * Math.sin(2 * Math.PI * (from + 40 * t) * t) * (0.6 + 0.4 * Math.sin(9 * t));
  });
const silence = new Float32Array(3 * SAMPLE_RATE);
const moments = Array.from({ length: 40 }, (_, i) => 0.2 + i * 0.06);

/** A recording of a sound that is played at its own speed. */
function heard(sound: Float32Array) {
  const pieces = new Float32Array(moments.length * WINDOW);
  for (const [n, at] of moments.entries()) {
    const end = Math.round(at * SAMPLE_RATE);
    pieces.set(sound.subarray(end - WINDOW, end), n * WINDOW);
  }
  return { moments, sound: pieces, sampleRate: SAMPLE_RATE, rate: 1 };
}

describe("likeness", () => {
  const song = songOf(rising(220));

  it.each([
    ["the song", rising(220), 0.95, 1],
    ["the song, quieter", rising(220, 0.1), 0.95, 1],
    ["other notes", rising(1500), -1, 0.75],
    ["the song backwards", rising(220).toReversed(), -1, 0.75],
    ["silence", silence, 0, 0],
  ])("of a song to %s is as it should be", (_, sound, least, most) => {
    const like = likeness(song, heard(sound));
    expect(like).toBeGreaterThanOrEqual(least);
    expect(like).toBeLessThanOrEqual(most);
  });
});

describe("offset", () => {
  const most = 16_384;
  // Silence around the sound, so that none of it is lost when it is moved.
  const song = new Float32Array(2 * most + rising(220).length);
  song.set(rising(220), most);

  it("is the number of samples by which the sound was moved", () => {
    fc.assert(
      fc.property(fc.integer({ min: -most, max: most }), (by) => {
        const moved = Float32Array.from(song, (_, i) => song[i - by] ?? 0);
        const found = offset(moved, song);
        expect(found.samples).toBe(by);
        expect(found.likeness).toBeCloseTo(1, 6);
      }),
      { numRuns: 10, examples: [[-most], [0], [most]] },
    );
  });

  it.each([
    ["silence", silence],
    ["other notes", rising(1500)],
  ])("finds no likeness to %s", (_, sound) => {
    expect(offset(sound, song).likeness).toBeLessThan(0.5);
  });
});

it("gives a correlation of 0 with a constant", () => {
  expect(correlation(Float64Array.of(1, 2, 3), Float64Array.of(4, 4, 4))).toBe(0);
  expect(correlation(Float64Array.of(1, 2, 3), Float64Array.of(2, 4, 6))).toBeCloseTo(1);
});

it("measures loudness as the root of the mean square", () => {
  expect(loudness(Float32Array.of(0.5, -0.5, 0.5))).toBeCloseTo(0.5);
  expect(loudness(new Float32Array(0))).toBe(0);
});
