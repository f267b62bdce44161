/** Requests made from the OpenAPI document: values of each parameter and body member, valid and nearly valid. */
import fc from "fast-check";
import { z } from "zod";
import type { operationsOf } from "./document.ts";

/** The JSON schema keywords that request schemas of the document use; another one is an error. */
interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  format?: "uuid";
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

const Schema: z.ZodType<Schema> = z.lazy(() =>
  z
    .strictObject({
      $ref: z.string(),
      type: z.union([z.string(), z.array(z.string())]),
      enum: z.array(z.unknown()),
      format: z.literal("uuid"),
      minimum: z.number(),
      maximum: z.number(),
      minLength: z.int(),
      maxLength: z.int(),
      pattern: z.string(),
      minItems: z.int(),
      maxItems: z.int(),
      items: Schema,
      properties: z.record(z.string(), Schema),
      required: z.array(z.string()),
      additionalProperties: z.boolean(),
      anyOf: z.array(Schema),
      oneOf: z.array(Schema),
      allOf: z.array(Schema),
      description: z.unknown(),
      example: z.unknown(),
      default: z.unknown(),
    })
    .partial(),
);

const Request = z.object({
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.enum(["path", "query", "header"]),
        required: z.boolean(),
        schema: Schema,
      }),
    )
    .default([]),
  requestBody: z
    .object({ content: z.object({ "application/json": z.object({ schema: Schema }) }) })
    .optional(),
});

export type Operation = ReturnType<typeof operationsOf>[number];
type Parameter = z.infer<typeof Request>["parameters"][number];

/** What an operation takes. `body` is null where it takes none; `documentedBody` has its references. */
interface Inputs {
  parameters: Parameter[];
  body: Schema | null;
  documentedBody: Schema | null;
}

/** Schemas of the document without references, by the operation. */
export function inputsOf(json: unknown, { path, method }: Operation): Inputs {
  const { paths, components } = z
    .object({
      paths: z.record(z.string(), z.record(z.string(), z.unknown())),
      components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
    })
    .parse(json);
  const resolve = (schema: Schema): Schema => {
    const { $ref, allOf = [], ...own } = schema;
    const parts = [
      ...($ref ? [Schema.parse(components.schemas[$ref.replace("#/components/schemas/", "")])] : []),
      ...allOf,
    ].map(resolve);
    const { items, properties, anyOf, oneOf, ...rest }: Schema = Object.assign({}, ...parts, own);
    return {
      ...rest,
      ...(items ? { items: resolve(items) } : {}),
      ...(properties
        ? { properties: Object.fromEntries(Object.entries(properties).map(([k, s]) => [k, resolve(s)])) }
        : {}),
      ...(anyOf ? { anyOf: anyOf.map(resolve) } : {}),
      ...(oneOf ? { oneOf: oneOf.map(resolve) } : {}),
    };
  };
  const { parameters, requestBody } = Request.parse(paths[path]?.[method.toLowerCase()]);
  const documentedBody = requestBody?.content["application/json"].schema ?? null;
  return {
    parameters: parameters.map((p) => ({ ...p, schema: resolve(p.schema) })),
    body: documentedBody && resolve(documentedBody),
    documentedBody,
  };
}

/**
 * Values for members whose schema does not say everything, by the member's name: ids that exist, names of
 * models.
 */
export type Hints = Record<string, fc.Arbitrary<unknown>>;

/** Which optional members are set. With "all", each array has an item of each kind, too, and null is not used. */
export type Optional = "all" | "some" | "none";

/** Values that the schema allows. */
export function valid(schema: Schema, hints: Hints, optional: Optional, name = ""): fc.Arbitrary<unknown> {
  const all = optional === "all";
  const hint = hints[name];
  if (hint) return hint;
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const branches = schema.anyOf ?? schema.oneOf;
  if (branches) {
    const said = all ? branches.filter((branch) => branch.type !== "null") : branches;
    return fc.oneof(...said.map((branch) => valid(branch, hints, optional)));
  }
  if (Array.isArray(schema.type)) {
    const types = schema.type.filter((type) => !all || type !== "null");
    return fc.oneof(...types.map((type) => valid({ ...schema, type }, hints, optional)));
  }
  switch (schema.type) {
    case "null":
      return fc.constant(null);
    case "boolean":
      return fc.boolean();
    case "integer":
      return within(schema, (min, max) => fc.integer({ min, max }));
    case "number":
      return within(schema, (min, max) => fc.double({ min, max, noNaN: true }));
    case "string":
      return text(schema);
    case "array": {
      const { items, minItems = 0, maxItems = 3 } = schema;
      if (!items) throw new Error(`No items: ${JSON.stringify(schema)}`);
      const item = valid(items, hints, optional, name);
      if (!all) return fc.array(item, { minLength: minItems, maxLength: Math.min(3, maxItems) });
      const kinds = items.anyOf ?? items.oneOf ?? [items, items];
      return fc.tuple(...kinds.map((kind) => valid(kind, hints, optional, name)));
    }
    case "object": {
      const members = Object.entries(schema.properties ?? {});
      return ofMembers(
        members.map(([member, of]) => ({
          name: member,
          required: schema.required?.includes(member) ?? false,
          value: valid(of, hints, optional, member),
        })),
        optional,
      );
    }
  }
  throw new Error(`Not known how to make: ${JSON.stringify(schema)}`);
}

/** A record of these members. */
export function ofMembers(
  members: { name: string; required: boolean; value: fc.Arbitrary<unknown> }[],
  optional: Optional,
): fc.Arbitrary<Record<string, unknown>> {
  const used = members.filter((m) => optional !== "none" || m.required);
  return fc.record<Record<string, unknown>>(Object.fromEntries(used.map((m) => [m.name, m.value])), {
    requiredKeys: used.filter((m) => optional !== "some" || m.required).map((m) => m.name),
  });
}

function within(
  { minimum = -1e6, maximum = 1e6 }: Schema,
  between: (min: number, max: number) => fc.Arbitrary<number>,
): fc.Arbitrary<number> {
  return fc.oneof(fc.constantFrom(minimum, maximum), between(minimum, maximum));
}

function text({ format, pattern, minLength = 0, maxLength = 50 }: Schema): fc.Arbitrary<string> {
  if (format === "uuid") return fc.uuid();
  const fits = (made: string) => made.length >= minLength && made.length <= maxLength;
  if (pattern) return fc.stringMatching(new RegExp(pattern)).filter(fits);
  const made = fc.string({ unit: "grapheme", minLength, maxLength: Math.min(40, maxLength) }).filter(fits);
  // A text of spaces only is none.
  const ofWords = minLength > 0 ? made.filter((s) => s.trim() !== "") : made;
  return fc.oneof({ weight: 4, arbitrary: ofWords }, fc.constant("x".repeat(maxLength)));
}

type Path = readonly (string | number)[];

/** The paths of all members in a JSON value, the value itself included. */
function pathsOf(value: unknown, at: Path = []): Path[] {
  if (Array.isArray(value)) return [at, ...value.flatMap((v, i) => pathsOf(v, [...at, i]))];
  if (typeof value === "object" && value !== null)
    return [at, ...Object.entries(value).flatMap(([k, v]) => pathsOf(v, [...at, k]))];
  return [at];
}

/** A copy of the value in which `change` made the member at the path; it is removed where that is undefined. */
function changed(value: unknown, [first, ...rest]: Path, change: (old: unknown) => unknown): unknown {
  if (first === undefined) return change(value);
  if (Array.isArray(value)) return value.map((v, i) => (i === first ? changed(v, rest, change) : v));
  if (typeof value !== "object" || value === null) return value;
  // `fromEntries` defines members, also those that assignment would not.
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, k === first ? changed(v, rest, change) : v]),
  );
}

/** Values that are wrong for most members. */
const WRONG: unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  "",
  "7",
  "\0",
  "\ud800",
  "__proto__",
  "x".repeat(5_000),
  [],
  ["x"],
  {},
  { $ne: null },
];

/** Valid values in which one member is wrong, missing, or one too many. */
export function nearMiss(made: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const change = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...WRONG).map((wrong) => () => wrong) },
    fc.constant(() => undefined),
    fc
      .constantFrom("owner_id", "__proto__", "constructor", "\0", "\ud800")
      .map(
        (name) => (old: unknown) =>
          typeof old === "object" && old !== null && !Array.isArray(old)
            ? Object.fromEntries([...Object.entries(old), [name, {}]])
            : [old],
      ),
    fc.jsonValue({ maxDepth: 2 }).map((any) => () => any),
  );
  return fc.tuple(made, fc.nat(), change).map(([value, nth, how]) => {
    const paths = pathsOf(value);
    return changed(value, paths[nth % paths.length] ?? [], how);
  });
}

/** The names of all members that the schema has, as `settings.scenes.min_seconds` or `pins[].frame`. */
export function membersOf(schema: Schema, at = ""): string[] {
  return [
    ...(schema.items ? membersOf(schema.items, `${at}[]`) : []),
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((branch) => membersOf(branch, at)),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, of]) => {
      const path = at === "" ? name : `${at}.${name}`;
      return [path, ...membersOf(of, path)];
    }),
  ];
}

/** The names of all members that the value has, as `membersOf` writes them. */
export const membersIn = (value: unknown): string[] =>
  pathsOf(value).map((path) =>
    path.reduce<string>(
      (name, step) => (typeof step === "number" ? `${name}[]` : name === "" ? step : `${name}.${step}`),
      "",
    ),
  );

/** The schema of a documented response with this content type; null if the document has none. */
export function bodyOf({ responses }: Operation, status: number, contentType: string): unknown {
  return responses[status]?.content?.[contentType.split(";")[0] ?? ""]?.schema ?? null;
}
