import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createApi } from "../../../src/app.ts";
import { coordinatorOf } from "../../../src/coordinator/accessor.ts";
import type { ProjectCoordinator } from "../../../src/coordinator/project-coordinator.ts";
import { Unavailable } from "../../../src/ports/errors.ts";
import type { Coordinator } from "../../../src/ports/work.ts";
import { type Api, openApi } from "../../support/api.ts";
import { virtualTime } from "../../support/timing.ts";

const flagged = (message: string, flags: Record<string, boolean>) => Object.assign(new Error(message), flags);
/** As workerd flags them (src/workerd/jsg/util.c++). */
const overloaded = flagged("Durable Object is overloaded. Requests queued for too long.", {
  overloaded: true,
});
const both = flagged("Durable Object is overloaded.", { overloaded: true, retryable: true });
const moved = flagged("Durable Object reset because its code was updated.", { retryable: true });
const defect = flagged("x is not a function", { remote: true });

/** What an object answers, by method. */
const ANSWERS: Record<string, unknown> = {
  issueTicket: { ticket: "a1b2c3", expiresAt: 1_000 },
  redeem: true,
  fetch: new Response(null, { status: 204 }),
  ping: true,
};

/** Objects that fail with these errors, one call each, and then answer. As in production, a failed stub stays broken. */
function namespaceOf(...failures: Error[]) {
  const left = [...failures];
  const calls: string[] = [];
  let stubs = 0;
  const stub = () => {
    stubs++;
    let broken: Error | null = null;
    const method = (name: string) => async () => {
      calls.push(name);
      broken ??= left.shift() ?? null;
      if (broken) throw broken;
      return ANSWERS[name];
    };
    // `then` is no method: a stub is handed through async functions.
    return new Proxy({}, { get: (_, name) => (name === "then" ? undefined : method(String(name))) });
  };
  const names: string[] = [];
  const namespace = {
    getByName(name: string) {
      names.push(name);
      return stub();
    },
  };
  return { namespace: asNamespace(namespace), calls, names, stubs: () => stubs };
}

/** The accessor uses nothing else of a namespace. */
const asNamespace = (fake: object) => fake as unknown as DurableObjectNamespace<ProjectCoordinator>;

const news = { projectId: "p", taskId: "t", attempt: 1, predictionId: "x" };
const upgrade = () => new Request("https://api.test/api/projects/p/feed?ticket=a1b2c3");
/** Each call that may reach the object twice, and the object's method behind it. */
const REPEATABLE: [string, (c: Coordinator) => Promise<unknown>, string][] = [
  ["wake", (c) => c.wake(), "wake"],
  ["receive", (c) => c.receive("msg_1", news), "receive"],
  ["issueTicket", (c) => c.issueTicket(), "issueTicket"],
  ["progress", (c) => c.progress({ jobId: "j", taskId: "t", fraction: 0.5 }), "progress"],
  ["destroy", (c) => c.destroy(), "destroy"],
  ["ping", (c) => c.ping(), "ping"],
  ["redeem", (c) => c.redeem("a1b2c3"), "redeem"],
];

const open = (...failures: Error[]) => {
  const objects = namespaceOf(...failures);
  const time = virtualTime(0.5);
  return { ...objects, time, coordinator: coordinatorOf(objects.namespace, time.timing)("p") };
};
/** A coordinator whose object answers an upgrade like this. */
const answering = (response: Response) => ({
  coordinator: coordinatorOf(asNamespace({ getByName: () => ({ fetch: async () => response }) }))("p"),
});
/** What the accessor throws where the object could not be reached. */
const unavailable = (cause: Error) => new Unavailable("A Durable Object can't be reached", { cause });
const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => "it did not fail",
    (error: unknown) => error,
  );

describe.each(REPEATABLE)("%s", (_, call, method) => {
  test("reaches an object that was restarting, by a fresh stub each time", async () => {
    const { coordinator, calls, stubs, names } = open(moved, moved, moved);
    await call(coordinator);
    const tries = calls.filter((name) => name === method);
    expect(tries).toHaveLength(4);
    expect(stubs()).toBe(calls.length);
    expect(new Set(names)).toEqual(new Set(["p"]));
  });

  test("gives up after three more tries, with waits from growing spans", async () => {
    const { coordinator, calls, time } = open(...Array.from({ length: 9 }, () => moved));
    expect(await failureOf(call(coordinator))).toEqual(unavailable(moved));
    expect(calls).toEqual([method, method, method, method]);
    expect(time.waits).toEqual([50, 100, 200]);
  });

  test.each<[string, Error]>([
    ["an overloaded object", overloaded],
    ["one that is overloaded and says so as retryable", both],
    ["a defect of the object", defect],
  ])("never asks %s again", async (_, error) => {
    const { coordinator, calls, stubs } = open(error);
    expect(await failureOf(call(coordinator))).toEqual(error === defect ? defect : unavailable(error));
    expect([calls, stubs()]).toEqual([[method], 1]);
  });

  test("stops asking when an object that was restarting turns out to be overloaded", async () => {
    const { coordinator, calls } = open(moved, overloaded);
    expect(await failureOf(call(coordinator))).toEqual(unavailable(overloaded));
    expect(calls).toEqual([method, method]);
  });
});

describe("a call that the runtime has already retried for eight seconds", () => {
  test("is not retried on top of that", async () => {
    const time = virtualTime();
    const { namespace, calls } = namespaceOf(moved, moved);
    const slow = asNamespace({
      getByName(name: string) {
        time.pass(8_000);
        return namespace.getByName(name);
      },
    });
    expect(await failureOf(coordinatorOf(slow, time.timing)("p").wake())).toEqual(unavailable(moved));
    expect(calls).toEqual(["wake"]);
  });
});

describe("connect", () => {
  test("passes the upgrade on once: whether it arrived can't be known", async () => {
    const { coordinator, calls } = open(moved);
    expect(await failureOf(coordinator.connect(upgrade()))).toEqual(unavailable(moved));
    expect(calls).toEqual(["fetch"]);
  });

  test("fails as an outage where the object can't read Postgres", async () => {
    const { coordinator } = answering(new Response(null, { status: 503 }));
    expect(await failureOf(coordinator.connect(upgrade()))).toBeInstanceOf(Unavailable);
  });
});

test("a ticket's expiry is a date", async () => {
  expect(await open().coordinator.issueTicket()).toEqual({ ticket: "a1b2c3", expiresAt: new Date(1_000) });
});

describe("a client of the API", () => {
  let api: Api;
  beforeAll(async () => {
    api = await openApi();
  }, 60_000);
  afterAll(() => api.close());

  async function askTicket(...failures: Error[]) {
    const ada = await api.person();
    const { id } = await ada.project();
    const { namespace, calls } = namespaceOf(...failures);
    const coordinator = coordinatorOf(namespace, virtualTime().timing);
    const { deps, verifyToken } = api;
    const response = await createApi({ deps: { ...deps, coordinator }, verifyToken }).request(
      `/api/projects/${id}/feed/tickets`,
      { method: "POST", headers: { authorization: `Bearer ${ada.token}` } },
    );
    return { response, calls };
  }

  test("does not notice that the object was restarting", async () => {
    const { response, calls } = await askTicket(moved, moved);
    expect([response.status, calls]).toEqual([201, ["issueTicket", "issueTicket", "issueTicket"]]);
  });

  test.each<[string, Error[], number]>([
    ["is busy", [overloaded], 1],
    ["stays away", Array.from({ length: 9 }, () => moved), 4],
  ])("is answered with retry-after where the object %s", async (_, failures, asked) => {
    const { response, calls } = await askTicket(...failures);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "2"]);
    expect(await response.json()).toMatchObject({ code: "unavailable" });
    expect(calls).toHaveLength(asked);
  });

  test("is answered with 500 for a bug in the object, as for any other", async () => {
    const { response, calls } = await askTicket(defect);
    expect([response.status, response.headers.get("retry-after"), calls.length]).toEqual([500, null, 1]);
  });
});
