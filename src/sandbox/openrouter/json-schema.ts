/** Answers for any JSON schema, and the rules that strict mode has for schemas. */
import { z } from "zod";
import { chanceOf } from "../studio/art/chance.ts";

export type Schema = Record<string, unknown>;
const Node = z.record(z.string(), z.unknown());
const Nodes = z.array(Node);

const node = (value: unknown): Schema => Node.safeParse(value).data ?? {};
const nodes = (value: unknown): Schema[] => Nodes.safeParse(value).data ?? [];
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function typesOf(schema: Schema): string[] {
  if (typeof schema.type === "string") return [schema.type];
  if (Array.isArray(schema.type)) return schema.type.filter((t) => typeof t === "string");
  return "properties" in schema ? ["object"] : [];
}

/**
 * The first breach of strict mode's rules in `schema` (every property required, no others allowed), or null.
 */
export function strictFault(schema: Schema, path = ""): string | null {
  const at = path || "()";
  if (typesOf(schema).includes("object")) {
    const properties = node(schema.properties);
    if (schema.additionalProperties !== false)
      return `In context=${at}, 'additionalProperties' is required to be supplied and to be false.`;
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const missing = Object.keys(properties).find((name) => !required.has(name));
    if (missing !== undefined)
      return `In context=${at}, 'required' is required to be supplied and to be an array including every key in properties. Missing '${missing}'.`;
    for (const [name, value] of Object.entries(properties)) {
      const fault = strictFault(node(value), `${path}/${name}`);
      if (fault) return fault;
    }
  }
  if (schema.items !== undefined) return strictFault(node(schema.items), `${path}/items`);
  for (const option of nodes(schema.anyOf)) {
    const fault = strictFault(option, path);
    if (fault) return fault;
  }
  return null;
}

/** A value that `schema` accepts, made from its property names; the same for the same `seed`. */
export function fill(schema: Schema, seed: string, root: Schema = schema, name = "value"): unknown {
  const chance = chanceOf(`${seed}|${name}`);
  if (typeof schema.$ref === "string") {
    const target = schema.$ref
      .split("/")
      .slice(1)
      .reduce((at: unknown, key) => node(at)[key], root);
    return fill(node(target), seed, root, name);
  }
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum) && schema.enum.length > 0) return chance.pick(schema.enum);
  const options = nodes(schema.anyOf ?? schema.oneOf);
  const option = options.find((o) => !typesOf(o).includes("null")) ?? options[0];
  if (option) return fill(option, seed, root, name);
  const type = typesOf(schema).find((t) => t !== "null") ?? typesOf(schema)[0] ?? "string";
  const low = number(schema.minimum) ?? 0;
  switch (type) {
    case "object":
      return Object.fromEntries(
        Object.entries(node(schema.properties)).map(([key, value]) => [
          key,
          fill(node(value), `${seed}|${name}`, root, key),
        ]),
      );
    case "array": {
      const many = Math.max(number(schema.minItems) ?? 0, Math.min(2, number(schema.maxItems) ?? 2));
      return Array.from({ length: many }, (_, i) => fill(node(schema.items), `${seed}|${i}`, root, name));
    }
    case "integer":
      return chance.whole(Math.ceil(low), Math.floor(number(schema.maximum) ?? low + 9));
    case "number":
      return Math.round(chance.between(low, number(schema.maximum) ?? low + 1) * 100) / 100;
    case "boolean":
      return chance.happens(0.5);
    case "null":
      return null;
    default:
      return name.replaceAll("_", " ").slice(0, number(schema.maxLength) ?? 200);
  }
}
