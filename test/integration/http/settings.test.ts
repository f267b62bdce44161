/** Every setting can be set and read back, and rows that lack some have their defaults. */
import { isDeepStrictEqual } from "node:util";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { CLIP_MODEL_NAMES, IMAGE_MODEL_NAMES } from "../../../src/domain/models/models.ts";
import { partOf, toPublic } from "../../../src/domain/record/public-names.ts";
import { SETTINGS } from "../../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.ts";
import { type Api, openApi } from "../../support/api.ts";
import { Document } from "../../support/document.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const Described = z.object({
  anyOf: z.array(z.unknown()).default([]),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).default([]),
  type: z.string().default(""),
  minimum: z.number().default(0),
  maximum: z.number().default(1),
});

/** Values that a setting of this JSON schema may have; which of them are legal, the API says. */
function candidates(schema: unknown): unknown[] {
  const { anyOf, const: only, enum: choices, type, minimum, maximum } = Described.parse(schema);
  if (only !== undefined) return [only];
  if (anyOf.length > 0) return anyOf.flatMap(candidates);
  if (choices.length > 0) return choices;
  const names = [...CLIP_MODEL_NAMES, ...IMAGE_MODEL_NAMES];
  if (type === "string") return ["pencil", ...names];
  if (type === "array") return [[], ...names.map((name) => [name])];
  if (type === "boolean") return [true, false];
  const tenths = Array.from({ length: 11 }, (_, i) => minimum + ((maximum - minimum) * i) / 10);
  if (type === "integer") return tenths.map(Math.round);
  return type === "number" ? tenths : [];
}

interface Leaf {
  name: string;
  path: string[];
  schema: z.ZodType;
}

/** The single settings in a shape of public schemas: groups are taken apart. */
const leavesOf = (shape: object, parents: string[] = []): Leaf[] =>
  Object.entries(shape).flatMap(([key, schema]) => {
    const path = [...parents, key];
    return schema instanceof z.ZodObject
      ? leavesOf(schema.shape, path)
      : [{ name: path.join("."), path, schema: z.instanceof(z.ZodType).parse(schema) }];
  });

const LEAVES = leavesOf(toPublic(partOf(SETTINGS, "shown")));

const Members = z.record(z.string(), z.unknown());
const at = (settings: unknown, path: string[]): unknown =>
  path.reduce((value, key) => Members.parse(value)[key], settings);
/** The settings with another value at `path`; a body to send, if `settings` is empty. */
function put(settings: unknown, [key = "", ...path]: string[], value: unknown): object {
  const members = Members.parse(settings);
  return { ...members, [key]: path.length > 0 ? put(members[key] ?? {}, path, value) : value };
}

describe("every setting", () => {
  test.for(LEAVES)("is set by PATCH, and GET shows it: $name", async ({ path, schema }) => {
    const ada = await api.person();
    const { id, settings } = await ada.project();
    const others = candidates(z.toJSONSchema(schema)).filter(
      (value) => !isDeepStrictEqual(value, at(settings, path)),
    );
    let chosen: unknown;
    for (const value of others) {
      chosen = value;
      const body = { settings: put({}, path, value) };
      if ((await ada.call("PATCH", `/api/projects/${id}`, body)).status === 200) break;
    }
    const { json } = await ada.call("GET", `/api/projects/${id}`);
    // A setting with one legal value only has no other.
    expect(others.length > 0).toBe(!(schema instanceof z.ZodLiteral));
    expect(json.settings).toEqual(others.length > 0 ? put(settings, path, chosen) : settings);
  });

  test("is in what GET shows and PATCH documents", async () => {
    const ada = await api.person();
    const { settings } = await ada.project();
    const { components } = Document.parse((await ada.call("GET", "/openapi.json")).json);
    const names = [...new Set(LEAVES.map(({ path }) => path[0]))].sort();
    expect(Object.keys(settings).sort()).toEqual(names);
    for (const name of ["Settings", "SettingsInput"]) {
      const { properties } = z
        .object({ properties: z.record(z.string(), z.looseObject({ description: z.string() })) })
        .parse(components.schemas[name]);
      expect(Object.keys(properties).sort()).toEqual(names);
    }
  });
});

/** A project whose row has these settings, as another version stored them. */
async function stored(settings: object) {
  const ada = await api.person();
  const { id } = await ada.project();
  await api.db.execute(
    sql`update projects set settings = ${JSON.stringify(settings)}::jsonb where id = ${id}`,
  );
  return { ada, path: `/api/projects/${id}` };
}

const LACKING = [
  {},
  ...Object.keys(DEFAULT_SETTINGS).map((key) =>
    Object.fromEntries(Object.entries(DEFAULT_SETTINGS).filter(([name]) => name !== key)),
  ),
  ...Object.entries(DEFAULT_SETTINGS.scenes).map(([key, seconds]) => ({
    ...DEFAULT_SETTINGS,
    scenes: { [key]: seconds },
  })),
];

describe("a row of another version", () => {
  test("shows the default of each setting that it lacks", async () => {
    for (const lacking of LACKING) {
      const { ada, path } = await stored(lacking);
      expect((await ada.call("GET", path)).json.settings).toEqual(toPublic(DEFAULT_SETTINGS));
    }
  });

  test("can be edited, whichever setting it lacks", async () => {
    for (const lacking of LACKING) {
      const { ada, path } = await stored(lacking);
      const { status, json } = await ada.call("PATCH", path, {
        settings: { style: "noir", scenes: { max_seconds: 7 } },
      });
      expect([status, json.settings]).toEqual([
        200,
        toPublic({ ...DEFAULT_SETTINGS, style: "noir", scenes: { minSeconds: 4, maxSeconds: 7 } }),
      ]);
    }
  });

  test("is refused an edit that does not go with the defaults of what it lacks", async () => {
    const { ada, path } = await stored({});
    const { status, json } = await ada.call("PATCH", path, { settings: { scenes: { min_seconds: 10 } } });
    expect([status, json.errors[0].code]).toEqual([400, "scene_lengths"]);
  });

  test.each([
    { clipResolution: "4k" },
    { aspectRatio: "5:4" },
    { scenes: { minSeconds: 4, maxSeconds: 300 } },
    { scenes: "short" },
    { imageFallbacks: "none" },
    { clipModel: { name: "a/b" } },
    { budgetUsd: 1e9, fps: 30 },
  ])("whose values this version does not know has defaults for them, and can be edited: %j", async (odd) => {
    const { ada, path } = await stored({ ...DEFAULT_SETTINGS, mood: "calm", ...odd });
    const expected = toPublic({ ...DEFAULT_SETTINGS, mood: "calm" });
    expect((await ada.call("GET", path)).json.settings).toEqual(expected);
    const { status, json } = await ada.call("PATCH", path, { settings: { style: "noir" } });
    expect([status, json.settings]).toEqual([200, { ...expected, style: "noir" }]);
  });
});
