import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SNAP_CONFIDENCE } from "../../../../src/domain/cover/beat-grid.ts";
import type { BeatGrid } from "../../../../src/domain/record/record.ts";
import { estimateBeat } from "../../../../src/media/beat/estimate.ts";
import { PATTERNS, played, random, type Song, steady } from "../../../support/rhythm.ts";

/**
 * Distance in seconds of a time from the nearest beat of a grid, or from the nearest of every `beats`th beat
 * from the first downbeat on.
 */
function offBeat(grid: BeatGrid, time: number, beats = 1): number {
  const turns = ((time - grid.offsetSeconds) * grid.bpm) / 60 / beats;
  return (Math.abs(turns - Math.round(turns)) * beats * 60) / grid.bpm;
}
const beatOf = async (song: Song): Promise<BeatGrid> => {
  const grid = await estimateBeat(played(song));
  if (!grid) throw new Error("no grid");
  return grid;
};

describe("a steady beat", () => {
  it("is found to 0.1 beats per minute and 20 ms; below 75 and above 145 perhaps at double or half its tempo", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(PATTERNS)),
        fc.double({ min: 60, max: 200, noNaN: true }),
        fc.double({ min: 0, max: 1.5, noNaN: true }),
        fc.integer({ min: 1, max: 1e6 }),
        async (pattern, bpm, offset, seed) => {
          const grid = await beatOf({ pattern, timeOf: steady(bpm, offset), seconds: 24, seed });
          const times = Math.round((2 * grid.bpm) / bpm) / 2;
          expect(bpm > 75 && bpm < 145 ? [1] : [0.5, 1, 2]).toContain(times);
          expect(Math.abs(grid.bpm / times - bpm)).toBeLessThan(0.1);
          // At half the tempo every beat of the grid is a beat of the song; otherwise every beat of the song
          // is in the grid.
          const [start, end] = [0, Math.floor(((20 - offset) * bpm) / 60 / 2) * 2];
          const nearest = (beat: number) =>
            Math.min(...[0, 1].map((i) => offBeat(grid, steady(bpm, offset)(beat + (times < 1 ? i : 0)))));
          expect(nearest(start)).toBeLessThan(0.02);
          expect(nearest(end)).toBeLessThan(0.02);
        },
      ),
      { numRuns: 30 },
    );
  });

  const sure = [
    ["clicks", 92.4],
    ["clicks", 151],
    ["rock", 84],
    ["rock", 118.3],
    ["rock", 158],
    ["swing", 126.7],
    ["waltz", 96.5],
    ["waltz", 141],
  ] as const;
  it.each([...sure, ["house", 118] as const])(
    "of %s at %d per minute has a high confidence",
    async (name, bpm) => {
      const grid = await beatOf({ pattern: PATTERNS[name], timeOf: steady(bpm, 0.7), seconds: 40 });
      expect(grid.bpm).toBeCloseTo(bpm, 1);
      expect(grid.confidence).toBeGreaterThan(0.8);
      expect(offBeat(grid, 0.7)).toBeLessThan(0.02);
      expect(grid.source).toBe("estimated");
    },
  );

  it.each(sure)("of %s at %d per minute has the right downbeats", async (name, bpm) => {
    const { beatsPerBar } = PATTERNS[name];
    const grid = await beatOf({ pattern: PATTERNS[name], timeOf: steady(bpm, 0.7), seconds: 40, seed: 3 });
    expect(grid.beatsPerBar).toBe(beatsPerBar);
    expect(offBeat(grid, 0.7, beatsPerBar)).toBeLessThan(0.02);
    expect(grid.offsetSeconds).toBeGreaterThanOrEqual(0);
    expect(grid.offsetSeconds).toBeLessThan((beatsPerBar * 60) / bpm);
  });

  it("of ten minutes is exact to half a frame up to its end", async () => {
    for (const bpm of [97.531, 126.37]) {
      const timeOf = steady(bpm, 0.4);
      const grid = await beatOf({ pattern: PATTERNS.rock, timeOf, seconds: 600, sampleRate: 8000 });
      const last = Math.floor((599 * bpm) / 60);
      for (const beat of [0, last >> 1, last]) expect(offBeat(grid, timeOf(beat))).toBeLessThan(1 / 48);
    }
  });

  it("is a whole number per minute when that moves no beat", async () => {
    expect((await beatOf({ pattern: PATTERNS.rock, timeOf: steady(110, 0.2), seconds: 40 })).bpm).toBe(110);
    const between = await beatOf({ pattern: PATTERNS.rock, timeOf: steady(110.3, 0.2), seconds: 40 });
    expect(between.bpm).toBeCloseTo(110.3, 1);
  });

  it("begins at the song's start when a song begins with its first downbeat", async () => {
    const grid = await beatOf({ pattern: PATTERNS.rock, timeOf: steady(100, 0), seconds: 30 });
    expect(grid.offsetSeconds).toBeLessThan(0.005);
  });

  it("is the same at any sample rate, number of channels and loudness", async () => {
    const song = { pattern: PATTERNS.rock, timeOf: steady(104.2, 0.5), seconds: 20, noise: 0 };
    const variants = [
      { sampleRate: 8000 },
      { sampleRate: 44_100, channels: 2 },
      { sampleRate: 96_000 },
      { gain: 0.005 },
      { sampleRate: 48_000, channels: 6 },
    ];
    for (const variant of variants) {
      const grid = await beatOf({ ...song, ...variant });
      expect(grid.bpm).toBeCloseTo(104.2, 1);
      expect(offBeat(grid, 0.5, 4)).toBeLessThan(0.02);
      expect(grid.confidence).toBeGreaterThan(0.8);
    }
  });

  it("is found despite a break without drums", async () => {
    const timeOf = steady(112, 0.3);
    const rock = played({ pattern: PATTERNS.rock, timeOf, seconds: 60 });
    const silent = async function* () {
      let at = 0;
      for await (const block of rock.blocks()) {
        const second = at / rock.sampleRate;
        yield second > 20 && second < 32 ? block.map((channel) => channel.fill(0)) : block;
        at += block[0]?.length ?? 0;
      }
    };
    const grid = await estimateBeat({ ...rock, blocks: silent });
    expect(grid?.bpm).toBe(112);
    expect(grid?.confidence).toBeGreaterThan(0.8);
  });
});

describe("sound without a steady beat", () => {
  const next = random(7);
  const walk = [0.3];
  for (let i = 1; i < 400; i++) walk.push((walk[i - 1] ?? 0) + 0.55 * (0.85 + 0.3 * next()));
  const song = { pattern: PATTERNS.rock, seconds: 50 };
  const songs: [string, Song][] = [
    ["white noise", { seconds: 50, noise: 0.5 }],
    ["a rubato", { ...song, timeOf: (beat) => walk[beat] ?? beat * 0.55 }],
    ["a tempo that rises by a tenth", { ...song, timeOf: (beat) => 0.3 + 0.6 * beat * (1 - beat / 1600) }],
    [
      "two tempos, one after another",
      { ...song, timeOf: (beat) => (beat < 50 ? 0.3 + 0.5 * beat : 25.3 + 0.56 * (beat - 50)) },
    ],
    [
      "a beat that jumps aside halfway",
      { ...song, timeOf: (beat) => 0.3 + 0.5 * beat + (beat < 50 ? 0 : 0.21) },
    ],
  ];
  it.each(songs)("does not move cuts: %s", async (_what, what) => {
    const grid = await estimateBeat(played(what));
    expect(grid?.confidence ?? 0).toBeLessThan(SNAP_CONFIDENCE);
  });

  it("has no grid when it is silence, or shorter than eight beats", async () => {
    expect(await estimateBeat(played({ seconds: 20, noise: 0 }))).toBeNull();
    expect(await estimateBeat(played({ pattern: PATTERNS.clicks, seconds: 2 }))).toBeNull();
    expect(await estimateBeat(played({ seconds: 0 }))).toBeNull();
  });

  it("never has a high confidence when it is very short", async () => {
    const grid = await estimateBeat(
      played({ pattern: PATTERNS.clicks, timeOf: steady(150, 0), seconds: 3.6 }),
    );
    expect(grid?.confidence ?? 0).toBeLessThan(0.8);
  });
});
