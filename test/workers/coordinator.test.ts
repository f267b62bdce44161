import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { tasks } from "../../src/db/schema.ts";
import { fromEnv } from "../../src/deps.ts";
import { plan } from "../../src/domain/controller/plan.ts";
import type { WakeUp } from "../../src/ports/work.ts";
import { newProject } from "../support/database.ts";
import { songOf } from "../support/record.ts";

const objectOf = (id: string) => env.COORDINATOR.getByName(id);

/** A socket whose messages can be awaited one by one. */
async function connect(id: string, query = "") {
  const upgrade = new Request(`http://project/feed${query}`, { headers: { Upgrade: "websocket" } });
  const { webSocket } = await objectOf(id).fetch(upgrade);
  if (!webSocket) throw new Error("No WebSocket");
  const inbox: string[] = [];
  let arrived = () => {};
  webSocket.addEventListener("message", ({ data }) => {
    inbox.push(String(data));
    arrived();
  });
  webSocket.accept();
  const next = async (): Promise<string> => {
    if (inbox.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    return inbox.shift() ?? "";
  };
  return { webSocket, next, nextJson: async () => JSON.parse(await next()) };
}

describe("the feed", () => {
  test("a client that connects gets the whole project, then every change in order", async () => {
    const project = await newProject();
    const { nextJson } = await connect(project.id);
    const snapshot = await nextJson();
    expect(snapshot).toMatchObject({
      type: "snapshot",
      project: { id: project.id, name: "Night Drive" },
      jobs: [],
    });
    await project.rename("Day Drive");
    await objectOf(project.id).wake();
    expect(await nextJson()).toMatchObject({
      type: "event",
      epoch: snapshot.epoch,
      seq: snapshot.seq + 1,
      entity: "project",
      op: "upsert",
      value: { name: "Day Drive" },
    });
  });

  test("forty clients that connect within a second share one reading of the record", async () => {
    const project = await newProject();
    const deps = await runInDurableObject(objectOf(project.id), (object) =>
      fromEnv(Reflect.get(object, "env")),
    );
    const at = new Date();
    vi.spyOn(deps, "now").mockReturnValue(at);
    const load = vi.spyOn(deps.store, "load");
    onTestFinished(() => void vi.restoreAllMocks());
    const sockets = await Promise.all(Array.from({ length: 40 }, () => connect(project.id)));
    for (const { nextJson } of sockets)
      expect(await nextJson()).toMatchObject({ type: "snapshot", project: { id: project.id } });
    expect(load.mock.calls.filter(([id]) => id === project.id)).toHaveLength(1);
  });

  test("a client that reconnects with its position gets what it missed and nothing twice", async () => {
    const project = await newProject();
    const first = await connect(project.id);
    const { epoch, seq } = await first.nextJson();
    first.webSocket.close();
    await project.rename("One");
    await objectOf(project.id).wake();
    const { next, nextJson } = await connect(project.id, `?after=${epoch}.${seq}`);
    const message = await nextJson();
    expect(message).toMatchObject({ type: "event", seq: seq + 1, value: { name: "One" } });
    await project.rename("Two");
    await objectOf(project.id).wake();
    expect(JSON.parse(await next())).toMatchObject({ seq: seq + 2, value: { name: "Two" } });
  });

  test("a position from another epoch, or from the future, gets the whole project again", async () => {
    const project = await newProject();
    const { epoch } = await (await connect(project.id)).nextJson();
    for (const after of ["another.1", `${epoch}.999`, "nonsense"]) {
      const message = await (await connect(project.id, `?after=${after}`)).nextJson();
      expect(message.type).toBe("snapshot");
    }
  });

  test("eviction loses no event and no socket", async () => {
    const project = await newProject();
    const { nextJson } = await connect(project.id);
    const { epoch, seq } = await nextJson();
    await evictDurableObject(objectOf(project.id));
    await project.rename("After");
    await objectOf(project.id).wake();
    expect(await nextJson()).toMatchObject({ epoch, seq: seq + 1, value: { name: "After" } });
  });

  test("an entity that only a later version has published does not stop the feed", async () => {
    const project = await newProject();
    const { nextJson } = await connect(project.id);
    const { seq } = await nextJson();
    await runInDurableObject(objectOf(project.id), (_, state) => {
      state.storage.sql.exec("insert into view values ('unheard_of', 'a', '{}')");
    });
    await project.rename("After");
    await objectOf(project.id).wake();
    expect(await nextJson()).toMatchObject({ seq: seq + 1, value: { name: "After" } });
  });

  test("a ping is answered", async () => {
    const project = await newProject();
    const { webSocket, next } = await connect(project.id);
    await next();
    webSocket.send("ping");
    expect(await next()).toBe("pong");
  });

  test("a ticket opens the feed once, and only of its own project", async () => {
    const [mine, other] = [await newProject(), await newProject()];
    const { ticket } = await objectOf(mine.id).issueTicket();
    expect(await objectOf(other.id).redeem(ticket)).toBe(false);
    expect(await objectOf(mine.id).redeem(ticket)).toBe(true);
    expect(await objectOf(mine.id).redeem(ticket)).toBe(false);
    expect(await objectOf(mine.id).redeem("")).toBe(false);
  });
});

test("the longest lyrics that a song's tags may have stop neither the feed nor the work", async () => {
  const line = "\u9280".repeat(500);
  const lines = Array.from({ length: 1998 }, (_, i) => ({ text: line, startFrame: i, endFrame: i + 1 }));
  const project = await newProject({
    audio: {
      ...songOf(120, "gone"),
      embeddedLyrics: {
        form: "plain",
        language: null,
        lines: lines.map(({ text }) => ({ text, startSeconds: null, words: [] })),
      },
    },
    lyrics: {
      source: "edited",
      language: null,
      lines: lines.map((told) => ({ ...told, words: [], confidence: null })),
    },
    transcriptText: lines.map(({ text }) => text).join("\n"),
  });
  await project.want("analyze_scenes");
  const object = objectOf(project.id);
  const { nextJson } = await connect(project.id);
  const snapshot = await nextJson();
  expect(snapshot).toMatchObject({
    type: "snapshot",
    project: { id: project.id },
    lyrics: { source: "edited", lines: null, text: null, embedded: { form: "plain", text: null } },
  });
  expect(JSON.stringify(snapshot).length).toBeLessThan(20_000);
  await object.wake();
  await expect.poll(async () => (await project.record()).tasks.length, { timeout: 20_000 }).toBe(1);
});

describe("the alarm", () => {
  test("a project without a target stage has no alarm", async () => {
    const project = await newProject();
    const object = objectOf(project.id);
    await object.wake();
    await expect.poll(() => runInDurableObject(object, (_, state) => state.storage.getAlarm())).toBeNull();
  });

  test("a project with open work has an alarm in the future", async () => {
    const project = await newProject({ audio: songOf(30, "gone") });
    await project.want("transcribe");
    const { db } = project;
    const { store, newId } = project.deps;
    const { changes } = plan(await project.record(), { newId, random: () => 0 });
    await store.apply(project.id, changes);
    // A provider works on it: nothing ends it meanwhile.
    const runAfter = new Date(Date.now() + 3_600_000);
    await db
      .update(tasks)
      .set({ status: "waiting", runAfter, dispatchedAt: null, claimedAt: new Date() })
      .where(eq(tasks.projectId, project.id));
    const object = objectOf(project.id);
    await object.wake();
    await expect
      .poll(() => runInDurableObject(object, (_, state) => state.storage.getAlarm()), { timeout: 20_000 })
      .toBeGreaterThan(Date.now() + 3_000_000);
  });

  test("the alarm alone moves a project whose wake-up was lost", async () => {
    const project = await newProject({ audio: songOf(30, "gone") });
    const object = objectOf(project.id);
    await runInDurableObject(object, (_, state) => state.storage.setAlarm(Date.now() + 3_600_000));
    await project.want("transcribe");
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect((await project.record()).jobs).toMatchObject([{ type: "transcribe" }]);
  });

  test("a deleted project leaves nothing behind in its object", async () => {
    const project = await newProject();
    const object = objectOf(project.id);
    const { webSocket, next } = await connect(project.id);
    await next();
    const closed = new Promise<number>((resolve) =>
      webSocket.addEventListener("close", (e) => resolve(e.code)),
    );
    await object.destroy();
    expect(await closed).toBe(4404);
    const left = await runInDurableObject(object, async (_, state) => ({
      alarm: await state.storage.getAlarm(),
      tables: state.storage.sql
        .exec("select name from sqlite_master where name in ('events', 'view')")
        .toArray(),
    }));
    expect(left).toEqual({ alarm: null, tables: [] });
  });
});

describe("a webhook", () => {
  const DAY_MS = 86_400_000;

  /** Records what a project's object sends to the queue, instead of sending it. */
  async function inbox() {
    const project = await newProject();
    const object = objectOf(project.id);
    const sent: WakeUp[] = [];
    /** The object has its own `env`, and so its own `Deps`. */
    const listen = () =>
      runInDurableObject(object, (instance) =>
        vi
          .spyOn(fromEnv(Reflect.get(instance, "env")).queue, "send")
          .mockImplementation(async (wakeUps) => void sent.push(...wakeUps)),
      );
    const news = { projectId: project.id, taskId: crypto.randomUUID(), attempt: 1, predictionId: "p1" };
    /** Makes a receipt this much older. */
    const age = (id: string, ms: number) =>
      runInDurableObject(object, (_, state) => {
        state.storage.sql.exec("update receipts set at = at - ? where id = ?", ms, id);
      });
    const send = await listen();
    onTestFinished(() => {
      vi.restoreAllMocks();
    });
    return { object, news, sent, send, listen, age };
  }

  test("sends one message to the queue, however often it comes", async () => {
    const { object, news, sent } = await inbox();
    for (let i = 0; i < 3; i++) await object.receive("msg_1", news);
    expect(sent).toEqual([news]);
    await object.receive("msg_2", news);
    expect(sent).toEqual([news, news]);
  });

  test("is recognised after an eviction", async () => {
    const { object, news, sent, listen } = await inbox();
    await object.receive("msg_1", news);
    await evictDurableObject(object);
    await listen();
    await object.receive("msg_1", news);
    expect(sent).toHaveLength(1);
  });

  test("whose message could not be sent is accepted again", async () => {
    const { object, news, sent, send } = await inbox();
    send.mockRejectedValueOnce(new Error("Queue is overloaded. Please back off."));
    const refused = await runInDurableObject(object, (instance) =>
      instance.receive("msg_1", news).then(() => null, String),
    );
    expect(refused).toContain("overloaded");
    await object.receive("msg_1", news);
    expect(sent).toEqual([news]);
  });

  test("is recognised for seven days, and not after them", async () => {
    const { object, news, sent, age } = await inbox();
    await object.receive("young", news);
    await object.receive("old", news);
    await age("young", 7 * DAY_MS - 60_000);
    await age("old", 7 * DAY_MS + 60_000);
    await object.receive("another", news);
    expect(sent).toHaveLength(3);
    await object.receive("young", news);
    expect(sent).toHaveLength(3);
    await object.receive("old", news);
    expect(sent).toHaveLength(4);
  });
});
