import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HOURS, LIGHTS, PLACES, THINGS } from "../../../../src/sandbox/story/phrases.ts";
import { type Refused, soften } from "../../../../src/sandbox/story/softer.ts";
import { planScenes, type Shot, type Song, writeShot } from "../../../../src/sandbox/story/storyteller.ts";
import { keywords } from "../../../../src/sandbox/story/vision.ts";
import {
  called,
  HEAVENS,
  keysOf,
  SETTINGS,
  SUBJECTS,
  WEATHERS,
} from "../../../../src/sandbox/story/words.ts";
import { readScene } from "../../../../src/sandbox/studio/art/scene.ts";

/** Lines one after another with pauses between them, as in a song. */
const songs = fc
  .record({
    lines: fc.array(
      fc.record({
        pause: fc.double({ min: 0, max: 12, noNaN: true }),
        long: fc.double({ min: 0.5, max: 8, noNaN: true }),
        text: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
      }),
      { maxLength: 60 },
    ),
    rest: fc.double({ min: 0.1, max: 20, noNaN: true }),
    min: fc.integer({ min: 2, max: 6 }),
    more: fc.integer({ min: 1, max: 10 }),
  })
  .map(({ lines, rest, min, more }): Song => {
    let at = 0;
    const timed = lines.map((line, index) => {
      const start = at + line.pause;
      at = start + line.long;
      return { index, start_seconds: start, end_seconds: at, text: line.text };
    });
    const duration_seconds = at + rest;
    return {
      title: "Song",
      style: "",
      mood: "",
      duration_seconds,
      min_seconds: min,
      max_seconds: min + more,
      lines: timed,
    };
  });

describe("scenes", () => {
  test("every line is in exactly one scene, in song order, for any song", () => {
    fc.assert(
      fc.property(songs, (song) => {
        const { scenes } = planScenes(song);
        const covered = scenes.flatMap((s) =>
          s.first_line === null || s.last_line === null
            ? []
            : Array.from({ length: s.last_line - s.first_line + 1 }, (_, i) => (s.first_line ?? 0) + i),
        );
        expect(covered).toEqual(song.lines.map((l) => l.index));
        expect(scenes.length).toBeGreaterThan(0);
        for (const scene of scenes) {
          expect(scene.theme).not.toBe("");
          expect(scene.energy).toBeGreaterThanOrEqual(0);
          expect(scene.energy).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("a scene of several lines fits into max_seconds", () => {
    fc.assert(
      fc.property(songs, (song) => {
        for (const { first_line, last_line } of planScenes(song).scenes) {
          if (first_line === null || last_line === null || first_line === last_line) continue;
          const start = song.lines[first_line]?.start_seconds ?? 0;
          expect((song.lines[last_line]?.end_seconds ?? 0) - start).toBeLessThanOrEqual(song.max_seconds);
        }
      }),
    );
  });

  test("long silences get scenes of their own, and the chorus has more energy than the verse", () => {
    const text = ["A boat", "We are the sparks", "A train", "We are the sparks"];
    const lines = text.map((t, index) => ({
      index,
      start_seconds: 8 + index * 14,
      end_seconds: 13 + index * 14,
      text: t,
    }));
    const song = {
      title: "",
      style: "",
      mood: "",
      duration_seconds: 70,
      min_seconds: 4,
      max_seconds: 9,
      lines,
    };
    const { scenes } = planScenes(song);
    expect(scenes.map((s) => s.first_line)).toEqual([null, 0, null, 1, null, 2, null, 3, null]);
    expect(scenes[3]?.energy).toBeGreaterThan(scenes[1]?.energy ?? 1);
  });
});

const shot = (over: Partial<Shot>): Shot => ({
  title: "Song",
  style: "",
  mood: "",
  aspect_ratio: "16:9",
  number: 1,
  of: 3,
  lyric: "",
  theme: "Somewhere",
  energy: 0.5,
  seconds: 5,
  ...over,
});

describe("shots", () => {
  test("a prompt carries its palette and its lyric, and the same scene gives the same prompt", () => {
    const scene = shot({ lyric: "I traced your name on the morning tide", theme: "The sea" });
    const { image_prompt, palette } = writeShot(scene);
    expect(image_prompt).toContain("«I traced your name on the morning tide»");
    for (const colour of palette) expect(image_prompt).toContain(colour);
    expect(palette.length).toBeGreaterThanOrEqual(3);
    expect(palette.every((c) => /^#[0-9a-f]{6}$/.test(c))).toBe(true);
    expect(writeShot(scene).image_prompt).toBe(image_prompt);
  });

  test.each([
    ["Neon rain on the window pane", { setting: "window", time: "night" }],
    ["A paper boat on a midnight train", { setting: "rails", time: "night" }],
    ["I traced your name on the morning tide", { setting: "sea", time: "dawn" }],
    ["City of glass and a copper moon", { setting: "city", time: "dusk" }],
    ["Summer came late and it left too soon", { setting: "field", time: "day" }],
  ])("the image of %s shows what the line says", (lyric, seen) => {
    expect(readScene(writeShot(shot({ lyric })).image_prompt)).toMatchObject(seen);
  });

  test("the image shows what the prompt's phrases name, and nothing that belongs to another phrase", () => {
    for (const setting of keysOf(PLACES)) {
      for (const place of PLACES[setting]) {
        for (const time of keysOf(HOURS)) {
          for (const light of HOURS[time].light) {
            const scene = readScene(`Shot ${HOURS[time].when}: ${place}. ${light}.`);
            expect([
              place,
              scene.setting,
              scene.time,
              [...scene.subjects].filter((s) => s !== "train"),
            ]).toEqual([place, setting, time, []]);
          }
        }
      }
    }
    for (const subject of keysOf(THINGS)) {
      for (const thing of THINGS[subject])
        expect([...readScene(`Shot: ${thing}.`).subjects]).toContain(subject);
    }
    for (const heaven of keysOf(LIGHTS)) {
      for (const light of LIGHTS[heaven]) expect([...readScene(`Shot: ${light}.`).heavens]).toContain(heaven);
    }
  });
});

describe("softened shots", () => {
  const vocabulary = [SETTINGS, SUBJECTS, HEAVENS, WEATHERS].flatMap((t) =>
    Object.values(t).join(" ").split(" "),
  );
  const shots = fc
    .record({
      lyric: fc.array(fc.constantFrom(...vocabulary), { maxLength: 8 }).map((w) => w.join(" ")),
      theme: fc.array(fc.constantFrom(...vocabulary), { maxLength: 4 }).map((w) => w.join(" ")),
      style: fc.constantFrom("", "oil painting, visible brush", "35mm film"),
      mood: fc.constantFrom("", "violent and raw"),
      energy: fc.double({ min: 0, max: 1, noNaN: true }),
      number: fc.integer({ min: 1, max: 40 }),
    })
    .map((over) => writeShot(shot(over)));
  const softeningLevel = fc.constantFrom("implied" as const, "symbolic" as const);
  const refused = (original: Refused["shot"], over: Partial<Refused>): Refused => ({
    title: "Song",
    softening_level: "implied",
    what: "image",
    shot: original,
    ...over,
  });
  /** Telling words of more than three letters; shorter ones are part of too many other words. */
  const words = (text: string) => keywords(text.replace(/#[0-9a-f]{6}/gi, "")).filter((w) => w.length > 3);

  test("have none of the refused shot's telling words, on either level", () => {
    fc.assert(
      fc.property(shots, softeningLevel, (original, softeningLevel) => {
        const { image_prompt, motion_prompt } = soften(
          refused(original, { softening_level: softeningLevel }),
        );
        const said = `${image_prompt} ${motion_prompt}`.toLowerCase();
        const left = words(`${original.image_prompt} ${original.motion_prompt}`).filter((w) =>
          said.includes(w),
        );
        expect([image_prompt, left]).toEqual([image_prompt, []]);
      }),
    );
  });

  test("keep the colours, quote no lyric, and are the same for the same shot", () => {
    fc.assert(
      fc.property(shots, softeningLevel, (original, softeningLevel) => {
        const softer = soften(refused(original, { softening_level: softeningLevel }));
        expect(softer.palette).toEqual(original.palette);
        for (const colour of original.palette) expect(softer.image_prompt).toContain(colour);
        expect(readScene(softer.image_prompt).lyric).toBe("");
        expect(soften(refused(original, { softening_level: softeningLevel }))).toEqual(softer);
      }),
    );
  });

  test("show no people on the symbolic level", () => {
    fc.assert(
      fc.property(shots, (original) => {
        const { image_prompt } = soften(refused(original, { softening_level: "symbolic" }));
        expect(called(SUBJECTS, image_prompt)).not.toEqual(expect.arrayContaining(["figure"]));
        expect(called(SUBJECTS, image_prompt)).not.toEqual(expect.arrayContaining(["couple"]));
      }),
    );
  });

  test("of a clip have another motion prompt, in other words, and keep all else", () => {
    fc.assert(
      fc.property(shots, softeningLevel, (original, softeningLevel) => {
        const { motion_prompt, ...rest } = soften(
          refused(original, { softening_level: softeningLevel, what: "clip" }),
        );
        const { motion_prompt: before, ...kept } = original;
        expect(rest).toEqual(kept);
        expect(words(before).filter((w) => motion_prompt.toLowerCase().includes(w))).toEqual([]);
      }),
    );
  });
});
