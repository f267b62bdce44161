import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retimeCuts } from "../../../../src/domain/cover/song-warp.ts";
import { alignLyrics } from "../../../../src/domain/lyrics/align-lyrics.ts";
import {
  FPS,
  heardAgain,
  moved,
  type Recording,
  recorded,
  type Section,
  scenesOf,
  verse,
} from "../../../support/recordings.ts";

const MIN_FRAMES = 4 * FPS;
const CHORUS = verse(100);
const SONG: Section[] = [verse(1), CHORUS, verse(2), CHORUS, verse(3), CHORUS];
const OLD = recorded(SONG);

const cutsOf = (recording: Recording) => [0, ...scenesOf(recording).map((s) => s.endFrame)];
const retimed = (was: Recording, is: Recording, cuts = cutsOf(was)) =>
  retimeCuts({
    fps: FPS,
    oldLines: was.lines,
    newLines: is.lines,
    oldFrames: was.frames,
    newFrames: is.frames,
    cuts,
    minFrames: MIN_FRAMES,
  });

const anySections = fc.array(
  fc.oneof(
    fc.constant(CHORUS),
    fc.integer({ min: 1, max: 9 }).map((n) => verse(n)),
  ),
  {
    minLength: 1,
    maxLength: 7,
  },
);
const anyRecording = fc
  .record({ sections: anySections, intro: fc.integer({ min: 0, max: 30 }) })
  .map(({ sections, intro }) => recorded(sections, intro));
/** Any boundaries of scenes, inside lines too. */
const anyCuts = ({ frames }: Recording) =>
  fc
    .uniqueArray(fc.integer({ min: 1, max: frames - 1 }), { maxLength: 30 })
    .map((cuts) => [0, ...cuts.toSorted((a, b) => a - b), frames]);

describe("cuts of a song that another recording replaces", () => {
  it("stay to the frame where the recording is the same", () => {
    const any = anyRecording.chain((r) => fc.tuple(fc.constant(r), anyCuts(r)));
    fc.assert(
      fc.property(any, ([recording, cuts]) => {
        expect(retimed(recording, recording, cuts)).toEqual({ cuts, vanished: [] });
      }),
      { numRuns: 300 },
    );
  });

  it("all shift by the silence that was put before it", () => {
    const any = anyRecording.chain((r) =>
      fc.tuple(fc.constant(r), anyCuts(r), fc.integer({ min: 1, max: 2000 })),
    );
    fc.assert(
      fc.property(any, ([was, cuts, by]) => {
        const is = moved(was, (f) => f + by, was.frames + by);
        const expected = [0, ...cuts.slice(1).map((cut) => cut + by)];
        expect(retimed(was, is, cuts)).toEqual({ cuts: expected, vanished: [] });
      }),
      { numRuns: 300 },
    );
  });

  it("scale with the tempo, within two frames and half a percent of the music before and behind the words", () => {
    const any = fc
      .tuple(
        fc.array(
          fc.integer({ min: 1, max: 9 }).map((n) => verse(n)),
          { minLength: 2, maxLength: 6 },
        ),
        fc.integer({ min: 0, max: 20 }),
        fc.double({ min: 0.9, max: 1.1, noNaN: true }),
      )
      .map(([sections, intro, tempo]) => ({ was: recorded(sections, intro), tempo }))
      .chain(({ was, tempo }) => anyCuts(was).map((cuts) => ({ was, tempo, cuts })));
    fc.assert(
      fc.property(any, ({ was, tempo, cuts }) => {
        const is = moved(was, (f) => Math.round(f * tempo), Math.round(was.frames * tempo));
        const first = was.lines[0]?.startFrame ?? 0;
        const last = was.lines.at(-1)?.endFrame ?? 0;
        const wrong = retimed(was, is, cuts).cuts.filter((cut, i) => {
          const old = cuts[i] ?? 0;
          const outside = Math.max(0, first - old, old - last);
          return Math.abs(cut - old * tempo) > 2 + 0.005 * outside;
        });
        expect(wrong).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("ascend from 0 to the new end whatever the two recordings are", () => {
    const any = fc
      .tuple(anyRecording, anyRecording, fc.integer(), fc.boolean())
      .chain(([was, is, seed, cutShort]) => {
        const heard = heardAgain(is, seed, 20);
        const now = cutShort ? { ...heard, frames: Math.ceil(heard.frames / 2) } : heard;
        return fc.tuple(fc.constant(was), fc.constant(now), anyCuts(was));
      });
    fc.assert(
      fc.property(any, ([was, is, cuts]) => {
        const mapped = retimed(was, is, cuts).cuts;
        expect(mapped).toHaveLength(cuts.length);
        expect([mapped[0], mapped.at(-1)]).toEqual([0, is.frames]);
        expect(mapped.filter((cut, i) => !Number.isInteger(cut) || cut < (mapped[i - 1] ?? 0))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("stay with their lines where the song is transcribed again, with errors", () => {
    const errors = fc.record({ seed: fc.integer(), off: fc.integer({ min: 0, max: 5 }) });
    fc.assert(
      fc.property(errors, ({ seed, off }) => {
        const { cuts, vanished } = retimed(OLD, heardAgain(OLD, seed, off));
        expect(vanished).toEqual([]);
        const old = cutsOf(OLD);
        // A misheard first word leaves the cut to the words around it.
        const far = cuts.filter((cut, i) => Math.abs(cut - (old[i] ?? 0)) > 2 * off + 6);
        expect(far).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it("do not fall into a line because its first word was misheard", () => {
    const lines = OLD.lines.map((line, i) =>
      i === 4 ? { ...line, words: line.words.map((w, k) => (k === 0 ? { ...w, text: "mumble" } : w)) } : line,
    );
    const late = lines[4];
    if (!late) throw new Error("no fifth line");
    const shifted = lines.with(4, { ...late, startFrame: late.startFrame - 4 });
    const was = cutsOf(OLD);
    const { cuts } = retimed(OLD, { ...OLD, lines: shifted });
    expect(cuts[was.indexOf(late.startFrame)]).toBe(late.startFrame - 4);
  });
});

describe("a verse that only one recording has", () => {
  const startOf = (recording: Recording, section: number) => recording.lines[section * 4]?.startFrame ?? 0;
  /** The scenes of a section: two of two lines each. */
  const cutsFrom = (recording: Recording, section: number) => {
    const from = startOf(recording, section);
    return cutsOf(recording).filter((cut) => cut === from || cut === from + 168);
  };

  it("leaves every other scene at its own lines where it was put in", () => {
    for (const at of [1, 2, 3, 4, 5]) {
      const is = recorded(SONG.toSpliced(at, 0, verse(50)));
      const { cuts, vanished } = retimed(OLD, is);
      const expected = SONG.flatMap((_, k) => cutsFrom(is, k < at ? k : k + 1));
      expect(cuts.slice(1, -1)).toEqual(expected);
      expect(vanished).toEqual([]);
    }
  });

  it("takes its own scenes with it where it was cut out, and no others", () => {
    for (const at of [2, 4]) {
      const is = recorded(SONG.toSpliced(at, 1));
      const { vanished, cuts } = retimed(OLD, is);
      expect(vanished).toEqual([2 * at, 2 * at + 1]);
      const left = cuts.filter((_, i) => !vanished.includes(i) && i > 0 && i < cuts.length - 1);
      expect(left).toEqual(SONG.toSpliced(at, 1).flatMap((_, k) => cutsFrom(is, k)));
    }
  });

  it("takes one of the choruses with it where both were cut out, the one that leaves the rest in place", () => {
    const { vanished } = retimed(OLD, recorded(SONG.toSpliced(2, 2)));
    expect(vanished).toEqual([4, 5, 6, 7]);
  });

  it("is not matched with another repetition of the chorus", () => {
    const is = recorded([...SONG, CHORUS]);
    const { cuts, vanished } = retimed(OLD, is);
    expect(vanished).toEqual([]);
    expect(cuts.slice(1, -1)).toEqual(cutsOf(OLD).slice(1, -1));
  });
});

describe("cuts in the music between two lines", () => {
  it("keep their distance from the nearer line where a verse was put in or cut out between, at the new tempo", () => {
    for (const sections of [SONG.toSpliced(3, 0, verse(50), verse(51)), SONG.toSpliced(2, 1)]) {
      for (const tempo of [1, 1.25]) {
        const plain = recorded(sections);
        const is = moved(plain, (f) => Math.round(f * tempo), Math.round(plain.frames * tempo));
        const at = sections.length > SONG.length ? 3 : 2;
        const [before, behind] = [
          OLD.lines[at * 4 - 1],
          OLD.lines[sections.length > SONG.length ? at * 4 : at * 4 + 4],
        ];
        const line = is.lines[sections.length > SONG.length ? at * 4 + 8 : at * 4];
        const last = is.lines[at * 4 - 1];
        if (!before || !behind || !line || !last) throw new Error("a line is missing");
        const { cuts } = retimed(OLD, is, [0, before.endFrame + 16, behind.startFrame - 16, OLD.frames]);
        expect(Math.abs((cuts[1] ?? 0) - (last.endFrame + 16 * tempo))).toBeLessThanOrEqual(2);
        expect(Math.abs((cuts[2] ?? 0) - (line.startFrame - 16 * tempo))).toBeLessThanOrEqual(2);
      }
    }
  });
});

describe("a song without words", () => {
  const silent = (frames: number): Recording => ({ lines: [], frames });
  it.each([
    ["is scaled where it is a little longer", 1000, 1040, [0, 104, 520, 1040]],
    ["is scaled where it is a little shorter", 1000, 960, [0, 96, 480, 960]],
    ["keeps its cuts where it is much longer", 1000, 1400, [0, 100, 500, 1400]],
    ["keeps what still fits where it is much shorter", 1000, 400, [0, 100, 400, 400]],
  ])("%s", (_what, from, to, expected) => {
    expect(retimed(silent(from), silent(to), [0, 100, 500, from]).cuts).toEqual(expected);
  });
});

describe("words that two recordings share", () => {
  it.each([
    [1, 0],
    [18, 1],
    [40, 2],
  ])("are those of the nearest chorus where it comes again: at %d s its number %d", (intro, nearest) => {
    const once = recorded([CHORUS], intro);
    const thrice = recorded([CHORUS, CHORUS, CHORUS], 1);
    const shared = alignLyrics(once.lines, thrice.lines);
    const ends = thrice.lines.map((l) => l.startFrame);
    expect(shared.map((w) => w.is.startFrame)[0]).toBe(ends[nearest * 4]);
    expect(shared).toHaveLength(24);
  });

  it("are none where the songs are not the same, though both say the same small words", () => {
    const other = recorded([verse(31), verse(32), verse(33)]);
    expect(alignLyrics(OLD.lines, other.lines)).toEqual([]);
  });

  it("are found where lines are broken otherwise and only lines are timed", () => {
    const bare = OLD.lines.map((line) => ({ ...line, words: [] }));
    const shared = alignLyrics(OLD.lines, bare);
    expect(shared).toHaveLength(OLD.lines.length * 6);
    expect(shared.filter(({ was, is }) => Math.abs(was.startFrame - is.startFrame) > 1)).toEqual([]);
  });
});
