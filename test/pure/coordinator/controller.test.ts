/** One project's controller with fake ports: what it does when a part of its work fails. */
import { describe, expect, test } from "vitest";
import { Controller, type ControllerPorts } from "../../../src/coordinator/controller.ts";
import { failure } from "../../../src/domain/record/failures.ts";
import {
  applyChange,
  type FeedChange,
  nothingPublished,
  type Published,
} from "../../../src/domain/views/feed.ts";
import type { Log } from "../../../src/log.ts";
import { World } from "../../support/record.ts";

/** A project whose first run has begun, and a controller whose event log or store can be made to fail. */
function controlled() {
  const world = new World({ autoApprove: true });
  world.run("assemble_video");
  const refusing = { events: (_: FeedChange) => false, store: false, plan: false };
  let published: Published = nothingPublished();
  let failures = 0;
  const seen = {
    sent: [] as string[],
    requests: [] as (string | undefined)[],
    alarms: [] as (number | null)[],
    logged: [] as string[],
  };
  const log: Log = (_level, event) => void seen.logged.push(event);
  const ports: ControllerPorts = {
    projectId: world.record.project.id,
    store: {
      load: async () => {
        if (refusing.store) throw new Error("Postgres is away");
        const record = structuredClone({ ...world.record, readAt: new Date(world.now) });
        if (refusing.plan) Reflect.set(record, "readAt", null);
        return record;
      },
      apply: async (_, changes) => world.apply({ changes, dispatch: [], wakeAt: null }),
    },
    queue: {
      send: async (wakeUps) => {
        seen.sent.push(...wakeUps.map((w) => w.taskId));
        seen.requests.push(...wakeUps.map((w) => w.requestId));
      },
    },
    events: () => ({
      published: () => published,
      append: (changes) => {
        if (changes.some(refusing.events)) throw new Error("string or blob too big: SQLITE_TOOBIG");
        for (const change of changes) published = applyChange(published, change);
        return [];
      },
    }),
    alarm: {
      set: async (afterMs) => void seen.alarms.push(afterMs),
      clear: async () => void seen.alarms.push(null),
    },
    failures: {
      read: () => failures,
      write: (count) => {
        failures = count;
      },
    },
    broadcast: () => {},
    destroy: async () => {},
    now: () => new Date(world.now),
    newId: world.newId,
    random: () => 0.5,
    log,
  };
  const controller = new Controller(ports);
  const wake = async (requestId?: string) => {
    seen.alarms.length = 0;
    await (await controller.wake(requestId)).done;
    return seen.alarms.at(-1);
  };
  return { world, seen, refusing, wake, controller, published: () => published };
}

test("a wake-up tells once what it read is published, and whether there was a project", async () => {
  const { controller, published, refusing } = controlled();
  const first = await controller.wake();
  expect(await first.published).toBe(true);
  expect(published().project).not.toEqual(nothingPublished().project);
  await first.done;
  refusing.store = true;
  const second = await controller.wake();
  await expect(second.published).rejects.toThrow("Postgres is away");
  await second.done;
});

test("the messages of a wake-up name the request that caused it, and those of an alarm none", async () => {
  const { world, seen, wake } = controlled();
  await wake("request-1");
  expect(seen.requests).toEqual(seen.sent.map(() => "request-1"));
  expect(seen.sent).not.toEqual([]);
  for (const id of seen.sent.splice(0)) {
    world.claim(id);
    world.succeed(id);
  }
  seen.requests.length = 0;
  await wake();
  expect(seen.sent).not.toEqual([]);
  expect(seen.requests).toEqual(seen.sent.map(() => undefined));
});

describe("what can't be published", () => {
  test("does not stop the work", async () => {
    const { world, seen, refusing, wake } = controlled();
    refusing.events = () => true;
    for (let round = 0; round < 8; round++) {
      await wake();
      for (const id of seen.sent.splice(0)) {
        world.claim(id);
        world.succeed(id);
      }
    }
    await wake();
    expect(world.record.project.status).toBe("completed");
    expect(world.record.films).toHaveLength(1);
  });

  test("does not keep other changes from being published", async () => {
    const { refusing, seen, wake, published } = controlled();
    refusing.events = (change) => change.entity === "project";
    await wake();
    expect(Object.keys(published().job)).toHaveLength(1);
    expect(published().project).toEqual({});
    expect(seen.logged).toContain("publish_failed");
    refusing.events = () => false;
    await wake();
    expect(Object.keys(published().project)).toHaveLength(1);
  });
});

test("a wake that keeps failing is repeated later each time, and from the first delay on after a success", async () => {
  const { refusing, wake } = controlled();
  refusing.store = true;
  const alarms: unknown[] = [];
  for (let i = 0; i < 9; i++) alarms.push(await wake());
  expect(alarms).toEqual([10, 20, 40, 80, 160, 320, 600, 600, 600].map((seconds) => seconds * 1000));
  refusing.store = false;
  await wake();
  refusing.store = true;
  expect(await wake()).toBe(10_000);
});

describe("a project that can't be planned", () => {
  test("ends with that reason after eight tries, and rests", async () => {
    const { world, seen, refusing, wake } = controlled();
    await wake();
    refusing.plan = true;
    for (let tries = 1; tries < 8; tries++) await wake();
    expect(world.record.project.status).toBe("running");
    expect(await wake()).toBeNull();
    expect(world.record.project.status).toBe("failed");
    for (const row of [...world.record.jobs, ...world.record.tasks])
      expect(row).toMatchObject({ status: "failed", error: { code: "planning_failed" } });
    expect(seen.logged).toContain("work_ended");
  });

  test("ends what waits only: what a provider works on is collected first", async () => {
    const { world, seen, refusing, wake } = controlled();
    await wake();
    const [id = ""] = seen.sent;
    world.claim(id);
    refusing.plan = true;
    for (let tries = 1; tries <= 9; tries++) await wake();
    expect(world.record.tasks.find((t) => t.id === id)).toMatchObject({ status: "running" });
    expect(world.record.jobs[0]).toMatchObject({ finishedAt: null });
    world.failTask(id, failure("provider_run_failed", "It failed."));
    expect(await wake()).toBeNull();
    expect(world.record.project.status).toBe("failed");
  });
});

test("publishing a project without work that keeps failing is repeated later each time", async () => {
  const { world, refusing, wake } = controlled();
  world.drain();
  expect(world.record.project.status).toBe("completed");
  refusing.events = () => true;
  expect([await wake(), await wake(), await wake()]).toEqual([10_000, 20_000, 40_000]);
  refusing.events = () => false;
  expect(await wake()).toBeNull();
});
