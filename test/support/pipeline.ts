/** The pipeline in this process: real plan, claims, steps and Postgres; providers by script, the clock by hand. */
import { eq } from "drizzle-orm";
import { parseConfig } from "../../src/config.ts";
import { applyChanges } from "../../src/db/apply.ts";
import { connect, type Db } from "../../src/db/client.ts";
import { loadRecord } from "../../src/db/record.ts";
import { projects, selectedScenes } from "../../src/db/schema.ts";
import type { Deps, TaskQueue } from "../../src/deps.ts";
import { uuidv7 } from "../../src/domain/ids.ts";
import { plan } from "../../src/domain/plan.ts";
import { consume } from "../../src/pipeline/consumer.ts";
import { bury } from "../../src/pipeline/dead-letters.ts";
import type { MultipartUpload } from "../../src/storage/port.ts";
import { memoryBucket } from "./bucket.ts";
import { openPostgres } from "./postgres.ts";
import { scriptedProviders } from "./providers.ts";
import { songOf } from "./record.ts";
import { exampleVariables } from "./variables.ts";

const START = Date.parse("2026-11-22T10:00:00Z");

export async function openPipeline() {
  const postgres = await openPostgres();
  const config = parseConfig({ ...exampleVariables(), DATABASE_FETCH_ENDPOINT: postgres.url });
  const db = connect(config.database.url, config.database.fetchEndpoint);
  return {
    db,
    studio: () => studio(config, db),
    trips: postgres.trips,
    close: postgres.close,
  };
}

/** Providers, bucket, coordinators and clock of one test's own, over the database that its file shares. */
function studio(config: Deps["config"], db: Db) {
  let time = START;
  let ids = 0;
  const { providers, ...script } = scriptedProviders();
  const bucket = bucketWithMultipart();
  const calls: string[] = [];
  const logged: string[] = [];
  const sent: Parameters<TaskQueue["send"]>[0] = [];
  const never = () => Promise.reject(new Error("The pipeline does not ask for this"));
  const deps: Deps = {
    config,
    db,
    storage: bucket,
    providers,
    queue: { send: async (wakeUps) => void sent.push(...wakeUps), ping: never },
    coordinator: (id) => ({
      wake: async () => void calls.push(`wake ${id}`),
      progress: async ({ fraction }) => void calls.push(`progress ${fraction}`),
      issueTicket: never,
      connect: never,
      destroy: never,
      ping: never,
    }),
    now: () => new Date(time),
    newId: () => uuidv7(time + ids++),
    log: (_level, event) => void logged.push(event),
  };

  async function record(id: string) {
    const found = await loadRecord(db, id);
    if (!found) throw new Error("The project is gone");
    return found;
  }
  const look = async (id: string) =>
    plan(await record(id), { now: deps.now(), newId: deps.newId, random: () => 0 });

  /** What the coordinator does: plans and applies until nothing changes; the messages that it would send. */
  async function wake(id: string) {
    const messages: { v: 1; project: string; task: string }[] = [];
    for (let round = 0; round < 8; round++) {
      const { changes, dispatch } = await look(id);
      if (changes.length === 0) return messages;
      await applyChanges(db, id, changes, deps.now());
      messages.push(...dispatch.map((task) => ({ v: 1 as const, project: id, task })));
    }
    throw new Error("The plan does not settle");
  }

  /** Hands messages to the consumer in one batch; what became of each: `ack`, or seconds to its retry. */
  const deliver = (bodies: unknown[], attempts = 1) =>
    batched(bodies, attempts, (batch) => consume(batch, deps));

  return {
    deps,
    script,
    bucket,
    calls,
    logged,
    record,
    look,
    wake,
    deliver,
    bury: (bodies: unknown[]) => batched(bodies, 1, (batch) => bury(batch, deps)),
    advance: (ms: number) => {
      time += ms;
    },
    /** Wakes the project `afterMs` from now, and has done what it sends out. */
    async run(id: string, afterMs = 0) {
      time += afterMs;
      return deliver(await wake(id));
    },
    /** The one task of a project that works on one thing only. */
    async task(id: string) {
      const { tasks } = await record(id);
      const [task] = tasks;
      if (!task || tasks.length > 1) throw new Error(`${tasks.length} tasks`);
      return task;
    },
    async purse(id: string) {
      const { reservedUsd, spentUsd } = (await record(id)).project;
      return { reserved: reservedUsd, spent: spentUsd };
    },
    remove: (id: string) => db.delete(projects).where(eq(projects.id, id)),
    removeScenes: (id: string) => db.delete(selectedScenes).where(eq(selectedScenes.projectId, id)),
    replaceSong: (id: string, etag: string) =>
      db
        .update(projects)
        .set({ audio: songOf(5, etag) })
        .where(eq(projects.id, id)),
    restyle: async (id: string, style: string) => {
      const { settings } = (await record(id)).project;
      await db
        .update(projects)
        .set({ settings: { ...settings, style } })
        .where(eq(projects.id, id));
    },
  };
}

export type Pipeline = Awaited<ReturnType<typeof openPipeline>>;
export type Studio = ReturnType<typeof studio>;

type Verdict = "ack" | number;

async function batched(bodies: unknown[], attempts: number, work: (batch: MessageBatch) => Promise<void>) {
  const verdicts: (Verdict | null)[] = bodies.map(() => null);
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  await work({
    queue: "omvee-tasks",
    metadata,
    messages: bodies.map((body, i) => ({
      id: String(i),
      timestamp: new Date(START),
      body,
      attempts,
      ack: () => {
        verdicts[i] = "ack";
      },
      retry: (options) => {
        verdicts[i] = options?.delaySeconds ?? 0;
      },
    })),
    ackAll: () => {},
    retryAll: () => {},
  });
  return verdicts;
}

function bucketWithMultipart() {
  const bucket = memoryBucket();
  return {
    ...bucket,
    async multipart(key: string, contentType: string): Promise<MultipartUpload> {
      const parts = new Map<number, Uint8Array>();
      return {
        part: async (number, bytes) => void parts.set(number, bytes.slice()),
        complete: async () => {
          const inOrder = [...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes);
          return bucket.upload(key, new Uint8Array(Buffer.concat(inOrder)), contentType);
        },
        abort: async () => parts.clear(),
      };
    },
  };
}
