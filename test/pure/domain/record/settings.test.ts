/** The table of settings, and what derives from it. New settings are covered without a change here. */
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { partOf, toPublic, toStored } from "../../../../src/domain/record/public-names.ts";
import { SETTINGS, Settings } from "../../../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../../../../src/domain/settings.ts";

const entriesOf = (value: object): [string, unknown][] => Object.entries(value);
const KEYS = Object.keys(SETTINGS);

describe("stored settings", () => {
  test("that are empty are read as all the defaults", () => {
    expect(Settings.parse({})).toEqual(DEFAULT_SETTINGS);
    expect(Object.keys(DEFAULT_SETTINGS)).toEqual(KEYS);
  });

  test.for(KEYS)("without %s are read with its default", (key) => {
    const stored = Object.fromEntries(entriesOf(DEFAULT_SETTINGS).filter(([name]) => name !== key));
    expect(Settings.parse(stored)).toEqual(DEFAULT_SETTINGS);
  });

  test.for(Object.keys(DEFAULT_SETTINGS.scenes))("without scenes.%s keep the other length", (key) => {
    const chosen = { minSeconds: 3, maxSeconds: 7 };
    const stored = Object.fromEntries(entriesOf(chosen).filter(([name]) => name !== key));
    expect(Settings.parse({ scenes: stored }).scenes).toEqual({ ...DEFAULT_SETTINGS.scenes, ...stored });
  });

  const chosen = { ...DEFAULT_SETTINGS, style: "noir", mood: "calm", budgetUsd: null };
  test.for(KEYS)("with an unknown form of %s are read with its default, and the others stay", (key) => {
    const read = Settings.parse({ ...chosen, [key]: { of: "a later version" } });
    expect(read).toEqual({
      ...chosen,
      ...Object.fromEntries(entriesOf(DEFAULT_SETTINGS).filter(([k]) => k === key)),
    });
  });

  test("of a later version are read without the values and members that this version does not know", () => {
    const stored = {
      ...chosen,
      clipResolution: "4k",
      budgetUsd: 1e9,
      scenes: { minSeconds: 3, maxSeconds: 31 },
    };
    expect(Settings.parse({ ...stored, grain: "fine" })).toEqual({
      ...chosen,
      clipResolution: "720p",
      budgetUsd: 20,
      scenes: { minSeconds: 3, maxSeconds: 9 },
    });
  });
});

test.for(["accepted", "shown"] as const)("each default is a value that is %s", (part) => {
  const schemas = z.object(toPublic(partOf(SETTINGS, part)));
  expect(schemas.parse(toPublic(DEFAULT_SETTINGS))).toEqual(toPublic(DEFAULT_SETTINGS));
});

test("text that Postgres cannot store is refused, in lists too", () => {
  const { style, imageFallbacks } = partOf(SETTINGS, "accepted");
  for (const bad of ["a\0b", "a\ud800b"]) {
    expect(style.safeParse(bad).success).toBe(false);
    expect(imageFallbacks.safeParse([bad]).success).toBe(false);
  }
});

describe("public names", () => {
  const publicSettings = toPublic(DEFAULT_SETTINGS);

  test("are snake_case, and each leads back to its setting: no two settings have the same", () => {
    for (const name of [...Object.keys(publicSettings), ...Object.keys(publicSettings.scenes)])
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(Object.keys(publicSettings)).toHaveLength(KEYS.length);
    expect(toStored(publicSettings)).toEqual(DEFAULT_SETTINGS);
  });

  test("are those that clients know", () => {
    expect(toPublic({ repeatUnknownUpToUsd: 0, scenes: { minSeconds: 2 }, style: undefined })).toEqual({
      repeat_unknown_up_to_usd: 0,
      scenes: { min_seconds: 2 },
    });
  });

  test("leave values alone, lists and null included", () => {
    const value = { clip_fallbacks: ["a_b/cD"], budget_usd: null, scenes: { max_seconds: 5 } };
    expect(toStored(value)).toEqual({
      clipFallbacks: ["a_b/cD"],
      budgetUsd: null,
      scenes: { maxSeconds: 5 },
    });
    expect(toStored({ clip_model: undefined })).toStrictEqual({});
  });
});
