/**
 * The order of locks: the project's row, then its owner's, then any other row of the project. Writers that keep it
 * can't deadlock with each other.
 */
import { and, eq } from "drizzle-orm";
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type Db } from "../../src/db/client.ts";
import { jobs, tasks } from "../../src/db/schema.ts";
import { postgresStore } from "../../src/db/store.ts";
import { failure } from "../../src/domain/record/failures.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import type { Image, Task } from "../../src/domain/record/record.ts";
import type { Store } from "../../src/ports/store.ts";
import { openDatabase } from "../../src/sandbox/neon/neon.ts";
import { type Listening, listen } from "../../src/sandbox/world/listen.ts";
import { AUDIO, insertStory } from "../support/story.ts";

const newId = () => uuidv7(Date.now());

let database: Awaited<ReturnType<typeof openDatabase>>;
let http: Listening;
let db: Db;
let store: Store;
/** Holds a row, so that writers wait for it. */
let holder: Client;
beforeAll(async () => {
  database = await openDatabase({ url: process.env.TEST_DATABASE_URL });
  await database.migrate();
  http = await listen(database.handler, 0, "127.0.0.1");
  db = connect("postgresql://omvee:omvee@localhost/omvee", http.url);
  store = postgresStore(db, { newId, ownerBudgetUsd: null });
  holder = new Client({ connectionString: process.env.TEST_DATABASE_URL });
  await holder.connect();
});
afterAll(async () => {
  await holder?.end();
  await http?.close();
  await database?.close();
});

/** A project with rows of every kind: an open job with a pending task and a claimed one, a failed job and task. */
async function everything() {
  const ownerId = `owner-${newId()}`;
  const { id: projectId, jobId: failedJobId, taskId: failedTaskId, scenes } = await insertStory(db, ownerId);
  const [jobId, pendingId, runningId] = [newId(), newId(), newId()];
  await db
    .insert(jobs)
    .values({ id: jobId, projectId, type: "generate_clips", status: "running", payload: {} });
  const task = {
    jobId,
    projectId,
    type: "generate_clips" as const,
    status: "pending" as const,
    runAfter: new Date(),
    inputHash: "h",
    costEstimatedUsd: 1,
  };
  await db.insert(tasks).values(
    [pendingId, runningId].map((id, i) => ({
      ...task,
      id,
      subject: scenes[i]?.scene ?? "",
    })),
  );
  const claim = await store.claim({ projectId, taskId: runningId });
  if (claim.kind !== "claimed") throw new Error(claim.kind);
  const [image] = claim.record.images;
  const [approval] = claim.record.approvals;
  if (!image || !approval) throw new Error("No image");
  return {
    ownerId,
    projectId,
    whose: { ownerId, projectId },
    failedJobId,
    failedTaskId,
    jobId,
    pendingId,
    running: claim.task,
    image,
    approvalId: approval.id,
  };
}
type Everything = Awaited<ReturnType<typeof everything>>;

/** Writes of the store that lock no row of a project. */
type Elsewhere = "announceUpload" | "holdUpload" | "refuseUpload" | "takeObjectsToDelete" | "forgetObjects";

/** Writes of the store, each with whether it found what it changes. */
const WRITES: Record<
  Exclude<keyof Store, "load" | "findProject" | "projectsToSweep" | "createProject" | Elsewhere>,
  Record<string, (at: Everything) => Promise<boolean>>
> = {
  apply: {
    "a plan that ends a task and a job": async ({ projectId, jobId, running, approvalId }) => {
      await store.apply(projectId, [
        { kind: "approval", id: approvalId, voided: "It is another image now." },
        { kind: "task.update", ...ended(running) },
        { kind: "job.update", id: jobId, from: "running", set: { progress: 50 } },
        { kind: "project", status: "running" },
      ]);
      return await hasStatus(running.id, "failed");
    },
  },
  claim: {
    "a claim": async ({ projectId, pendingId: taskId }) =>
      (await store.claim({ projectId, taskId })).kind === "claimed",
  },
  renew: { "a renewed lease": ({ running }) => store.renew(running) },
  settle: {
    "a settlement": ({ running, image }) =>
      store.settle(running, {
        set: { status: "succeeded" },
        reservation: { kind: "spend", usd: 1 },
        facts: [{ kind: "image", image: again(image) }],
      }),
  },
  fail: {
    "a failure": async ({ projectId, pendingId: taskId }) => {
      await store.fail({ projectId, taskId }, failure("worker_lost", "x"));
      return await hasStatus(taskId, "failed");
    },
  },
  editProject: {
    "an edit": async ({ whose }) =>
      (await store.editProject(whose, { name: "Day Drive", expected: null })).saved !== null,
  },
  attachAudio: {
    "another song": async ({ whose }) =>
      (await store.attachAudio(whose, { audio: { ...AUDIO, etag: "other" }, keepScenes: true })) !== null,
  },
  chooseMotif: {
    "a motif": async ({ whose, image: { sceneId } }) =>
      (await store.chooseMotif({ ...whose, sceneId }, "reuse")) !== null,
  },
  requestRun: {
    "a run": async ({ whose }) => (await store.requestRun(whose, "assemble_video")) !== null,
  },
  cancel: {
    "a cancellation": ({ whose, jobId }) => canceled(store.cancel(whose, CLIPS, "generate_images"), jobId),
    "a cancellation that lowers no target": ({ whose, jobId }) =>
      canceled(store.cancel(whose, CLIPS, "assemble_video"), jobId),
  },
  retry: {
    "the retry of a task": async ({ whose, failedTaskId: taskId }) =>
      ((await store.retry(whose, { taskId }))?.retried.length ?? 0) > 0,
    "the retry of a job": async ({ whose, failedJobId: jobId }) =>
      ((await store.retry(whose, { jobId, includeUnknown: true }))?.retried.length ?? 0) > 0,
    "a retry of nothing": async ({ whose, pendingId: taskId }) =>
      (await store.retry(whose, { taskId }))?.retried.length === 0,
  },
  recordApprovals: {
    "an approval": async ({ whose, image }) => {
      const input = { id: newId(), imageId: image.id, clipId: null, approved: true, notes: null };
      return (await store.recordApprovals(whose, [input]))?.[0]?.sceneId === image.sceneId;
    },
  },
  removeProject: { "a removal": ({ whose }) => store.removeProject(whose) },
};
const CLIPS = ["generate_clips"] as const;
const again = (image: Image): Image => ({ ...image, status: "completed" });
const ended = ({ id, attempt }: Task) => ({
  id,
  from: { status: "running" as const, attempt },
  set: { status: "failed" as const, leaseUntil: null, claimId: null, error: failure("worker_lost", "x") },
  release: { usd: 1, spentUsd: 0 },
});
const hasStatus = async (id: string, status: Task["status"]) =>
  (
    await db
      .select({ id: tasks.id })
      .from(tasks)
      .where(and(eq(tasks.id, id), eq(tasks.status, status)))
  ).length === 1;
async function canceled(done: Promise<unknown>, jobId: string): Promise<boolean> {
  await done;
  const [job] = await db.select({ status: jobs.status }).from(jobs).where(eq(jobs.id, jobId));
  return job?.status === "canceled";
}

/** Rows that are locked after the project's. */
const OTHERS = [
  "selected_scenes",
  "scene_prompts",
  "generated_images",
  "video_clips",
  "user_approvals",
  "final_videos",
  "jobs",
  "tasks",
];
const rowsOf = (table: string) =>
  table === "projects"
    ? "projects where id = $1"
    : table === "owners"
      ? "owners where id = (select owner_id from projects where id = $1)"
      : `${table} where project_id = $1`;
/** The rows that are locked: by nobody, so that `holder` gets them. */
const lock = (table: string, projectId: string) =>
  holder.query(`select id from ${rowsOf(table)} for update nowait`, [projectId]);

/** Whether a statement waits for `holder`. */
async function isWaitedFor(): Promise<boolean> {
  const { rows } = await holder.query(
    "select 1 from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))",
  );
  return rows.length > 0;
}

/** Runs the write while `holder` has that row; returns whether the write waited for it, and what it had locked. */
async function whileLocked(
  table: string,
  then: readonly string[],
  write: (at: Everything) => Promise<boolean>,
) {
  const at = await everything();
  await holder.query("begin");
  try {
    await lock(table, at.projectId);
    let over = false;
    const done = write(at).finally(() => {
      over = true;
    });
    done.catch(() => {});
    let waited = false;
    while (!over && !waited) waited = await isWaitedFor();
    const locked: string[] = [];
    for (const other of waited ? then : []) {
      await holder.query("savepoint one");
      await lock(other, at.projectId).catch(() => locked.push(other));
      await holder.query("rollback to savepoint one");
    }
    await holder.query("rollback");
    return { waited, locked, done: await done };
  } finally {
    await holder.query("rollback");
  }
}

describe.each(
  Object.entries(WRITES).flatMap(([name, forms]) => Object.entries(forms).map((f) => [name, ...f] as const)),
)("%s: %s", (name, _what, write) => {
  test("locks no row of a project before the project's", async () => {
    const { waited, locked, done } = await whileLocked("projects", ["owners", ...OTHERS], write);
    expect(done).toBe(true);
    expect(locked).toEqual([]);
    // A renewal locks the row of its task and nothing else.
    expect(waited).toBe(name !== "renew");
  });

  test("locks no row of a project before its owner's, if it locks that", async () => {
    const { locked, done } = await whileLocked("owners", OTHERS, write);
    expect(done).toBe(true);
    expect(locked).toEqual([]);
  });
});
