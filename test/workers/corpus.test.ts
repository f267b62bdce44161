/** Durable Objects with the storage of an earlier version, run by this version's code: see test/corpus. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { migrate } from "../../src/coordinator/storage-steps.ts";
import log from "../corpus/event-log.1.json";
import receipts from "../corpus/event-log-receipts.1.json";
import limiters from "../corpus/rate-limiter.1.json";
import limitersInTurn from "../corpus/rate-limiter.2.json";
import { newProject } from "../support/database.ts";

test("a project's feed goes on where it was: same epoch, next number, and missed events are still sent", async () => {
  const project = await newProject();
  const object = env.COORDINATOR.getByName(project.id);
  await runInDurableObject(object, (_, { storage }) => {
    for (const statement of log.tables) storage.sql.exec(statement);
  });
  await evictDurableObject(object);
  const upgrade = new Request(`http://project/feed?after=${log.epoch}.1`, {
    headers: { Upgrade: "websocket" },
  });
  const { webSocket } = await object.fetch(upgrade);
  if (!webSocket) throw new Error("No WebSocket");
  const inbox: { seq: number; epoch: string; id: string }[] = [];
  const three = new Promise<void>((resolve) => {
    webSocket.addEventListener("message", ({ data }) => {
      inbox.push(JSON.parse(String(data)));
      if (inbox.length === 3) resolve();
    });
  });
  webSocket.accept();
  // The missed event; then what is new in the record, and what is not in it any more.
  await three;
  expect(inbox.map(({ seq, epoch }) => [seq, epoch])).toEqual([2, 3, 4].map((seq) => [seq, log.epoch]));
  expect(inbox.map(({ id }) => id)).toEqual(["gone", project.id, "gone"]);
});

test.for([
  ["without owners", limiters.kept],
  ["with owners in turn", limitersInTurn.kept],
] as const)("a provider's rate limiter starts with its stored state: %s", async ([which, kept]) => {
  const object = env.RATE_LIMITERS.getByName(`a provider of the corpus ${which}`);
  await runInDurableObject(object, (_, { storage }) => storage.kv.put("rate_limiter", kept));
  await evictDurableObject(object);
  expect((await object.state()).waiting).toBe(kept.queue.length);
});

/** A project's object as an earlier version left it. */
async function left({ tables }: { tables: string[] }) {
  const { id } = await newProject();
  const object = env.COORDINATOR.getByName(id);
  await runInDurableObject(object, (_, { storage }) => {
    for (const statement of tables) storage.sql.exec(statement);
  });
  await evictDurableObject(object);
  const news = { projectId: id, taskId: id, attempt: 1, predictionId: "p1" };
  return { object, news };
}

test("a webhook that was received before does nothing, and a ticket that was issued before opens the feed once", async () => {
  const { object, news } = await left(receipts);
  // Larger than a queue message may be: if it were sent, the queue would refuse it.
  await object.receive(receipts.receipt, { ...news, predictionId: "p".repeat(200_000) });
  expect(await object.redeem(receipts.ticket)).toBe(true);
  expect(await object.redeem(receipts.ticket)).toBe(false);
});

describe("the tables of an object", () => {
  const steps = ["create table first (a integer);", "create table second (b integer);"];
  const inObject = async <T>(work: (storage: DurableObjectStorage) => T) => {
    const { id } = await newProject();
    return runInDurableObject(env.COORDINATOR.getByName(id), (_, { storage }) => work(storage));
  };
  const tablesOf = ({ sql }: DurableObjectStorage) =>
    sql
      .exec<{ name: string }>(
        "select name from sqlite_master where name in ('first', 'second') order by name",
      )
      .toArray()
      .map(({ name }) => name);

  test("take each step once, and the steps of a later version when it comes", async () => {
    const seen = await inObject((storage) => {
      migrate(storage, steps.slice(0, 1));
      const before = tablesOf(storage);
      migrate(storage, steps);
      migrate(storage, steps);
      return [before, tablesOf(storage)];
    });
    expect(seen).toEqual([["first"], ["first", "second"]]);
  });

  test("stay as they were where a step fails", async () => {
    const tables = await inObject((storage) => {
      expect(() => migrate(storage, [...steps, "create table first (c integer);"])).toThrow();
      return tablesOf(storage);
    });
    expect(tables).toEqual([]);
  });

  test("of a later version are left alone by an earlier one", async () => {
    const tables = await inObject((storage) => {
      migrate(storage, steps);
      migrate(storage, steps.slice(0, 1));
      return tablesOf(storage);
    });
    expect(tables).toEqual(["first", "second"]);
  });
});
