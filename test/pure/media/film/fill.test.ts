import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canFillScene } from "../../../../src/domain/cover/fill.ts";
import { FILLS, type Fill } from "../../../../src/domain/record/record.ts";
import { assemble, editList, FPS, madeOf, range } from "../../../support/films.ts";
import { seenIn } from "../../../support/numbered.ts";

const PLAIN = "numbered/plain"; // 120 frames at 24 per second
const PYRAMID = "numbered/pyramid"; // 192 frames, with B-frames
const THIRTY = "numbered/thirty"; // 150 frames at 30 per second

const fits = (clipFrames: number, clipFps: number, sceneFrames: number, fill: Fill | null) =>
  canFillScene({ clipFrames, clipFps, sceneFrames, fps: FPS, fill });

describe("which clip fills which scene", () => {
  it.each([
    ["as long as it", 120, 24, 120, null, true],
    ["longer, at another rate", 151, 30, 120, null, true],
    ["half a frame short", 119.5, 24, 120, null, true],
    ["a frame short", 119, 24, 120, null, false],
    ["of 23.976 frames a second, which last longer", 120, 23.976, 120, null, true],
    ["half of it, slowed down", 60, 24, 120, "stretch", true],
    ["less than half of it, slowed down", 59, 24, 120, "stretch", false],
    ["half of it, of a rate that is rounded", 120, 23.976, 240, "stretch", true],
    ["one picture, held", 1, 24, 720, "hold", true],
    ["a fiftieth of it, looped", 3, 24, 150, "loop", true],
    ["less than that, looped", 2, 24, 150, "loop", false],
    ["without pictures", 0, 24, 1, "hold", false],
  ] as const)("a clip %s", (_what, clipFrames, clipFps, sceneFrames, fill, expected) => {
    expect(fits(clipFrames, clipFps, sceneFrames, fill)).toBe(expected);
  });

  it("decides whether the film is made or refused", async () => {
    const clips = fc.constantFrom(
      [PLAIN, 120, 24] as const,
      [PYRAMID, 192, 24] as const,
      [THIRTY, 150, 30] as const,
    );
    const scene = fc.tuple(clips, fc.integer({ min: 1, max: 500 }), fc.constantFrom(null, ...FILLS));
    await fc.assert(
      fc.asyncProperty(scene, async ([[name, frames, fps], sceneFrames, fill]) => {
        const { result } = await assemble(editList([name, sceneFrames]), { fill });
        expect(result.ok).toBe(fits(frames, fps, sceneFrames, fill));
        if (!result.ok) expect(result.failure.code).toBe("clip_too_short");
      }),
      { numRuns: 40 },
    );
  });
});

describe("a scene longer than its clip", () => {
  it("is refused without a choice, and the refusal names the choices", async () => {
    const { result } = await assemble(editList([PLAIN, 120], [PLAIN, 121]));
    expect(result).toMatchObject({
      ok: false,
      failure: {
        code: "clip_too_short",
        message: "The clip of scene 2 is shorter than its scene.",
        nextAction: expect.stringMatching(/stretch, hold or loop/),
      },
    });
  });

  it("is refused when the clip would play below half its speed, and the refusal names the other choices", async () => {
    const { result } = await assemble(editList([PLAIN, 240], [PLAIN, 241]), { fill: "stretch" });
    expect(result).toMatchObject({
      ok: false,
      failure: {
        message: "The clip of scene 2 is shorter than its scene, even at half speed.",
        nextAction: expect.stringMatching(/^Hold their last picture or loop them/),
      },
    });
  });

  it("is filled by its own choice or the film’s, and the edit list states it when it was needed", async () => {
    const edits = editList([PLAIN, 130], [PLAIN, 120, "loop"], [PYRAMID, 200, "loop"], [PLAIN, 90]);
    const { result } = await madeOf(edits, { fill: "hold" });
    expect(result.editList.map(({ fill }) => fill)).toEqual(["hold", undefined, "loop", undefined]);
    expect(result.editList[1]).not.toHaveProperty("fill");
  });

  it("stretched, shows all pictures of the clip more slowly", async () => {
    const { bytes } = await madeOf(editList([PYRAMID, 288], [PLAIN, 24]), { fill: "stretch" });
    const seen = await seenIn(bytes);
    expect(seen.slice(0, 192).map(({ clip, frame }) => [clip, frame])).toEqual(range(192).map((i) => [1, i]));
    seen.slice(0, 192).forEach(({ timestamp }, i) => {
      expect(timestamp).toBeCloseTo((i * 1.5) / FPS, 4);
    });
    expect(seen[192]).toMatchObject({ clip: 3, frame: 0, timestamp: 12 });
  });

  it("held, shows the clip’s last picture until the next scene", async () => {
    const { bytes } = await madeOf(editList([PYRAMID, 288], [PLAIN, 24]), { fill: "hold" });
    const seen = await seenIn(bytes);
    expect(seen[191]).toMatchObject({ clip: 1, frame: 191 });
    expect((seen[191]?.timestamp ?? 0) * FPS).toBeCloseTo(191, 3);
    expect(seen[192]).toMatchObject({ clip: 3, frame: 0, timestamp: 12 });
  });

  it("looped, shows the clip again without a gap, cut at the scene’s end", async () => {
    const { bytes } = await madeOf(editList([PYRAMID, 410], [THIRTY, 150], [PLAIN, 24]), { fill: "loop" });
    const seen = await seenIn(bytes);
    expect(seen.slice(0, 410 - 3).map(({ frame }) => frame)).toEqual(range(407).map((i) => i % 192));
    seen.slice(0, 410).forEach(({ timestamp, clip }, i) => {
      expect(clip).toBe(1);
      expect(timestamp * FPS).toBeCloseTo(i, 2);
    });
    // 5 seconds once, and then 1.25 seconds of it again.
    const again = seen.slice(410, 410 + 188);
    expect(again.every(({ clip }) => clip === 4)).toBe(true);
    again.forEach(({ timestamp }, i) => {
      expect(timestamp).toBeCloseTo(410 / FPS + i / 30, 4);
    });
    expect(seen[410 + 188]).toMatchObject({ clip: 3, frame: 0 });
    expect((seen[410 + 188]?.timestamp ?? 0) * FPS).toBeCloseTo(560, 2);
  });
});
