/**
 * The pipeline in this process: real plan, claims, steps and Postgres; scripted providers and a manual clock.
 */
import { eq } from "drizzle-orm";
import { parseConfig } from "../../src/config.ts";
import { connect, type Db } from "../../src/db/client.ts";
import { postgresKeys } from "../../src/db/idempotency.ts";
import { postgresReader } from "../../src/db/reader.ts";
import { owners, projects, selectedScenes } from "../../src/db/schema.ts";
import { postgresStore } from "../../src/db/store.ts";
import { plan } from "../../src/domain/controller/plan.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import type { Stage } from "../../src/domain/record/record.ts";
import type { SettingsPatch } from "../../src/domain/settings.ts";
import type { Point } from "../../src/metrics.ts";
import { cancelRun, requestRun, retryTasks } from "../../src/operations/runs.ts";
import { consume } from "../../src/pipeline/consumer.ts";
import { handleDeadLetters } from "../../src/pipeline/dead-letters.ts";
import type { Deps } from "../../src/ports/deps.ts";
import type { MultipartUpload } from "../../src/ports/storage.ts";
import type { WakeUp } from "../../src/ports/work.ts";
import { memoryBucket } from "./bucket.ts";
import { fakeDeps, never } from "./deps.ts";
import { openPostgres } from "./postgres.ts";
import { scriptedProviders } from "./providers.ts";
import { songOf } from "./record.ts";
import { exampleVariables } from "./variables.ts";

const START = Date.parse("2026-11-22T10:00:00Z");

export async function openPipeline(options: Parameters<typeof openPostgres>[0] = {}) {
  const postgres = await openPostgres(options);
  const config = parseConfig({ ...exampleVariables(), DATABASE_FETCH_ENDPOINT: postgres.url });
  const db = connect(config.database.url, config.database.fetchEndpoint);
  return {
    db: postgres.db,
    studio: (options: StudioOptions = {}) => studio(config, { product: db, test: postgres.db }, options),
    trips: postgres.trips,
    meets: postgres.meets,
    close: postgres.close,
  };
}

interface StudioOptions {
  /** What an owner without a budget of their own may spend, in US dollars. */
  ownerBudgetUsd?: number;
}

/**
 * Providers, bucket, coordinators and clock of one test, with the database that the tests of a file share.
 */
function studio(
  config: Deps["config"],
  { product, test: db }: Record<"product" | "test", Db>,
  { ownerBudgetUsd }: StudioOptions,
) {
  let time = START;
  let ids = 0;
  const { providers, ...script } = scriptedProviders();
  const bucket = bucketWithMultipart();
  const calls: string[] = [];
  const logged: string[] = [];
  const lines: { event: string; fields: object }[] = [];
  const points: Point[] = [];
  const sent: (WakeUp & { afterSeconds: number })[] = [];
  /** Ids of the tasks that the plan sent to the queue of heavy work. */
  const heavy = new Set<unknown>();
  const now = () => new Date(time);
  const newId = () => uuidv7(time + ids++);
  const deps = fakeDeps(config, {
    reader: postgresReader(product),
    keys: postgresKeys(product),
    store: postgresStore(product, { newId, ownerBudgetUsd: ownerBudgetUsd ?? null, now }),
    storage: bucket,
    providers,
    rateLimiters: {
      acquire: async () => ({ kind: "go", probing: false }),
      penalize: async (provider) => void calls.push(`throttled ${provider}`),
      reportSuccess: async () => {},
    },
    queue: {
      send: async (wakeUps, afterSeconds = 0) =>
        void sent.push(...wakeUps.map((wakeUp) => ({ ...wakeUp, afterSeconds }))),
      ping: never,
    },
    coordinator: (id) => ({
      wake: async () => void calls.push(`wake ${id}`),
      receive: never,
      progress: async ({ fraction }) => void calls.push(`progress ${fraction}`),
      issueTicket: never,
      redeem: never,
      connect: never,
      destroy: never,
      ping: never,
    }),
    now,
    newId,
    random: () => 0,
    every: (milliseconds, work) => {
      const timer = setInterval(work, milliseconds);
      return { stop: () => clearInterval(timer) };
    },
    log: (_level, event, fields = {}) => {
      logged.push(event);
      lines.push({ event, fields });
    },
    metrics: (point) => void points.push(point),
  });

  async function record(id: string) {
    const found = await deps.store.load(id);
    if (!found) throw new Error("The project is gone");
    return found;
  }
  const planOf = async (id: string) => plan(await record(id), { newId: deps.newId, random: () => 0 });

  /**
   * Does what the coordinator does: plans and applies until nothing changes. Returns the messages that it
   * would send.
   */
  async function wake(id: string) {
    const messages: { v: 1; project: string; task: string }[] = [];
    for (let round = 0; round < 8; round++) {
      const { changes, dispatch } = await planOf(id);
      if (changes.length === 0) return messages;
      await deps.store.apply(id, changes);
      for (const { taskId, heavy: isHeavy } of dispatch) {
        if (isHeavy) heavy.add(taskId);
        else heavy.delete(taskId);
        messages.push({ v: 1 as const, project: id, task: taskId });
      }
    }
    throw new Error("The plan does not settle");
  }

  const deliverBy = (queue: string, bodies: unknown[], attempts = 1) =>
    batched(queue, bodies, attempts, (batch) => consume(batch, deps));

  /**
   * Gives messages to the consumer: heavy ones from their own queue, one after another, all others in one
   * batch. Returns for each `ack`, or the seconds to its retry.
   */
  async function deliver(bodies: unknown[], attempts = 1) {
    const isHeavy = (body: unknown) => heavy.has(Object(body).task);
    const light = await deliverBy(
      "omvee-tasks",
      bodies.filter((body) => !isHeavy(body)),
      attempts,
    );
    const verdicts: (Disposition | null)[] = [];
    for (const body of bodies) {
      const [alone = null] = isHeavy(body)
        ? await deliverBy("omvee-heavy", [body], attempts)
        : light.splice(0, 1);
      verdicts.push(alone);
    }
    return verdicts;
  }

  return {
    db,
    deps,
    script,
    bucket,
    calls,
    logged,
    lines,
    points,
    record,
    plan: planOf,
    wake,
    sent,
    deliver,
    deliverBy,
    deadLetters: (bodies: unknown[]) =>
      batched("omvee-tasks-dead", bodies, 1, (batch) => handleDeadLetters(batch, deps)),
    advance: (ms: number) => {
      time += ms;
    },
    /** Wakes the project `afterMs` from now, and delivers the messages that it sends. */
    async run(id: string, afterMs = 0) {
      time += afterMs;
      return deliver(await wake(id));
    },
    /** The task of a project with one task; throws where there are more. */
    async task(id: string) {
      const { tasks } = await record(id);
      const [task] = tasks;
      if (!task || tasks.length > 1) throw new Error(`${tasks.length} tasks`);
      return task;
    },
    /** Claims a task as a worker does, and does no more. */
    async claimed(projectId: string, taskId: string) {
      const claim = await deps.store.claim({ projectId, taskId });
      if (claim.kind !== "claimed") throw new Error(claim.kind);
      return claim.task;
    },
    /** All tasks of a stage, oldest first. */
    tasksOf: async (id: string, stage: Stage) =>
      (await record(id)).tasks.filter((t) => t.type === stage).toReversed(),
    /** All jobs of a stage, newest first. */
    jobsOf: async (id: string, stage: Stage) =>
      (await record(id)).jobs.filter((j) => j.type === stage).toSorted((a, b) => (a.id < b.id ? 1 : -1)),
    async budget(id: string) {
      const { reservedUsd, spentUsd } = (await record(id)).project;
      return { reserved: reservedUsd, spent: spentUsd };
    },
    async account(ownerId: string) {
      const [row] = await db.select().from(owners).where(eq(owners.id, ownerId));
      if (!row) throw new Error("The owner is gone");
      return { reserved: row.reservedUsd, spent: row.spentUsd };
    },
    allow: (ownerId: string, budgetUsd: number) =>
      db.update(owners).set({ budgetUsd }).where(eq(owners.id, ownerId)),
    /** What the owner can do to the project, by the operations of the API. */
    person: ({ id: projectId, ownerId }: { id: string; ownerId: string }) => ({
      run: (target: Stage) => requestRun(deps, { ownerId }, { projectId, target }),
      cancel: (from: Stage = "transcribe") => cancelRun(deps, { ownerId }, { projectId, from }),
      retryTask: (taskId: string) => retryTasks(deps, { ownerId }, { projectId, taskId }),
      retryJob: (jobId: string, includeUnknown = false) =>
        retryTasks(deps, { ownerId }, { projectId, jobId, includeUnknown }),
      approve: (subject: { imageId: string } | { clipId: string }, approved = true) =>
        deps.store.recordApprovals({ ownerId, projectId }, [
          { id: deps.newId(), imageId: null, clipId: null, approved, notes: null, ...subject },
        ]),
      set: (settings: SettingsPatch) =>
        deps.store.editProject({ ownerId, projectId }, { settings, expected: null }),
      remove: () => deps.store.removeProject({ ownerId, projectId }),
    }),
    /** Starts another run with the same target stage. */
    async askAgain(id: string) {
      const { ownerId, targetStage } = (await record(id)).project;
      if (targetStage) await deps.store.requestRun({ ownerId, projectId: id }, targetStage);
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

type Disposition = "ack" | number;

async function batched(
  queue: string,
  bodies: unknown[],
  attempts: number,
  work: (batch: MessageBatch) => Promise<void>,
) {
  const verdicts: (Disposition | null)[] = bodies.map(() => null);
  const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
  await work({
    queue,
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
