import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { beatsIn, SNAP_CONFIDENCE, snapping, tappedBeat } from "../../../../src/domain/cover/beat-grid.ts";
import type { BeatGrid } from "../../../../src/domain/record/record.ts";

const FPS = 24;
const grid = (over: Partial<BeatGrid>): BeatGrid => ({
  bpm: 120,
  offsetSeconds: 0,
  beatsPerBar: 4,
  confidence: 0.9,
  source: "estimated",
  ...over,
});

describe("beats in frames", () => {
  it("fall every half second at 120 beats a minute, the first of four a downbeat", () => {
    const beats = beatsIn(grid({ offsetSeconds: 0.25 }), 100, FPS);
    expect(beats.map((b) => b.frame)).toEqual([6, 18, 30, 42, 54, 66, 78, 90]);
    expect(beats.filter((b) => b.downbeat).map((b) => b.frame)).toEqual([6, 54]);
  });

  it("are there before the first downbeat too", () => {
    const beats = beatsIn(grid({ offsetSeconds: 1.5 }), 60, FPS);
    expect(beats.map((b) => b.frame)).toEqual([0, 12, 24, 36, 48]);
    expect(beats.filter((b) => b.downbeat).map((b) => b.frame)).toEqual([36]);
  });

  it("count the one that rounds to the song's first frame", () => {
    const beats = beatsIn(grid({ offsetSeconds: 0.49 }), 30, FPS);
    expect(beats.map((b) => b.frame)).toEqual([0, 12, 24]);
  });

  it("stay within half a frame of their own time to the end of any song, with none left out", () => {
    const tapped = fc.record({
      bpm: fc.double({ min: 20, max: 400, noNaN: true }),
      offsetSeconds: fc.double({ min: 0, max: 20, noNaN: true }),
      beatsPerBar: fc.integer({ min: 1, max: 12 }),
      totalFrames: fc.integer({ min: 1, max: 40_000 }),
    });
    fc.assert(
      fc.property(tapped, ({ totalFrames, ...tap }) => {
        const beats = beatsIn(grid(tap), totalFrames, FPS);
        const period = (60 / tap.bpm) * FPS;
        const lead = tap.offsetSeconds * FPS;
        const first = Math.ceil((-0.5 - lead) / period);
        const wrong = beats.filter(
          ({ frame, downbeat }, i) =>
            Math.abs(frame - (lead + (first + i) * period)) > 0.5 + 1e-6 ||
            downbeat !== ((first + i) % tap.beatsPerBar === 0) ||
            frame < 0 ||
            frame >= totalFrames,
        );
        expect(wrong).toEqual([]);
        const next = lead + (first + beats.length) * period;
        expect(Math.round(next)).toBeGreaterThanOrEqual(totalFrames);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    { bpm: 0 },
    { bpm: -90 },
    { bpm: Number.NaN },
    { bpm: 1e9 },
    { offsetSeconds: Number.NaN },
    { beatsPerBar: 0 },
  ])("are none where the grid means nothing: %o", (over) => {
    expect(beatsIn(grid(over), 1000, FPS)).toEqual([]);
  });
});

describe("cuts", () => {
  it("snap to a grid from a stated confidence on", () => {
    expect(snapping(grid({ confidence: SNAP_CONFIDENCE }))).toBe(true);
    expect(snapping(grid({ confidence: SNAP_CONFIDENCE - 0.01 }))).toBe(false);
    expect(snapping(null)).toBe(false);
  });
});

describe("a tapped grid", () => {
  it.each([
    ["kept where it is in the first bar", 1.5, 1.5],
    ["moved back by whole bars", 61.25, 1.25],
    ["moved on to the song's first downbeat", -0.5, 1.5],
    ["the start where it is a whole number of bars", 8, 0],
  ])("has its offset %s", (_what, offsetSeconds, first) => {
    const tapped = tappedBeat({ bpm: 120, offsetSeconds, beatsPerBar: 4 });
    expect(tapped.offsetSeconds).toBeCloseTo(first, 9);
    expect(tapped).toMatchObject({ bpm: 120, beatsPerBar: 4, confidence: 1, source: "tapped" });
    expect(snapping(tapped)).toBe(true);
  });

  it("has the downbeats that were tapped, whatever the tempo and offset", () => {
    const any = fc.record({
      bpm: fc.double({ min: 30, max: 300, noNaN: true }),
      offsetSeconds: fc.double({ min: -30, max: 300, noNaN: true }),
      beatsPerBar: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(any, (tap) => {
        const { offsetSeconds } = tappedBeat(tap);
        const bar = (60 / tap.bpm) * tap.beatsPerBar;
        expect(offsetSeconds).toBeGreaterThanOrEqual(0);
        expect(offsetSeconds).toBeLessThan(bar);
        const bars = (tap.offsetSeconds - offsetSeconds) / bar;
        expect(Math.abs(bars - Math.round(bars))).toBeLessThan(1e-5);
      }),
      { numRuns: 300 },
    );
  });
});
