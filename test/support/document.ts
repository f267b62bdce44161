/** Reads the API's OpenAPI document: its routes, and the answers that it documents for each. */
import { z } from "zod";

const Operation = z.object({
  operationId: z.string(),
  parameters: z.array(z.object({ name: z.string(), in: z.string(), required: z.boolean() })).default([]),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  responses: z.record(
    z.string(),
    z.object({
      headers: z.record(z.string(), z.unknown()).optional(),
      content: z.record(z.string(), z.object({ schema: z.unknown() })).optional(),
    }),
  ),
});
export const Document = z.object({
  openapi: z.string(),
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});
export type Document = z.infer<typeof Document>;

export const operationsOf = (document: Document) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      path,
      method: method.toUpperCase(),
      offered: Object.keys(methods).map((m) => m.toUpperCase()),
    })),
  );

/** The schema with local references, and with objects that allow no undocumented members. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema)
    .filter(([key]) => key !== "example")
    .map(([key, value]) =>
      key === "$ref"
        ? [key, String(value).replace("#/components/schemas/", "#/$defs/")]
        : [key, closed(value)],
    );
  const isObject = "properties" in schema && !("additionalProperties" in schema);
  return { ...Object.fromEntries(members), ...(isObject ? { additionalProperties: false } : {}) };
}

/** A parser for a documented response; null where it has no JSON body. */
export function responseSchema(document: Document, operation: z.infer<typeof Operation>, status: number) {
  const response = operation.responses[status];
  if (!response) throw new Error(`${operation.operationId} does not document ${status}`);
  const schema = Object.values(response.content ?? {})[0]?.schema;
  if (!schema) return null;
  return parserOf(document, schema);
}

/** A parser for a schema of the document. */
export function parserOf(document: Document, schema: unknown): z.ZodType {
  const whole = closed({ $defs: document.components.schemas, anyOf: [schema] });
  return z.fromJSONSchema(z.custom<z.core.JSONSchema.JSONSchema>().parse(whole));
}
