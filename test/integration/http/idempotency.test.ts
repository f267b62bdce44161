import { and, eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LOCK_SECONDS } from "../../../src/db/idempotency.ts";
import { idempotencyKeys, projects } from "../../../src/db/schema.ts";
import { ProblemError } from "../../../src/http/lib/problem.ts";
import type { Deps } from "../../../src/ports/deps.ts";
import { WriteUnconfirmed } from "../../../src/ports/errors.ts";
import { type Api, FRONTEND, openApi, type Person } from "../../support/api.ts";
import { AUDIO, insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const create = (person: Person, key: string, body: unknown = { name: "Night Drive" }) =>
  person.call("POST", "/api/projects", body, { "idempotency-key": key });
const replayed = ({ response }: { response: Response }) => response.headers.get("idempotency-replayed");
const projectsOf = (person: Person) => api.db.select().from(projects).where(eq(projects.ownerId, person.sub));
const rowsOf = (person: Person) =>
  api.db.select().from(idempotencyKeys).where(eq(idempotencyKeys.ownerId, person.sub));

/** Makes this person's keys older by so many seconds. */
const later = (person: Person, seconds: number) =>
  api.db
    .update(idempotencyKeys)
    .set({
      lockedUntil: sql`${idempotencyKeys.lockedUntil} - make_interval(secs => ${seconds})`,
      createdAt: sql`${idempotencyKeys.createdAt} - make_interval(secs => ${seconds})`,
    })
    .where(eq(idempotencyKeys.ownerId, person.sub));
/** Expires the locks only: the time when a key was first seen does not change. */
const expireLocks = (person: Person) =>
  api.db
    .update(idempotencyKeys)
    .set({ lockedUntil: sql`${idempotencyKeys.lockedUntil} - make_interval(secs => ${LOCK_SECONDS})` })
    .where(eq(idempotencyKeys.ownerId, person.sub));

/** Runs a request with parts of the API replaced. */
async function having<T>(parts: Partial<Deps>, work: () => Promise<T>): Promise<T> {
  const whole = { ...api.deps };
  Object.assign(api.deps, parts);
  try {
    return await work();
  } finally {
    Object.assign(api.deps, whole);
  }
}
const creating = (createProject: Deps["store"]["createProject"]): Partial<Deps> => ({
  store: { ...api.deps.store, createProject },
});
/** Keys whose n-th answer is not kept where `dies[n]` is true: the Worker dies after its work. */
function dying(...dies: boolean[]): Partial<Deps> {
  const left = [...dies];
  const { keys } = api.deps;
  const unlessDead = (write: () => Promise<void>) =>
    left.shift() ? Promise.reject(new Error("the Worker is gone")) : write();
  return {
    keys: {
      ...keys,
      keep: (hold, answer) => unlessDead(() => keys.keep(hold, answer)),
      release: (hold) => unlessDead(() => keys.release(hold)),
    },
  };
}
/** A store whose n-th `createProject` loses the connection before or after its effect. */
function losingTouch(...when: ("before" | "after" | null)[]): Partial<Deps> {
  const left = [...when];
  const { createProject } = api.deps.store;
  return creating(async (project) => {
    const lost = left.shift();
    if (lost === "before") throw new WriteUnconfirmed("no answer");
    const made = await createProject(project);
    if (lost === "after") throw new WriteUnconfirmed("no answer");
    return made;
  });
}

/** A request that stops just before it creates its project; returns how to let it go on, or fail. */
async function stopped(person: Person, key: string) {
  const reached = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { createProject } = api.deps.store;
  const answer = having(
    creating(async (project) => {
      reached.resolve();
      await gate.promise;
      return createProject(project);
    }),
    async () => {
      const sent = create(person, key);
      await reached.promise;
      return { sent };
    },
  );
  const { sent } = await answer;
  return {
    goOn() {
      gate.resolve();
      return sent;
    },
    fail() {
      gate.reject(new Error("too late"));
      return sent;
    },
  };
}

describe("a repeat under the same key", () => {
  test("shows the project as it is by then, with the first status, marked as replayed", async () => {
    const ada = await api.person();
    const first = await create(ada, "k");
    const changed = await ada.call("PATCH", `/api/projects/${first.json.id}`, { name: "Day Drive" });
    const second = await create(ada, "k");
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.json).toEqual(changed.json);
    expect(second.response.headers.get("etag")).toBe(changed.response.headers.get("etag"));
    for (const name of ["location", "content-type", "cache-control"])
      expect(second.response.headers.get(name)).toBe(first.response.headers.get(name));
    expect([replayed(first), replayed(second)]).toEqual([null, "true"]);
    expect(second.response.headers.get("x-request-id")).not.toBe(first.response.headers.get("x-request-id"));
    expect(await projectsOf(ada)).toHaveLength(1);
  });

  test("finds that its project is gone", async () => {
    const ada = await api.person();
    const { json } = await create(ada, "k");
    expect((await ada.call("DELETE", `/api/projects/${json.id}`)).status).toBe(204);
    expect((await create(ada, "k")).status).toBe(404);
  });

  test("costs few bytes: what it shows is not stored", async () => {
    const ada = await api.person();
    const { json } = await create(ada, "k");
    const canceled = await ada.call(
      "POST",
      `/api/projects/${json.id}/cancel`,
      {},
      { "idempotency-key": "c" },
    );
    expect(canceled.status).toBe(202);
    for (const row of await rowsOf(ada)) expect(JSON.stringify(row).length).toBeLessThan(500);
  });

  test("that an earlier version answered whole gets that answer", async () => {
    const ada = await api.person();
    const { json } = await create(ada, "k");
    const body = JSON.stringify({ ...json, name: "As it was" });
    await api.db
      .update(idempotencyKeys)
      .set({ body, headers: { "content-type": "application/json" } })
      .where(eq(idempotencyKeys.ownerId, ada.sub));
    const again = await create(ada, "k");
    expect([again.status, again.json.name, replayed(again)]).toEqual([201, "As it was", "true"]);
  });

  test("gets an error again, even where the request would succeed now", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const run = (key: string) =>
      ada.call("POST", `/api/projects/${id}/run`, { target: "transcribe" }, { "idempotency-key": key });
    const refused = await run("k1");
    expect([refused.status, refused.json.code]).toEqual([409, "audio_missing"]);
    await api.db.update(projects).set({ audio: AUDIO }).where(eq(projects.id, id));
    const again = await run("k1");
    expect([again.json, replayed(again)]).toEqual([refused.json, "true"]);
    expect(again.response.headers.get("content-type")).toBe("application/problem+json");
    expect((await run("k2")).status).toBe(202);
  });

  test("is executed again where the answer is valid for a short time only: the same upload, a new URL", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    const upload = { project_id: id, filename: "a.mp3", content_type: "audio/mpeg", bytes: 1000 };
    const presign = (minutes: number) =>
      having({ now: () => new Date(Date.now() + minutes * 60_000) }, () =>
        ada.call("POST", "/api/uploads/presign", upload, { "idempotency-key": "k" }),
      );
    const first = await presign(0);
    const second = await presign(20);
    expect(second.json.key).toBe(first.json.key);
    expect(second.json.url).not.toBe(first.json.url);
    expect(Date.parse(second.json.expires_at)).toBeGreaterThan(
      Date.parse(first.json.expires_at) + 19 * 60_000,
    );
    expect([replayed(first), replayed(second)]).toEqual([null, null]);
    expect(await rowsOf(ada)).toMatchObject([{ status: null, body: null }]);
  });

  test("is a request of its own for another owner", async () => {
    const [ada, bob] = [await api.person(), await api.person()];
    const [hers, his] = [await create(ada, "k"), await create(bob, "k")];
    expect([hers.status, his.status, replayed(his)]).toEqual([201, 201, null]);
    expect(his.json.id).not.toBe(hers.json.id);
  });

  test("is a request of its own without the key", async () => {
    const ada = await api.person();
    await create(ada, "k");
    await ada.project();
    expect(await projectsOf(ada)).toHaveLength(2);
  });

  test("is recognized for POST only", async () => {
    const ada = await api.person();
    const { id } = await ada.project();
    for (const version of [2, 3]) {
      const { json } = await ada.call(
        "PATCH",
        `/api/projects/${id}`,
        { name: "x" },
        { "idempotency-key": "k" },
      );
      expect(json.version).toBe(version);
    }
    expect(await rowsOf(ada)).toEqual([]);
  });
});

describe("another request under the same key", () => {
  test.each<[string, (id: string) => [path: string, body: string]]>([
    ["of another body", (id) => [`/api/projects/${id}/run`, '{"target":"analyze_scenes"}']],
    ["of the same body in other bytes", (id) => [`/api/projects/${id}/run`, '{ "target": "transcribe" }']],
    ["to another path", () => ["/api/projects", '{"name":"x"}']],
    ["with another query", (id) => [`/api/projects/${id}/run?x=1`, '{"target":"transcribe"}']],
  ])("%s is refused and has no effect", async (_, other) => {
    const ada = await api.person();
    const { id } = await insertStory(api.db, ada.sub);
    const send = ([path, body]: [string, string]) => ada.call("POST", path, body, { "idempotency-key": "k" });
    expect((await send([`/api/projects/${id}/run`, '{"target":"transcribe"}'])).status).toBe(202);
    const refused = await send(other(id));
    expect([refused.status, refused.json.code]).toEqual([422, "idempotency_key_reused"]);
    expect(await projectsOf(ada)).toMatchObject([{ id, targetStage: "transcribe" }]);
  });

  test("is refused while the first is still being worked on, too", async () => {
    const ada = await api.person();
    const first = await stopped(ada, "k");
    expect((await create(ada, "k", { name: "Other" })).json.code).toBe("idempotency_key_reused");
    expect((await first.goOn()).status).toBe(201);
  });
});

describe("keys", () => {
  test.each([
    "",
    " ",
    "a b",
    "a, b",
    "ä",
    "\t",
    '"',
    '""',
    '"a',
    '"a"b',
    "a\u007f",
    '"a b"',
    '"a\\b"',
    "x".repeat(256),
    `"${"x".repeat(256)}"`,
  ])("%j is not a key: 400, without a query to Postgres", async (key) => {
    const ada = await api.person();
    const { result, trips } = await api.roundTrips(() => create(ada, key));
    expect([result.status, result.json.code, trips]).toEqual([400, "invalid_request", 0]);
    expect(result.json.errors).toEqual([
      { path: "idempotency-key", code: "custom", message: expect.stringContaining("1 to 255") },
    ]);
  });

  test.each([
    ["k", '"k"'],
    ["x".repeat(255), `"${"x".repeat(255)}"`],
    ['a"\\b', '"a\\"\\\\b"'],
  ])("%.12s is the same in the draft's quotes: %s", async (bare, quoted) => {
    const ada = await api.person();
    const [first, second] = [await create(ada, bare), await create(ada, quoted)];
    expect([first.status, second.status, replayed(second)]).toEqual([201, 201, "true"]);
  });

  test("are not taken by a request that fails its schema", async () => {
    const ada = await api.person();
    const { result, trips } = await api.roundTrips(() => create(ada, "k", { nome: "x" }));
    expect([result.status, trips]).toEqual([400, 0]);
    expect((await create(ada, "k")).status).toBe(201);
  });

  test("cost two more round trips, a replay two in all, and requests without a key none", async () => {
    const ada = await api.person();
    const without = await api.roundTrips(() => ada.project());
    const first = await api.roundTrips(() => create(ada, "k"));
    const second = await api.roundTrips(() => create(ada, "k"));
    expect([without.trips, first.trips, second.trips]).toEqual([1, 3, 2]);
  });

  test("are remembered for a day, and forgotten after two", async () => {
    const [ada, bob] = [await api.person(), await api.person()];
    const [hers, his] = [await create(ada, "k"), await create(bob, "k")];
    await later(ada, 25 * 3600);
    await later(bob, 48 * 3600);
    expect(await api.deps.keys.prune()).toBe(1);
    expect((await create(ada, "k")).json.id).toBe(hers.json.id);
    const anew = await create(bob, "k");
    expect([anew.status, replayed(anew)]).toEqual([201, null]);
    expect(anew.json.id).not.toBe(his.json.id);
  });

  test("may be sent by the frontend, which may read that an answer is replayed", async () => {
    const preflight = await api.api.request("/api/projects", {
      method: "OPTIONS",
      headers: {
        origin: FRONTEND,
        "access-control-request-method": "POST",
        "access-control-request-headers": "idempotency-key",
      },
    });
    expect(preflight.headers.get("access-control-allow-headers")).toContain("Idempotency-Key");
    const answer = await api.api.request("/api/projects", { headers: { origin: FRONTEND } });
    expect(answer.headers.get("access-control-expose-headers")).toContain("Idempotency-Replayed");
  });
});

describe("what goes wrong", () => {
  test("while the first is being worked on, a repeat is asked to wait for a second", async () => {
    const ada = await api.person();
    const first = await stopped(ada, "k");
    const early = await create(ada, "k");
    expect([early.status, early.json.code]).toEqual([409, "idempotency_in_progress"]);
    expect(early.response.headers.get("retry-after")).toBe("1");
    const { json } = await first.goOn();
    const late = await create(ada, "k");
    expect([late.json, replayed(late)]).toEqual([json, "true"]);
  });

  test.each([
    ["a defect", new TypeError("x is not a function"), 500],
    ["an outage", new WriteUnconfirmed("no answer"), 503],
    ["an error for now", new ProblemError({ code: "unavailable", detail: "Try again." }), 503],
  ])(
    "%s is not stored: the repeat is executed, and the key stays this request's",
    async (_, error, status) => {
      const ada = await api.person();
      const broken = await having(
        creating(() => Promise.reject(error)),
        () => create(ada, "k"),
      );
      expect(broken.status).toBe(status);
      expect((await create(ada, "k", { name: "Other" })).status).toBe(422);
      const again = await create(ada, "k");
      expect([again.status, replayed(again)]).toEqual([201, null]);
      expect(await projectsOf(ada)).toHaveLength(1);
    },
  );

  test("the repeat finds an effect whose confirmation was lost, and makes no second one", async () => {
    const ada = await api.person();
    const lost = await having(losingTouch("after"), () => create(ada, "k"));
    expect(lost.status).toBe(503);
    const made = await projectsOf(ada);
    expect(made).toHaveLength(1);
    const again = await create(ada, "k");
    expect([again.status, again.json.id]).toEqual([201, made[0]?.id]);
    expect(await projectsOf(ada)).toHaveLength(1);
  });

  test("after a crash between the effect and the storing of its answer, a repeat gets the same id once the lock expires", async () => {
    const ada = await api.person();
    const lost = await having(dying(true), () => create(ada, "k"));
    expect(lost.status).toBe(201);
    expect(api.calls).toContain("warn idempotency_key_unsettled");
    expect((await create(ada, "k")).status).toBe(409);
    await expireLocks(ada);
    const again = await create(ada, "k");
    expect([again.status, again.json, replayed(again)]).toEqual([201, lost.json, null]);
    expect(replayed(await create(ada, "k"))).toBe("true");
    expect(await projectsOf(ada)).toHaveLength(1);
  });

  test("after a crash before the effect, a repeat is executed once the lock expires", async () => {
    const ada = await api.person();
    await having({ ...dying(true), ...losingTouch("before") }, () => create(ada, "k"));
    expect(await projectsOf(ada)).toEqual([]);
    expect((await create(ada, "k")).json.code).toBe("idempotency_in_progress");
    await expireLocks(ada);
    expect((await create(ada, "k")).status).toBe(201);
    expect(await projectsOf(ada)).toHaveLength(1);
  });

  test("a worker that ends after its lock expired has the same effect, and overwrites no stored answer", async () => {
    const ada = await api.person();
    const zombie = await stopped(ada, "k");
    await expireLocks(ada);
    const taken = await create(ada, "k");
    await ada.call("PATCH", `/api/projects/${taken.json.id}`, { name: "Day Drive" });
    expect((await zombie.goOn()).json).toMatchObject({ id: taken.json.id, name: "Day Drive" });
    expect((await create(ada, "k")).json).toMatchObject({ id: taken.json.id, name: "Day Drive" });
    expect(await projectsOf(ada)).toHaveLength(1);
  });

  test("a worker that fails after its lock expired does not free the key of the one that took over", async () => {
    const ada = await api.person();
    const zombie = await stopped(ada, "k");
    await expireLocks(ada);
    const taker = await stopped(ada, "k");
    expect((await zombie.fail()).status).toBe(500);
    expect((await create(ada, "k")).json.code).toBe("idempotency_in_progress");
    const { json } = await taker.goOn();
    expect((await create(ada, "k")).json).toEqual(json);
  });
});

test("two owners' ids differ, even under one key in one millisecond", async () => {
  const people = [await api.person(), await api.person()];
  const createdAt = new Date("2026-11-22T10:00:00Z");
  for (const person of people) {
    await having(losingTouch("before"), () => create(person, "k"));
    await api.db.update(idempotencyKeys).set({ createdAt }).where(eq(idempotencyKeys.ownerId, person.sub));
  }
  const ids = await Promise.all(people.map(async (person) => (await create(person, "k")).json.id));
  expect(ids[0].slice(0, 13)).toBe(ids[1].slice(0, 13));
  expect(ids[0]).not.toBe(ids[1]);
});

test("an id made under a key is a UUIDv7 of the time when the key was first seen", async () => {
  const ada = await api.person();
  const { json } = await create(ada, "k");
  const [row] = await api.db
    .select()
    .from(idempotencyKeys)
    .where(and(eq(idempotencyKeys.ownerId, ada.sub), eq(idempotencyKeys.key, "k")));
  expect(json.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(Number.parseInt(json.id.replace("-", "").slice(0, 12), 16)).toBe(row?.createdAt.getTime());
});

test("with any mix of repeats, other requests and crashes at once, there is one project for each key", async () => {
  const request = fc.record({ key: fc.constantFrom("k1", "k2", "k3"), name: fc.constantFrom("A", "B") });
  const rush = fc.record({
    requests: fc.array(request, { minLength: 2, maxLength: 8 }),
    lost: fc.array(fc.constantFrom("before" as const, "after" as const, null), { maxLength: 4 }),
    dies: fc.array(fc.boolean(), { maxLength: 4 }),
  });
  await fc.assert(
    fc.asyncProperty(rush, async ({ requests, lost, dies }) => {
      const ada = await api.person();
      const send = ({ key, name }: { key: string; name: string }) => create(ada, key, { name });
      const faults = { ...losingTouch(...lost), ...dying(...dies) };
      const answers = await having(faults, () => Promise.all(requests.map(send)));
      for (const { status } of answers) expect([201, 409, 422, 503]).toContain(status);
      await expireLocks(ada);

      const ids = new Map<string, string>();
      for (const [i, request] of requests.entries()) {
        const { status, json } = await send(request);
        const known = ids.get(request.key);
        if (status === 201) {
          expect(json.name).toBe(request.name);
          expect(known ?? json.id).toBe(json.id);
          if (answers[i]?.status === 201) expect(json.id).toBe(answers[i]?.json.id);
          ids.set(request.key, json.id);
        } else {
          expect([status, answers[i]?.status]).not.toContain(201);
          expect(json.code).toBe("idempotency_key_reused");
        }
      }
      const made = (await projectsOf(ada)).map((project) => project.id);
      expect(ids.size).toBe(new Set(requests.map((r) => r.key)).size);
      expect(made.sort()).toEqual([...ids.values()].sort());
    }),
    { numRuns: 40 },
  );
});
