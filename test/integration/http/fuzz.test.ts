import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Api, openApi, type Person } from "../../support/api.ts";
import { Document, operationsOf } from "../../support/document.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
let ada: Person;
let document: Document;
beforeAll(async () => {
  api = await openApi();
  ada = await api.person();
  document = Document.parse(await (await api.api.request("/openapi.json")).json());
}, 60_000);
afterAll(() => api.close());

/** Values for the members of bodies: valid, nearly valid, and arbitrary. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "\0",
    "\ud800",
    "__proto__",
    "constructor",
    "",
    "16:9",
    "assemble_video",
    "audio/mpeg",
    "a.mp3",
  ),
  fc.constantFrom(1e308, -0, 2 ** 53, Number.MIN_VALUE, 2 ** 31, 24, 5),
  fc.uuid(),
);
const settings = fc.dictionary(
  fc.constantFrom(
    "fps",
    "aspect_ratio",
    "style",
    "scenes",
    "image_model",
    "clip_model",
    "budget_usd",
    "__proto__",
  ),
  fc.oneof(value, fc.record({ min_seconds: value, max_seconds: value }, { requiredKeys: [] })),
);
const approval = fc.record(
  { image_id: value, clip_id: value, approved: fc.oneof(fc.boolean(), value), notes: value },
  { requiredKeys: [] },
);
const either = <T>(...sound: T[]) => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...sound) }, value);
const name = fc.oneof(fc.string({ unit: "binary" }), value);
const approvals = fc.oneof(fc.array(approval), value);
/** Bodies of which enough pass the schema to reach the checks after it. */
const BODIES: Record<string, fc.Arbitrary<unknown>> = {
  createProject: fc.record({ name, settings }, { requiredKeys: ["name"] }),
  replaceProject: fc.record({ name, settings }, { requiredKeys: ["name"] }),
  updateProject: fc.record({ name, settings }, { requiredKeys: [] }),
  presignUpload: fc.record({
    project_id: fc.oneof(fc.uuid(), value),
    filename: either("a.mp3", "a.wav"),
    content_type: either("audio/mpeg", "audio/wav"),
    bytes: either(1, 1000),
  }),
  confirmAudio: fc.record({ key: value }),
  runProject: fc.record({ target: either("transcribe", "assemble_video") }),
  cancelProject: fc.record({ from: either("transcribe", "assemble_video") }, { requiredKeys: [] }),
  retryJob: fc.record({ include_unknown: fc.oneof(fc.boolean(), value) }, { requiredKeys: [] }),
  approve: fc.record({ approvals }),
};

const raw = fc.oneof(
  fc.jsonValue().map((b) => JSON.stringify(b)),
  fc.string(),
  fc.constantFrom("{", '{"name":"a","name":"b"}', '{"name":1e999}', "[".repeat(5_000)),
);
const headers = fc.record(
  {
    "if-match": fc.oneof(fc.constantFrom('"v999999999"', '"v9999999999"', "*", '"v1"'), fc.base64String()),
    "if-none-match": fc.base64String(),
    "x-request-id": fc.base64String(),
    "idempotency-key": fc.oneof(fc.base64String(), fc.constantFrom("k", '"k"', '"', "a, b")),
  },
  { requiredKeys: [] },
);

const segment = fc
  .oneof(fc.webSegment(), fc.uuid(), fc.string().map(encodeURIComponent))
  .filter((s) => s !== "");
const query = fc.oneof(
  fc.webQueryParameters(),
  fc
    .record(
      { limit: fc.string(), cursor: fc.oneof(fc.string(), fc.base64String()), total: fc.string() },
      { requiredKeys: [] },
    )
    .map((q) => new URLSearchParams(q).toString()),
);

const apiOperations = () => operationsOf(document).filter((o) => o.path.startsWith("/api/"));

test("no body, header or query makes the service fail", async () => {
  const writable = apiOperations().filter((o) => o.operationId !== "deleteProject");
  const request = fc.constantFrom(...writable).chain((operation) => {
    const known = BODIES[operation.operationId]?.map((sound) => JSON.stringify(sound));
    const text = known ? fc.oneof({ weight: 4, arbitrary: known }, raw) : raw;
    return fc.record({ operation: fc.constant(operation), text, extra: headers, search: query });
  });
  const { id, filmId, jobId, taskId } = await insertStory(api.db, ada.sub, 1);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ operation: { method, path }, text, extra, search }) => {
      const address = path
        .replace("{project_id}", id)
        .replace("{film_id}", filmId)
        .replace("{job_id}", jobId)
        .replace("{task_id}", taskId);
      const body = method === "GET" ? undefined : text || " ";
      const { status, json } = await ada.call(method, `${address}?${search}`, body, extra);
      seen.add(status);
      expect(status, JSON.stringify(json)).toBeLessThan(500);
      if (status >= 400)
        expect(json).toMatchObject({ status, code: expect.any(String), detail: expect.any(String) });
    }),
    { numRuns: 400 },
  );
  expect([...seen]).toEqual(expect.arrayContaining([200, 201, 202, 400]));
});

test("no id makes the service fail", async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), segment, segment, async (pick, project, thing) => {
      const operations = apiOperations();
      const { method, path } = operations[pick % operations.length] ?? { method: "GET", path: "/" };
      const address = path.replace("{project_id}", project).replace(/\{(film|job|task)_id\}/, thing);
      const { status, json } = await ada.call(method, address, method === "GET" ? undefined : { name: "x" });
      expect(status, JSON.stringify(json)).toBeLessThan(500);
    }),
    { numRuns: 250 },
  );
});
