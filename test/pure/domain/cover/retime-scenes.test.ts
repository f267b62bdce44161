import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Placing, placeScenes } from "../../../../src/domain/cover/place-scenes.ts";
import { type RetimeInput, retimeScenes } from "../../../../src/domain/cover/retime.ts";
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

const CHORUS = verse(100);
const SONG: Section[] = [verse(1), CHORUS, verse(2), CHORUS, verse(3), CHORUS];
const OLD = recorded(SONG, 1);
const LIMITS = { minFrames: 3 * FPS, maxFrames: 14 * FPS };

function retimed(was: Recording, is: Recording, over: Partial<RetimeInput> = {}) {
  const given = retimeScenes({
    fps: FPS,
    oldLines: was.lines,
    newLines: is.lines,
    oldFrames: was.frames,
    newFrames: is.frames,
    scenes: scenesOf(was),
    ...LIMITS,
    ...over,
  });
  if (!given.ok) throw new Error(given.failure.message);
  return given;
}
const spans = (scenes: readonly { id: string | null; startFrame: number; endFrame: number }[]) =>
  scenes.map(({ id, startFrame, endFrame }) => ({ id, startFrame, endFrame }));

describe("scenes of a song that another recording replaces", () => {
  it("stay as they are where the recording is the same", () => {
    const { scenes, removed, certificate } = retimed(OLD, OLD);
    expect(spans(scenes)).toEqual(spans(scenesOf(OLD)));
    expect(removed).toEqual([]);
    expect(certificate).toMatchObject({ gaps: 0, overlaps: 0, repairs: [] });
  });

  it("stay as short as they were, where a person had made them shorter than the legal ones", () => {
    const [first, ...rest] = scenesOf(OLD);
    if (!first) throw new Error("no scene");
    const scenes = [
      { ...first, endFrame: 20 },
      { id: "short", startFrame: 20, endFrame: first.endFrame },
      ...rest,
    ];
    expect(spans(retimed(OLD, OLD, { scenes }).scenes)).toEqual(spans(scenes));
  });

  it("move by the silence before it, which goes to the first scene or gets one of its own", () => {
    for (const by of [30, 60, 3 * FPS, 20 * FPS]) {
      const { scenes, removed } = retimed(
        OLD,
        moved(OLD, (f) => f + by, OLD.frames + by),
      );
      const shifted = scenesOf(OLD).map((s) => ({
        ...s,
        startFrame: s.startFrame + by,
        endFrame: s.endFrame + by,
      }));
      const kept = spans(scenes.filter((s) => s.id !== null));
      expect(kept.slice(1)).toEqual(shifted.slice(1));
      expect(kept[0]?.endFrame).toBe(shifted[0]?.endFrame);
      expect(removed).toEqual([]);
    }
  });

  it("grow with the tempo", () => {
    const slow = moved(OLD, (f) => Math.round(f * 1.04), Math.round(OLD.frames * 1.04));
    const { scenes } = retimed(OLD, slow);
    expect(scenes.map((s) => s.id)).toEqual(scenesOf(OLD).map((s) => s.id));
    const off = scenes.map((s, i) => Math.abs(s.startFrame - (scenesOf(OLD)[i]?.startFrame ?? 0) * 1.04));
    expect(Math.max(...off)).toBeLessThanOrEqual(2);
  });

  it("are left out with the verse that was cut out, and named", () => {
    const { scenes, removed, certificate } = retimed(OLD, recorded(SONG.toSpliced(2, 1), 1));
    expect(removed).toEqual(["scene 5", "scene 6"]);
    expect(scenes.map((s) => s.id)).toEqual(
      scenesOf(OLD)
        .map((s) => s.id)
        .filter((id) => !removed.includes(id)),
    );
    expect(certificate.repairs).toEqual([
      "Left out, because the new recording has no time for them: scenes 5, 6.",
    ]);
  });

  it("make room for new ones where a verse was put in, each still over its own lines", () => {
    const is = recorded(SONG.toSpliced(3, 0, verse(50)), 1);
    const { scenes, removed } = retimed(OLD, is);
    expect(removed).toEqual([]);
    const fresh = scenes.filter((s) => s.id === null);
    expect(fresh.length).toBeGreaterThan(0);
    expect(fresh.filter((s) => s.lineFrom < 12 || s.lineTo > 16)).toEqual([]);
    const lineFroms = scenes.flatMap((s) => (s.id === null ? [] : [s.lineFrom]));
    expect(lineFroms).toEqual([0, 2, 4, 6, 8, 10, 16, 18, 20, 22, 24, 26]);
  });

  it("keep a clip that is a few frames short by moving a cut, and lose it rather than move a cut far", () => {
    const slower = (more: number) => {
      // Only the second scene's time grows.
      const [from, to] = [scenesOf(OLD)[1]?.startFrame ?? 0, scenesOf(OLD)[1]?.endFrame ?? 0];
      const stretch = (f: number) =>
        f <= from
          ? f
          : f >= to
            ? f + more
            : Math.round(from + ((f - from) * (to - from + more)) / (to - from));
      return moved(OLD, stretch, OLD.frames + more);
    };
    const withClips = scenesOf(OLD).map((s) => ({ ...s, footageFrames: s.endFrame - s.startFrame + 12 }));
    const second = (more: number) => retimed(OLD, slower(more), { scenes: withClips }).scenes[1];
    const frames = (withClips[1]?.footageFrames ?? 0) - 12;
    const lasts = (scene: ReturnType<typeof second>) => (scene ? scene.endFrame - scene.startFrame : 0);
    expect(lasts(second(8))).toBe(frames + 8);
    expect(lasts(second(15))).toBe(frames + 12);
    expect(lasts(second(30))).toBe(frames + 30);
  });

  it("are lengthened to the shortest that is legal where little is left of them", () => {
    const [from, to] = [scenesOf(OLD)[3]?.startFrame ?? 0, scenesOf(OLD)[3]?.endFrame ?? 0];
    const left = 50;
    const squeeze = (f: number) =>
      f <= from ? f : f >= to ? f - (to - from) + left : Math.round(from + ((f - from) * left) / (to - from));
    const { scenes, removed } = retimed(OLD, moved(OLD, squeeze, OLD.frames - (to - from) + left));
    expect(removed).toEqual([]);
    const lengths = scenes.map((s) => s.endFrame - s.startFrame);
    expect(Math.min(...lengths)).toBe(LIMITS.minFrames);
  });

  it("cover any other recording exactly, in their order, each at most once, with legal lengths", () => {
    const anySections = fc.array(
      fc.oneof(
        fc.constant(CHORUS),
        fc.integer({ min: 1, max: 6 }).map((n) => verse(n, 1 + (n % 4))),
      ),
      { maxLength: 6 },
    );
    const any = fc.record({
      was: anySections.map((s) => recorded(s, 2)),
      is: fc
        .tuple(anySections, fc.nat(20), fc.nat(8))
        .map(([s, intro, off]) => heardAgain(recorded(s, intro), off, off)),
      cutTo: fc.double({ min: 0.01, max: 1, noNaN: true }),
      minFrames: fc.integer({ min: 1, max: 200 }),
      more: fc.nat(200),
      clips: fc.boolean(),
    });
    fc.assert(
      fc.property(any, ({ was, is, cutTo, minFrames, more, clips }) => {
        const now = { ...is, frames: Math.ceil(is.frames * cutTo) };
        const old = scenesOf(was).map((s) => ({
          ...s,
          footageFrames: clips ? s.endFrame - s.startFrame : null,
        }));
        const maxFrames = minFrames + more;
        const { scenes, removed, certificate } = retimed(was, now, { scenes: old, minFrames, maxFrames });
        expect(certificate).toMatchObject({
          frames: now.frames,
          scenes: scenes.length,
          gaps: 0,
          overlaps: 0,
        });
        expect([0, ...scenes.map((s) => s.endFrame)]).toEqual([
          ...scenes.map((s) => s.startFrame),
          now.frames,
        ]);
        expect(
          scenes.filter((s) => s.endFrame <= s.startFrame || s.endFrame - s.startFrame > maxFrames),
        ).toEqual([]);
        const kept = scenes.flatMap((s) => s.id ?? []);
        expect(kept).toEqual(old.map((s) => s.id).filter((id) => !removed.includes(id)));
        expect(kept.length + removed.length).toBe(old.length);
        expect([0, ...scenes.map((s) => s.lineTo)]).toEqual([
          ...scenes.map((s) => s.lineFrom),
          now.lines.length,
        ]);
        const least = Math.min(minFrames, Math.floor(now.frames / Math.ceil(now.frames / maxFrames)));
        const lengthOf = new Map(old.map((s) => [s.id, s.endFrame - s.startFrame]));
        const short = scenes.filter(
          (s) => s.endFrame - s.startFrame < Math.min(least, lengthOf.get(s.id ?? "") ?? least),
        );
        expect(short).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });

  it("fail with the reason where the limits are invalid", () => {
    const given = retimeScenes({
      fps: FPS,
      oldLines: [],
      newLines: [],
      oldFrames: 100,
      newFrames: 100,
      scenes: [{ id: "one", startFrame: 0, endFrame: 100 }],
      minFrames: 9,
      maxFrames: 8,
    });
    expect(given).toMatchObject({ ok: false, failure: { code: "cover_impossible" } });
  });
});

/** The least cost of any placing, by trying all of them; costs as in `placeScenes`. */
function leastCost({ totalFrames, fps, scenes, minFrames, maxFrames, avoid }: Placing): number {
  const off = (at: number, wish: number) =>
    at === wish ? 0 : Math.abs(at - wish) / fps + (avoid[at] ? 1 : 0);
  const go = (at: number, k: number): number => {
    const scene = scenes[k];
    let least = at === totalFrames && !scene ? 0 : Number.POSITIVE_INFINITY;
    if (scene) least = Math.min(least, 1e6 + go(at, k + 1));
    for (let end = at + 1; end <= Math.min(at + maxFrames, totalFrames); end++) {
      const frames = end - at;
      if (frames >= minFrames) least = Math.min(least, 3 + go(end, k));
      if (!scene || frames < scene.minFrames) continue;
      const redo = frames > (scene.footageFrames ?? maxFrames) ? 0.5 : 0;
      least = Math.min(least, redo + off(at, scene.startFrame) + off(end, scene.endFrame) + go(end, k + 1));
    }
    return least;
  };
  return go(0, 0);
}

describe("scenes placed in another recording", () => {
  it("cost as little as the best of all placings, in tiny songs", () => {
    const tiny = fc
      .record({
        totalFrames: fc.integer({ min: 1, max: 11 }),
        ends: fc.array(fc.nat(11), { maxLength: 6 }),
        least: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
        clipFrames: fc.array(fc.option(fc.integer({ min: 1, max: 6 })), { minLength: 3, maxLength: 3 }),
        minFrames: fc.integer({ min: 1, max: 3 }),
        more: fc.integer({ min: 3, max: 5 }),
        avoided: fc.uniqueArray(fc.nat(11)),
      })
      .map(({ totalFrames, ends, least, clipFrames, minFrames, more, avoided }): Placing => {
        const wishes = ends.map((e) => Math.min(e, totalFrames)).toSorted((a, b) => a - b);
        const scenes = wishes.flatMap((startFrame, i) => {
          const endFrame = wishes[i + 1];
          if (i % 2 === 1 || endFrame === undefined) return [];
          return [
            { startFrame, endFrame, minFrames: least[i / 2] ?? 1, footageFrames: clipFrames[i / 2] ?? null },
          ];
        });
        const avoid = Uint8Array.from({ length: totalFrames + 1 }, (_, f) => (avoided.includes(f) ? 1 : 0));
        const maxFrames = minFrames + more;
        const shortest = Math.min(minFrames, Math.floor(totalFrames / Math.ceil(totalFrames / maxFrames)));
        return { totalFrames, fps: 2, scenes, minFrames: shortest, maxFrames, avoid };
      });
    fc.assert(
      fc.property(tiny, (placing) => {
        const { scenes, fps, avoid, maxFrames, minFrames, totalFrames } = placing;
        const placed = placeScenes(placing);
        const off = (at: number, wish: number) =>
          at === wish ? 0 : Math.abs(at - wish) / fps + (avoid[at] ? 1 : 0);
        let cost = 0;
        let cursor = 0;
        const fill = (to: number) => {
          const fewest = Math.ceil((to - cursor) / maxFrames);
          if (fewest * minFrames > to - cursor) cost = Number.POSITIVE_INFINITY;
          cost += 3 * fewest;
        };
        scenes.forEach((scene, k) => {
          const span = placed[k];
          if (!span) {
            cost += 1e6;
            return;
          }
          fill(span.startFrame);
          cursor = span.endFrame;
          const frames = span.endFrame - span.startFrame;
          if (frames > (scene.footageFrames ?? maxFrames)) cost += 0.5;
          cost += off(span.startFrame, scene.startFrame) + off(span.endFrame, scene.endFrame);
        });
        fill(totalFrames);
        expect(cost).toBeCloseTo(leastCost(placing), 6);
      }),
      { numRuns: 300 },
    );
  });
});
