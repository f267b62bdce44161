/**
 * Requests made from the OpenAPI document, to every operation: valid ones, nearly valid ones, and ones for
 * other people's resources. A failure prints its seed and the request.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import type { z } from "zod";
import { CLIP_MODEL_NAMES, IMAGE_MODEL_NAMES } from "../../../src/domain/models/models.ts";
import { audioKey } from "../../../src/domain/record/keys.ts";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.ts";
import { openApi } from "../../support/api.ts";
import { Document, operationsOf, parserOf } from "../../support/document.ts";
import { fixture } from "../../support/media.ts";
import {
  bodyOf,
  type Hints,
  inputsOf,
  membersIn,
  membersOf,
  nearMiss,
  type Operation,
  type Optional,
  ofMembers,
  valid,
} from "../../support/requests.ts";
import { insertStory } from "../../support/story.ts";

const api = await openApi({ anyStatement: true });
const ada = await api.person();
const bob = await api.person();
const json = await (await api.api.request("/openapi.json")).json();
const document = Document.parse(json);
const operations = operationsOf(document);
afterAll(() => api.close());

/** One project with the ids of what it has. */
interface ProjectIds {
  project_id: string;
  film_id: string;
  job_id: string;
  task_id: string;
  scene_id: string;
  images: string[];
  clips: string[];
  key: string;
}

async function story(ownerId: string): Promise<ProjectIds> {
  const { id, filmId, jobId, taskId, scenes } = await insertStory(api.db, ownerId);
  return {
    project_id: id,
    film_id: filmId,
    job_id: jobId,
    task_id: taskId,
    scene_id: scenes[0]?.scene ?? "",
    images: scenes.map((s) => s.image),
    clips: scenes.map((s) => s.clip),
    key: upload(ownerId, id),
  };
}

function upload(ownerId: string, projectId: string): string {
  const key = audioKey(ownerId, projectId, randomUUID(), "mp3");
  api.bucket.upload(key, fixture("song.mp3"), "audio/mpeg");
  return key;
}

async function draft(): Promise<ProjectIds> {
  const { id } = await ada.project();
  const none = () => randomUUID();
  const rest = { film_id: none(), job_id: none(), task_id: none(), scene_id: none() };
  return { project_id: id, ...rest, images: [none()], clips: [none()], key: upload(ada.sub, id) };
}

const finished = await story(ada.sub);
const running = await story(ada.sub);
await ada.call("POST", `/api/projects/${running.project_id}/run`, { target: "generate_images" });
const canceled = await story(ada.sub);
await ada.call("POST", `/api/projects/${canceled.project_id}/run`, { target: "assemble_video" });
await ada.call("POST", `/api/projects/${canceled.project_id}/cancel`, {});
const ADAS = [finished, running, canceled, await draft()];
const BOBS = await story(bob.sub);

const cursorOf = async (list: string) =>
  (await ada.call("GET", `/api/projects/${finished.project_id}/${list}?limit=1`)).json.next_cursor;
const CURSORS: Record<string, string> = {
  listScenes: await cursorOf("scenes"),
  listPrompts: await cursorOf("prompts"),
  others: await cursorOf("images"),
};

/** What the schemas do not say about members, for one project. */
const hintsFor = (of: ProjectIds, operationId: string, all: boolean): Hints => ({
  project_id: fc.constant(of.project_id),
  image_id: fc.constantFrom(...of.images),
  clip_id: fc.constantFrom(...of.clips),
  key: fc.constant(of.key),
  image_model: fc.constantFrom(...IMAGE_MODEL_NAMES),
  image_fallbacks: fc.subarray([...IMAGE_MODEL_NAMES], { minLength: 1, maxLength: 3 }),
  clip_fallbacks: fc.subarray([...CLIP_MODEL_NAMES], { minLength: 1, maxLength: 3 }),
  filename: fc.constantFrom("a.mp3", "Ünïcode – song.MP3"),
  content_type: fc.constantFrom("audio/mpeg", "audio/mpeg; charset=binary"),
  cursor: fc.constant(CURSORS[operationId] ?? CURSORS.others),
  "if-match": fc.constantFrom("*", '"v1"', '"v1", "v999999999"'),
  // The rules between these members: see settingsProblems.
  clip_model: all ? fc.constant(DEFAULT_SETTINGS.clipModel) : fc.constantFrom(...CLIP_MODEL_NAMES),
  ...(all
    ? {
        aspect_ratio: fc.constant("16:9"),
        clip_resolution: fc.constantFrom("720p", "480p"),
        min_seconds: fc.double({ min: 2, max: 3, noNaN: true }),
        max_seconds: fc.double({ min: 3, max: 4, noNaN: true }),
      }
    : {}),
});

/** Codes of 400s for requests that the schema allows: rules between members, which it cannot state. */
const BETWEEN_MEMBERS = ["aspect_ratio_not_made", "scene_lengths", "scene_too_long", "named_twice"];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const mapped = (items: unknown, change: (item: Record<string, unknown>, i: number) => unknown) =>
  Array.isArray(items) ? items.map((item, i) => (isRecord(item) ? change(item, i) : item)) : items;

/** Makes rules between members true: an edit that is not empty, a span that is not, exactly one subject. */
function consistent(body: unknown, operationId: string): unknown {
  if (!isRecord(body)) return body;
  if (operationId === "updateProject" && Object.keys(body).length === 0) return { pins: [] };
  const { pins, approvals } = body;
  return {
    ...body,
    ...(pins === undefined ? {} : { pins: mapped(pins, orderedSpan) }),
    ...(approvals === undefined
      ? {}
      : {
          approvals: mapped(approvals, ({ image_id, clip_id, ...rest }, i) =>
            clip_id === undefined || (image_id !== undefined && i % 2 === 0)
              ? { ...rest, image_id: image_id ?? finished.images[0] }
              : { ...rest, clip_id },
          ),
        }),
  };
}

function orderedSpan(pin: Record<string, unknown>) {
  if (pin.kind !== "scene") return pin;
  const frames = [Number(pin.start_frame), Number(pin.end_frame)];
  const start = Math.min(...frames, 44_639);
  return { ...pin, start_frame: start, end_frame: Math.max(...frames, start + 1) };
}

type Values = Record<string, unknown>;
interface Asked {
  path: Values;
  query: Values;
  header: Values;
  body: unknown;
}

const requestOf = (operation: Operation, of: ProjectIds, optional: Optional): fc.Arbitrary<Asked> => {
  const { parameters, body } = inputsOf(json, operation);
  const hints = hintsFor(of, operation.operationId, optional === "all");
  const ids: Hints = Object.fromEntries(Object.entries(of).map(([name, id]) => [name, fc.constant(id)]));
  const values = (where: string, extra: Hints = {}) =>
    ofMembers(
      parameters
        .filter((p) => p.in === where)
        .map((p) => ({ ...p, value: valid(p.schema, { ...hints, ...extra }, optional, p.name) })),
      optional,
    );
  return fc.record({
    path: values("path", { ...ids, attempt: fc.constantFrom("1", "99") }),
    query: values("query"),
    header: values("header").map((headers) =>
      Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, headerValue(name, value)])),
    ),
    body: body
      ? valid(body, hints, optional).map((made) => consistent(made, operation.operationId))
      : fc.constant(undefined),
  });
};

/** The value as it can be in a header. Each key of a request is a new one. */
const headerValue = (name: string, value: unknown) =>
  `${name === "idempotency-key" ? randomUUID() : ""}${String(value).replace(/[^ -~]/g, "?")}`.slice(0, 255);

async function send(person: typeof ada, operation: Operation, { path, query, header, body }: Asked) {
  const address = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const headers = Object.fromEntries(Object.entries(header).map(([name, value]) => [name, String(value)]));
  if (operation.operationId === "connectFeed") headers.upgrade = "websocket";
  const {
    response,
    status,
    json: answer,
  } = await person.call(
    operation.method,
    `${address}?${search}`,
    operation.method === "GET" ? undefined : body,
    headers,
  );
  // The coordinator of these tests answers 200 where the real one opens a WebSocket: Response has no 101 here.
  const real = operation.operationId === "connectFeed" && status === 200 ? 101 : status;
  const isJson = /json/.test(response.headers.get("content-type") ?? "json");
  return { response, status: real, answer: isJson ? answer : (answer ?? "") };
}

const parsers = new Map<unknown, z.ZodType>();
const parserFor = (schema: unknown) => {
  const parser = parsers.get(schema) ?? parserOf(document, schema);
  parsers.set(schema, parser);
  return parser;
};

/** Expects that the response is one of those that the document has for this operation. */
function expectDocumented(
  operation: Operation,
  { response, status, answer }: Awaited<ReturnType<typeof send>>,
) {
  const what = `${operation.operationId} ${status} ${JSON.stringify(answer)}`;
  if (status >= 500) expect(status, what).toBe(503);
  expect(Object.keys(operation.responses), what).toContain(String(status));
  const type = response.headers.get("content-type");
  const documented = operation.responses[status]?.content;
  if (!documented || !type) return;
  const schema = bodyOf(operation, status, type);
  expect(schema, `${what}: ${type} is not documented`).not.toBeNull();
  const parsed = parserFor(schema).safeParse(answer);
  expect(parsed.error?.message ?? "", what).toBe("");
}

/** What was set in valid requests that were not refused for what they say, by operation. */
const covered = new Map<string, Set<string>>();
const cover = (operationId: string, { path, query, header, body }: Asked) => {
  const seen = covered.get(operationId) ?? new Set();
  covered.set(operationId, seen);
  for (const [where, values] of Object.entries({ path, query, header }))
    for (const name of Object.keys(values)) seen.add(`${where} ${name}`);
  for (const member of membersIn(body)) seen.add(`body ${member}`);
};

/** Operations that no request without a signature or an unused ticket can succeed with. */
const SIGNED: Record<string, number[]> = {
  replicateWebhook: [401],
  readFilmWithoutEdits: [404],
  connectFeed: [101, 401],
};

const anyOf = (owned: readonly ProjectIds[]) => fc.constantFrom(...owned);

describe.each(operations)("$operationId", (operation) => {
  const { operationId } = operation;
  const { parameters, body, documentedBody } = inputsOf(json, operation);
  const namesProject = `${operation.path} ${Object.keys(body?.properties ?? {})}`.includes("project_id");

  test("accepts every valid request", async () => {
    const seen = new Set<number>();
    const run = (optional: Optional, of: readonly ProjectIds[], numRuns: number) =>
      fc.assert(
        fc.asyncProperty(
          anyOf(of).chain((one) => requestOf(operation, one, optional)),
          async (asked) => {
            if (operationId === "deleteProject") asked.path.project_id = (await draft()).project_id;
            const sent = await send(ada, operation, asked);
            expectDocumented(operation, sent);
            seen.add(sent.status);
            const codes = (sent.answer?.errors ?? []).map((e: { code: string }) => e.code);
            if (sent.status === 400) {
              expect(codes, JSON.stringify(sent.answer)).not.toEqual([]);
              expect(BETWEEN_MEMBERS, JSON.stringify(sent.answer)).toEqual(expect.arrayContaining(codes));
            } else cover(operationId, asked);
          },
        ),
        { numRuns },
      );
    // Another operation may have replaced the song of the others, and so removed what was made of it.
    const whole = await story(ada.sub);
    await run("all", [whole, canceled], 6);
    await run("none", [whole], 1);
    await run("some", ADAS, 8);
    const good = SIGNED[operationId] ?? [200, 201, 202, 204, 302];
    expect(
      good.some((status) => seen.has(status)),
      `${[...seen]}`,
    ).toBe(true);
  });

  test("refuses a nearly valid request with a documented problem", async () => {
    const parser = documentedBody && parserFor(documentedBody);
    const asked = anyOf(ADAS).chain((of) => requestOf(operation, of, "some"));
    const anyText = fc.string({ unit: "binary", maxLength: 300 });
    const broken = fc.oneof(
      ...(body
        ? [
            fc
              .tuple(asked, nearMiss(asked.map((a) => a.body)))
              .map(([a, wrong]) => ({ ...a, body: wrong === undefined ? "{" : JSON.stringify(wrong) })),
            fc
              .tuple(asked, fc.constantFrom("{", '{"name":1e999}', '{"a":1,"a":2}', "[".repeat(5_000), "\0"))
              .map(([a, text]) => ({ ...a, body: text })),
          ]
        : []),
      fc.tuple(asked, fc.nat(), anyText).map(([a, nth, text]) => {
        const queries = parameters.filter((p) => p.in === "query").map((p) => p.name);
        const name = queries[nth % Math.max(1, queries.length)] ?? "unknown";
        return { ...a, query: { ...a.query, [name]: text } };
      }),
      fc.tuple(asked, fc.nat(), fc.base64String()).map(([a, nth, text]) => {
        const names = [...parameters.filter((p) => p.in === "header").map((p) => p.name), "x-request-id"];
        return { ...a, header: { ...a.header, [names[nth % names.length] ?? ""]: text } };
      }),
      fc.tuple(asked, fc.nat(), fc.oneof(fc.webSegment(), anyText, fc.uuid())).map(([a, nth, text]) => {
        const names = parameters.filter((p) => p.in === "path").map((p) => p.name);
        const name = names[nth % Math.max(1, names.length)];
        // Segments of dots only are resolved by the URL, not by the router.
        const segment = /^\.*$/.test(text) ? "7" : text.toWellFormed();
        return name ? { ...a, path: { ...a.path, [name]: segment } } : a;
      }),
    );
    await fc.assert(
      fc.asyncProperty(broken, async (request) => {
        // A project that does not exist, so that the projects of the other tests stay.
        const path = operationId === "deleteProject" ? { project_id: randomUUID() } : request.path;
        const sent = await send(ada, operation, { ...request, path });
        expectDocumented(operation, sent);
        const text = typeof request.body === "string" ? request.body : null;
        if (parser && text !== null && !parser.safeParse(parsed(text)).success)
          expect(sent.status, text.slice(0, 500)).toBeGreaterThanOrEqual(400);
      }),
      { numRuns: 24 },
    );
  });

  if (namesProject && !SIGNED[operationId])
    test("answers 404 for what another person has", async () => {
      const ids = parameters.filter((p) => p.in === "path" && p.name.endsWith("_id")).map((p) => p.name);
      const part = ids.filter((name) => name !== "project_id");
      await fc.assert(
        fc.asyncProperty(requestOf(operation, BOBS, "some"), fc.boolean(), async (asked, mixed) => {
          // Either everything is the other person's, or a thing of theirs is asked for in a project of one's own.
          const ofOwn = mixed && part.length > 0 ? { project_id: finished.project_id } : {};
          const sent = await send(ada, operation, { ...asked, path: { ...asked.path, ...ofOwn } });
          expectDocumented(operation, sent);
          const between = (sent.answer?.errors ?? []).map((e: { code: string }) => e.code);
          // What the request itself says is checked first.
          if (sent.status === 400) expect(BETWEEN_MEMBERS).toEqual(expect.arrayContaining(between));
          else expect(sent.status, JSON.stringify(sent.answer)).toBe(404);
        }),
        { numRuns: 6 },
      );
    });
});

test("other people's images and clips can't be approved", async () => {
  for (const subject of [{ image_id: BOBS.images[0] }, { clip_id: BOBS.clips[0] }]) {
    const { status } = await ada.call("PUT", `/api/projects/${finished.project_id}/approvals`, {
      approvals: [{ ...subject, approved: true }],
    });
    expect(status).toBe(404);
  }
});

test("valid requests set every parameter and every member of the body of every operation", () => {
  const missing = operations.flatMap((operation) => {
    const { parameters, body } = inputsOf(json, operation);
    const names = [
      ...parameters.map((p) => `${p.in} ${p.name}`),
      ...(body ? membersOf(body).map((member) => `body ${member}`) : []),
    ];
    const seen = covered.get(operation.operationId) ?? new Set();
    return names.filter((name) => !seen.has(name)).map((name) => `${operation.operationId}: ${name}`);
  });
  expect(missing).toEqual([]);
  expect([...covered.values()].reduce((sum, names) => sum + names.size, 0)).toBeGreaterThan(200);
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
