import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audioKey } from "../../../src/domain/record/keys.ts";
import { type Api, openApi, type Person } from "../../support/api.ts";
import { Document, operationsOf, responseSchema } from "../../support/document.ts";
import { fixture } from "../../support/media.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
let document: Document;
beforeAll(async () => {
  api = await openApi();
  document = Document.parse(await (await api.api.request("/openapi.json")).json());
}, 60_000);
afterAll(() => api.close());

interface Scene {
  person: Person;
  story: Awaited<ReturnType<typeof insertStory>>;
}
interface Case {
  status: number;
  /** Round trips to Postgres. */
  trips?: number;
  body?: (scene: Scene) => unknown;
  /** What a repeat of a POST under the same key gets: the stored response, or a fresh one. */
  repeat?: "kept" | "fresh";
  /** Whether it tells people their own id. */
  showsOwner?: boolean;
  /** Where the project's id is. */
  project?: "path" | "body" | "nowhere";
}

/** For each operation under /api, a request of the owner that succeeds. */
const CASES: Record<string, Case> = {
  createProject: {
    status: 201,
    repeat: "kept",
    body: () => ({ name: "Night Drive" }),
    project: "nowhere",
  },
  listProjects: { status: 200, project: "nowhere" },
  getMe: { status: 200, project: "nowhere", showsOwner: true },
  getProject: { status: 200 },
  replaceProject: { status: 200, body: () => ({ name: "Day Drive" }) },
  updateProject: { status: 200, body: () => ({ settings: { style: "pencil" } }) },
  deleteProject: { status: 204 },
  presignUpload: {
    status: 201,
    repeat: "fresh",
    project: "body",
    body: ({ story }) => ({
      project_id: story.id,
      filename: "song.mp3",
      content_type: "audio/mpeg",
      bytes: 1000,
    }),
  },
  confirmAudio: {
    status: 200,
    repeat: "kept",
    // Whose project it is must be known before the file is read.
    trips: 2,
    body: ({ person, story }) => {
      const key = audioKey(person.sub, story.id, randomUUID(), "mp3");
      api.bucket.upload(key, fixture("song.mp3"), "audio/mpeg");
      return { key };
    },
  },
  cancelProject: { status: 202, repeat: "kept", body: () => ({ from: "generate_images" }) },
  retryJob: { status: 202, repeat: "kept", body: () => ({ include_unknown: true }) },
  retryTask: { status: 202, repeat: "kept" },
  runProject: { status: 202, repeat: "kept", body: () => ({ target: "assemble_video" }) },
  getLyrics: { status: 200 },
  listScenes: { status: 200 },
  updateScene: { status: 200, body: () => ({ motif: "reuse" }) },
  listMotifs: { status: 200 },
  getTimeline: { status: 200 },
  exportTimeline: { status: 200 },
  listPrompts: { status: 200 },
  listImages: { status: 200 },
  listClips: { status: 200 },
  approve: {
    status: 200,
    body: ({ story }) => ({ approvals: [{ image_id: story.scenes[0]?.image, approved: true }] }),
  },
  listApprovals: { status: 200 },
  listJobs: { status: 200 },
  listTasks: { status: 200 },
  listFinalVideos: { status: 200 },
  getFinalVideo: { status: 200 },
  downloadFinalVideo: { status: 302 },
  createFeedTicket: { status: 201, repeat: "fresh" },
};

/** Not in this table: the WebSocket, which has its own tests. */
const APART = ["connectFeed"];

const operations = () =>
  operationsOf(document).filter((o) => o.path.startsWith("/api/") && !APART.includes(o.operationId));
const operation = (id: string) => {
  const found = operations().find((o) => o.operationId === id);
  if (!found) throw new Error(`The document has no ${id}`);
  return found;
};

async function scene(): Promise<Scene> {
  const person = await api.person();
  return { person, story: await insertStory(api.db, person.sub) };
}
const pathOf = (path: string, { story }: Scene) =>
  path
    .replace("{project_id}", story.id)
    .replace("{film_id}", story.filmId)
    .replace("{scene_id}", story.scenes[0]?.scene ?? "")
    .replace("{format}", "vtt")
    .replace("{job_id}", story.jobId)
    .replace("{task_id}", story.taskId);

/** The request id differs between two responses to the same request. */
const withoutRequestId = (json: object) => ({ ...json, request_id: "" });

test("every route under /api is in this table", () => {
  expect(Object.keys(CASES).sort()).toEqual(
    operations()
      .map((o) => o.operationId)
      .sort(),
  );
});

test("every POST, and nothing else, takes an Idempotency-Key", () => {
  const posts = operations().filter((o) => o.method === "POST");
  const taking = operations().filter((o) =>
    o.parameters.some((p) => p.name === "idempotency-key" && p.in === "header" && !p.required),
  );
  const ids = (of: typeof posts) => of.map((o) => o.operationId).sort();
  expect(ids(taking)).toEqual(ids(posts));
  expect(
    Object.keys(CASES)
      .filter((id) => CASES[id]?.repeat)
      .sort(),
  ).toEqual(ids(posts));
  for (const post of posts)
    expect(Object.keys(post.responses)).toEqual(expect.arrayContaining(["409", "422"]));
});

test("a resource with an ETag answers 304 without a body to a client that has it, as documented", async () => {
  const asked = operations().filter((o) =>
    o.parameters.some((p) => p.name === "if-none-match" && p.in === "header" && !p.required),
  );
  const tagged = operations().filter((o) => o.method === "GET" && o.responses[200]?.headers?.ETag);
  const ids = (of: typeof asked) => of.map((o) => o.operationId).sort();
  expect(ids(asked)).toEqual(["getLyrics", "getProject"]);
  expect(ids(tagged)).toEqual(ids(asked));
  for (const { operationId, path, responses } of asked) {
    const at = await scene();
    const read = (ifNoneMatch?: string) =>
      at.person.call("GET", pathOf(path, at), undefined, ifNoneMatch ? { "if-none-match": ifNoneMatch } : {});
    const first = await read();
    const etag = first.response.headers.get("etag") ?? "";
    expect([first.status, etag], operationId).toEqual([200, expect.stringMatching(/^"[\w-]+"$/)]);
    expect(first.response.headers.get("cache-control")).toBe("private, no-cache");
    expect(Object.keys(responses[304]?.headers ?? {})).toEqual(["ETag"]);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await read(known);
      expect([again.status, again.json, again.response.headers.get("etag")], known).toEqual([
        304,
        null,
        etag,
      ]);
      expect(again.response.headers.get("cache-control")).toBe("private, no-cache");
    }
    expect((await read('"other"')).json).toEqual(first.json);
  }
});

test("every code in an answer or a message of the feed is one of a catalogue", () => {
  const codes = new Map<string, unknown>();
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== "object" || schema === null) return;
    for (const [name, part] of Object.entries(schema)) {
      if (name === "code" && path.endsWith(".properties")) codes.set(path, Object(part).$ref);
      walk(part, `${path}.${name}`);
    }
  };
  walk(document.components.schemas, "");
  const catalogues = ["FailureCode", "ProblemCode", "InputErrorCode"].map((n) => `#/components/schemas/${n}`);
  expect([...codes].filter(([, ref]) => !catalogues.includes(String(ref)))).toEqual([]);
  expect(new Set(codes.values())).toEqual(new Set(catalogues));
});

test("an id in a path that the project has nothing under answers 404, whosever it is", async () => {
  const own = await scene();
  const { story: others } = await scene();
  const parts = operations().flatMap(({ operationId: id, path }) =>
    [...path.matchAll(/\{\w+_id\}/g)].flatMap(([part]) =>
      part === "{project_id}" ? [] : [{ id, path, part }],
    ),
  );
  expect(parts).not.toEqual([]);
  for (const { id, path, part } of parts)
    for (const unknown of [pathOf(part, { ...own, story: others }), randomUUID(), "7"]) {
      const asked = pathOf(path.replace(part, unknown), own);
      const { status, json } = await own.person.call(operation(id).method, asked, CASES[id]?.body?.(own));
      expect(json, asked).toMatchObject({
        status: 404,
        code: "not_found",
        detail: "You have no resource with this id.",
      });
      expect(status).toBe(404);
    }
});

describe.each(Object.entries(CASES))(
  "%s",
  (id, { status, trips = 1, body, repeat, project = "path", showsOwner }) => {
    const ask = (person: Person, at: Scene, path = pathOf(operation(id).path, at)) =>
      person.call(operation(id).method, path, body?.(at));

    test(`answers its owner as documented, in ${trips} round trip(s), and shows no internal data`, async () => {
      const at = await scene();
      const request = body?.(at);
      const { result, trips: counted } = await api.roundTrips(() =>
        at.person.call(operation(id).method, pathOf(operation(id).path, at), request),
      );
      expect(result.status, JSON.stringify(result.json)).toBe(status);
      expect(counted).toBe(trips);
      responseSchema(document, operation(id), status)?.parse(result.json);
      const documented = operation(id).responses[status]?.headers ?? {};
      expect("ETag" in documented, "documents an ETag").toBe(result.response.headers.has("etag"));
      expect(internalData(result.json, at.person.sub)).toEqual(showsOwner ? [at.person.sub] : []);
    });

    if (repeat)
      test(`gets its ${repeat} answer again under the same key, which costs two more round trips the first time`, async () => {
        const at = await scene();
        const request = body?.(at);
        const path = pathOf(operation(id).path, at);
        const send = () =>
          api.roundTrips(() =>
            at.person.call("POST", path, request, {
              "idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324",
            }),
          );
        const first = await send();
        expect([first.result.status, first.trips], JSON.stringify(first.result.json)).toEqual([
          status,
          trips + 2,
        ]);
        expect(first.result.response.headers.get("idempotency-replayed")).toBeNull();
        const second = await send();
        expect([second.result.status, second.trips]).toEqual([status, repeat === "kept" ? 2 : trips + 2]);
        expect(second.result.response.headers.get("idempotency-replayed")).toBe(
          repeat === "kept" ? "true" : null,
        );
        if (repeat === "kept") expect(second.result.json).toEqual(first.result.json);
        else responseSchema(document, operation(id), status)?.parse(second.result.json);
      });

    test("asks for a token before anything else", async () => {
      const at = await scene();
      const { result, trips: counted } = await api.roundTrips(
        async () =>
          await api.api.request(pathOf(operation(id).path, at), {
            method: operation(id).method,
            headers: { "content-type": "application/json" },
            ...(body ? { body: "{" } : {}),
          }),
      );
      expect(result.status).toBe(401);
      expect(result.headers.get("www-authenticate")).toBe('Bearer realm="omvee"');
      expect(await result.json()).toMatchObject({ code: "unauthenticated" });
      expect(counted).toBe(0);
    });

    test("answers a method that is not offered with 405 and those that are", async () => {
      const at = await scene();
      const { method: _, path, offered } = operation(id);
      const other = ["GET", "POST", "PUT", "PATCH", "DELETE"].find((m) => !offered.includes(m)) ?? "TRACE";
      const refused = await at.person.call(other, pathOf(path, at));
      expect(refused.status).toBe(405);
      expect(refused.json).toMatchObject({ code: "method_not_allowed" });
      const allowed = refused.response.headers.get("allow")?.split(", ") ?? [];
      expect(allowed.filter((m) => m !== "HEAD").sort()).toEqual([...offered].sort());
    });

    if (project === "nowhere") return;

    test("answers the same 404 for another person's id, an unknown id and a malformed id", async () => {
      const at = await scene();
      const stranger = await api.person();
      const foreign = await ask(stranger, at);
      expect(foreign.status).toBe(404);
      responseSchema(document, operation(id), 404)?.parse(foreign.json);

      const nobodys = { ...at, story: { ...at.story, id: randomUUID() } };
      const absent = await ask(stranger, nobodys);
      expect(absent.status).toBe(404);
      expect(withoutRequestId(absent.json)).toEqual(withoutRequestId(foreign.json));

      if (project === "body") return;
      const malformed = await ask(
        at.person,
        at,
        pathOf(operation(id).path, { ...at, story: { ...at.story, id: "7" } }),
      );
      expect(malformed.status).toBe(404);
      expect(withoutRequestId(malformed.json)).toEqual(withoutRequestId(foreign.json));
    });

    test("a stranger changes nothing", async () => {
      const at = await scene();
      const request = body?.(at);
      const before = await at.person.call("GET", `/api/projects/${at.story.id}`);
      await (await api.person()).call(operation(id).method, pathOf(operation(id).path, at), request);
      const after = await at.person.call("GET", `/api/projects/${at.story.id}`);
      expect(after.json).toEqual(before.json);
    });

    if (!body) return;

    test("names what is wrong with a body, without a query to Postgres", async () => {
      const at = await scene();
      const path = pathOf(operation(id).path, at);
      const sound = body(at);
      const members = { ...(sound as object), owner_id: "somebody", status: "completed" };
      const { result, trips: counted } = await api.roundTrips(() =>
        at.person.call(operation(id).method, path, members),
      );
      expect(result.status).toBe(400);
      expect(result.json).toMatchObject({ code: "invalid_request" });
      expect(result.json.errors).toContainEqual(
        expect.objectContaining({ path: "owner_id", code: "unknown_member" }),
      );
      expect(counted).toBe(0);

      const malformed = await at.person.call(operation(id).method, path, '{"name":');
      expect(malformed.json).toMatchObject({ status: 400, code: "malformed_json" });
      const text = await at.person.call(operation(id).method, path, JSON.stringify(sound), {
        "content-type": "text/plain",
      });
      expect(text.json).toMatchObject({ status: 415, code: "unsupported_media_type" });
      const large = await at.person.call(operation(id).method, path, `"${"x".repeat(300_000)}"`);
      expect(large.json).toMatchObject({ status: 413, code: "payload_too_large" });
    });
  },
);

/** The internal data in an answer, except in presigned URLs and keys of uploads. */
function internalData(json: unknown, ownerId: string): string[] {
  const text = JSON.stringify(json, (name, value) => (/(^|_)(url|key)$/.test(name) ? undefined : value));
  return ["secret", ownerId, "etag", "object_key", "input_hash"].filter((word) => text?.includes(word));
}
