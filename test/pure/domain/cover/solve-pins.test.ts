import { describe, expect, it } from "vitest";
import { beatsIn, tappedBeat } from "../../../../src/domain/cover/beat-grid.ts";
import { type CoverProblem, solveCover } from "../../../../src/domain/cover/solve.ts";
import type { Pin } from "../../../../src/domain/record/record.ts";
import type { Span } from "../../../../src/domain/record/song.ts";

const FPS = 24;
const song = (over: Partial<CoverProblem>): CoverProblem => ({
  totalFrames: 60 * FPS,
  fps: FPS,
  lines: [],
  proposal: [],
  minFrames: 4 * FPS,
  maxFrames: 9 * FPS,
  ...over,
});
const cut = (at: number): Pin => ({ kind: "cut", frame: at * FPS });
const scene = (from: number, to: number): Pin => ({
  kind: "scene",
  startFrame: from * FPS,
  endFrame: to * FPS,
});
function cover(problem: CoverProblem) {
  const solved = solveCover(problem);
  if (!solved.ok) throw new Error(solved.failure.message);
  return solved;
}
const cuts = (scenes: readonly Span[]) => scenes.map((s) => s.startFrame / FPS);

describe("what a person pins", () => {
  it("is kept to the frame, and the rest is solved around it", () => {
    const pins = [cut(13.5), scene(30, 31.25)];
    const { scenes, certificate } = cover(song({ pins }));
    expect(cuts(scenes)).toContain(13.5);
    expect(scenes).toContainEqual(expect.objectContaining({ startFrame: 720, endFrame: 750 }));
    expect(certificate).toMatchObject({ gaps: 0, overlaps: 0, repairs: [] });
  });

  it("may be given twice, touch another pin, or be where a cut is anyway", () => {
    const pins = [cut(0), cut(60), scene(20, 26), scene(20, 26), cut(20), cut(26), scene(26, 31)];
    expect(cuts(cover(song({ pins })).scenes)).toEqual(expect.arrayContaining([20, 26, 31]));
  });

  it("may be a cut inside a line, and the certificate says that it is pinned there", () => {
    const lines = [{ startFrame: 10 * FPS, endFrame: 14 * FPS }];
    const { scenes, certificate } = cover(song({ lines, pins: [cut(12)] }));
    expect(cuts(scenes)).toContain(12);
    expect(certificate.repairs).toContain("The cut at 12.0 s falls inside line 1; it is pinned there.");
  });

  it("allows shorter scenes only between the pins that no number of legal ones fills, and says where", () => {
    const { scenes, certificate } = cover(song({ pins: [cut(20), cut(22)] }));
    expect(scenes.filter((s) => s.endFrame - s.startFrame < 4 * FPS)).toEqual([
      expect.objectContaining({ startFrame: 20 * FPS, endFrame: 22 * FPS }),
    ]);
    expect(certificate.repairs).toEqual([
      "No number of scenes of 4.0 s to 9.0 s fills 20.0 s to 22.0 s, between the pins, so scenes there may be as short as 2.0 s.",
    ]);
  });

  it.each<[string, Pin[], string, RegExp]>([
    [
      "is past the song",
      [cut(60.5)],
      "The cut pinned at 60.50 s lies outside the song, which lasts 60.00 s.",
      /Move the pin/,
    ],
    [
      "is before the song",
      [scene(-1, 4)],
      "The scene pinned from -1.00 s to 4.00 s lies outside the song, which lasts 60.00 s.",
      /Move the pin/,
    ],
    [
      "is not on a frame",
      [{ kind: "cut", frame: 30.5 }],
      "The cut pinned at 1.27 s is not on whole frames.",
      /1\/24 s/,
    ],
    [
      "is no time",
      [{ kind: "cut", frame: Number.NaN }],
      "The cut pinned at NaN s is not on whole frames.",
      /1\/24 s/,
    ],
    [
      "ends before it begins",
      [scene(8, 8)],
      "The scene pinned from 8.00 s to 8.00 s ends before it begins.",
      /end after its start/,
    ],
    [
      "is longer than a clip can be",
      [scene(10, 20)],
      "The scene pinned from 10.00 s to 20.00 s lasts 10.00 s, and the longest scene is 9.00 s.",
      /Shorten it/,
    ],
    [
      "overlaps another",
      [scene(14, 20), scene(10, 15)],
      "The scene pinned from 14.00 s to 20.00 s reaches into the scene pinned from 10.00 s to 15.00 s.",
      /Move one/,
    ],
    [
      "cuts a pinned scene",
      [scene(10, 15), cut(12)],
      "The cut pinned at 12.00 s reaches into the scene pinned from 10.00 s to 15.00 s.",
      /Move one/,
    ],
    [
      "leaves too little beside another",
      [cut(15.25), scene(10, 15)],
      "Between the scene pinned from 10.00 s to 15.00 s and the cut pinned at 15.25 s there are 0.25 s, too little for a scene.",
      /close or widen the gap/,
    ],
    [
      "leaves too little at the start",
      [cut(0.25)],
      "Between the song's start and the cut pinned at 0.25 s there are 0.25 s, too little for a scene.",
      /close or widen/,
    ],
    [
      "leaves too little at the end",
      [scene(55, 59.75)],
      "Between the scene pinned from 55.00 s to 59.75 s and the song's end there are 0.25 s, too little for a scene.",
      /close or widen/,
    ],
  ])("is refused by name where it %s", (_what, pins, message, advice) => {
    const solved = solveCover(song({ pins }));
    expect(solved).toEqual({
      ok: false,
      failure: {
        code: "cover_impossible",
        message,
        retryable: false,
        nextAction: expect.stringMatching(advice),
      },
    });
  });

  it("may be as short as it likes where it is pinned as a scene", () => {
    const pins = [scene(10, 15), scene(15, 15.25), cut(20)];
    expect(cuts(cover(song({ pins })).scenes)).toEqual(expect.arrayContaining([10, 15, 15.25, 20]));
  });
});

describe("a confident beat grid", () => {
  const beats = (bpm: number, offsetSeconds: number, totalFrames = 60 * FPS) =>
    beatsIn(tappedBeat({ bpm, offsetSeconds, beatsPerBar: 4 }), totalFrames, FPS);

  it("puts the cuts of a song without words on its downbeats", () => {
    const grid = beats(90, 0.5);
    const down = new Set(grid.filter((b) => b.downbeat).map((b) => b.frame));
    const { scenes } = cover(song({ beats: grid }));
    expect(scenes.slice(1).filter((s) => !down.has(s.startFrame))).toEqual([]);
  });

  it("moves a proposed cut that is a little off a beat, and no other", () => {
    const lines = [0, 6, 12, 18].map((s) => ({ startFrame: s * FPS, endFrame: (s + 4) * FPS }));
    const proposal = [0, 1, 2, 3].map((n) => ({ firstLine: n, lastLine: n }));
    const near = cover(song({ lines, proposal, totalFrames: 24 * FPS, beats: beats(60, 0.875, 24 * FPS) }));
    expect(cuts(near.scenes)).toEqual([0, 5.875, 11.875, 17.875]);
    const far = cover(song({ lines, proposal, totalFrames: 24 * FPS, beats: beats(60, 0.5, 24 * FPS) }));
    expect(cuts(far.scenes)).toEqual([0, 6, 12, 18]);
  });

  it("never moves a cut into a line", () => {
    const lines = [0, 5, 10, 15, 20, 25].map((s) => ({ startFrame: s * FPS, endFrame: (s + 5) * FPS }));
    const { scenes } = cover(song({ lines, totalFrames: 30 * FPS, beats: beats(120, 0.2, 30 * FPS) }));
    expect(cuts(scenes)).toEqual([0, 5, 10, 15, 20, 25]);
  });
});
