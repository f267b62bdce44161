import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobs, projects, tasks } from "../../../src/db/schema.ts";
import { failure } from "../../../src/domain/record/failures.ts";
import type { Stage, Task } from "../../../src/domain/record/record.ts";
import { type Api, openApi } from "../../support/api.ts";
import { insertStory } from "../../support/story.ts";

let api: Api;
beforeAll(async () => {
  api = await openApi();
}, 60_000);
afterAll(() => api.close());

const UNKNOWN = failure("outcome_unknown", "The outcome is unknown.", {
  retryable: true,
  nextAction: "Decide.",
});

/** A project with a film; the task of one image has failed. */
async function setting() {
  const ada = await api.person();
  const story = await insertStory(api.db, ada.sub);
  const base = `/api/projects/${story.id}`;
  const wakes = () => api.calls.filter((call) => call === `wake ${story.id}`).length;
  const setTask = (set: Partial<Task>) => api.db.update(tasks).set(set).where(eq(tasks.id, story.taskId));
  const aim = (targetStage: Stage | null) =>
    api.db.update(projects).set({ targetStage }).where(eq(projects.id, story.id));
  const taskList = async () => (await ada.call("GET", `${base}/tasks`)).json.items;
  return { ada, story, base, wakes, setTask, aim, taskList };
}

describe("canceling", () => {
  test("ends the open jobs of the stage and of all later ones, lowers the target, and wakes the coordinator", async () => {
    const { ada, story, base, wakes } = await setting();
    const open = (type: Stage) => ({
      id: api.deps.newId(),
      projectId: story.id,
      type,
      status: "running" as const,
      payload: {},
    });
    await api.db.insert(jobs).values([open("generate_prompts"), open("generate_clips")]);
    const { status, json } = await ada.call("POST", `${base}/cancel`, { from: "generate_images" });
    expect([status, json.target_stage]).toEqual([202, "generate_prompts"]);
    expect(wakes()).toBe(1);
    const list = (await ada.call("GET", `${base}/jobs`)).json.items;
    const byType = Object.fromEntries(list.map((job: { type: Stage }) => [job.type, job]));
    expect(byType).toMatchObject({
      generate_prompts: { status: "running", finished_at: null },
      generate_images: { status: "failed" },
      generate_clips: {
        status: "canceled",
        error: { code: "canceled", retryable: true },
        finished_at: expect.any(String),
      },
    });
  });

  test("cancels everything unless a stage is named", async () => {
    const { ada, base } = await setting();
    expect((await ada.call("POST", `${base}/cancel`, {})).json).toMatchObject({ target_stage: null });
  });

  test("what is not running is not an error", async () => {
    const { ada, base, aim } = await setting();
    await aim(null);
    const { status, json } = await ada.call("POST", `${base}/cancel`, { from: "generate_clips" });
    expect([status, json.target_stage]).toEqual([202, null]);
  });

  test.each([{ from: "everything" }, { from: null }, { stage: "transcribe" }])(
    "%j is refused: it names no stage",
    async (body) => {
      const { ada, base, wakes } = await setting();
      expect((await ada.call("POST", `${base}/cancel`, body)).json.code).toBe("invalid_request");
      expect(wakes()).toBe(0);
    },
  );
});

describe("retrying a task", () => {
  test("frees it, raises the target to its stage, and wakes the coordinator", async () => {
    const { ada, story, base, wakes, aim } = await setting();
    await aim(null);
    const { status, json } = await ada.call("POST", `${base}/tasks/${story.taskId}/retry`);
    expect([status, json.target_stage]).toEqual([202, "generate_images"]);
    expect(wakes()).toBe(1);
  });

  test("is the decision on a task of unknown outcome", async () => {
    const { ada, story, base, setTask, taskList } = await setting();
    await setTask({ error: UNKNOWN, charged: "unknown" });
    expect(await taskList()).toMatchObject([{ needs_decision: true, charged: "unknown" }]);
    expect((await ada.call("POST", `${base}/tasks/${story.taskId}/retry`)).status).toBe(202);
    expect(await taskList()).toMatchObject([{ needs_decision: false, error: { code: "outcome_unknown" } }]);
  });

  test.each(["pending", "waiting", "succeeded"] as const)("is refused while it is %s", async (state) => {
    const { ada, story, base, setTask, wakes } = await setting();
    await setTask({ status: state, error: null });
    const { status, json } = await ada.call("POST", `${base}/tasks/${story.taskId}/retry`);
    expect([status, json.code]).toEqual([409, "conflict"]);
    expect(wakes()).toBe(0);
  });

  test("of another project of the same person is not found, and nothing changes", async () => {
    const { ada, story, setTask } = await setting();
    await setTask({ status: "canceled" });
    const other = await insertStory(api.db, ada.sub);
    const crossed = await ada.call("POST", `/api/projects/${other.id}/tasks/${story.taskId}/retry`);
    expect([crossed.status, crossed.json.code]).toEqual([404, "not_found"]);
    const [row] = await api.db.select().from(tasks).where(eq(tasks.id, story.taskId));
    expect(row?.retriedAt).toBeNull();
  });
});

describe("retrying a job", () => {
  test("leaves out tasks that may have been paid for, and says how to include them", async () => {
    const { ada, story, base, setTask } = await setting();
    await setTask({ error: UNKNOWN });
    const { status, json } = await ada.call("POST", `${base}/jobs/${story.jobId}/retry`, {});
    expect([status, json.code]).toEqual([409, "conflict"]);
    expect(json.detail).toContain("include_unknown");
    const again = await ada.call("POST", `${base}/jobs/${story.jobId}/retry`, { include_unknown: true });
    expect(again.status).toBe(202);
  });

  test("frees what failed", async () => {
    const { ada, story, base, wakes } = await setting();
    expect((await ada.call("POST", `${base}/jobs/${story.jobId}/retry`, {})).status).toBe(202);
    expect(wakes()).toBe(1);
    const [row] = await api.db.select().from(tasks).where(eq(tasks.id, story.taskId));
    expect(row?.retriedAt).toBeInstanceOf(Date);
  });
});

describe("the tasks", () => {
  test("are listed newest first, in pages that meet exactly", async () => {
    const { ada, story, base } = await setting();
    const more = Array.from({ length: 4 }, () => ({
      id: api.deps.newId(),
      jobId: story.jobId,
      projectId: story.id,
      type: "generate_images" as const,
      subject: api.deps.newId(),
      status: "succeeded" as const,
      runAfter: new Date(),
      inputHash: "secret-hash",
    }));
    await api.db.insert(tasks).values(more);
    const seen: string[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const { json } = await ada.call("GET", `${base}/tasks?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...json.items.map((t: { id: string }) => t.id));
      cursor = json.next_cursor;
    }
    expect(seen).toEqual([...more.map((t) => t.id), story.taskId].toSorted().toReversed());
  });

  test("name their scene and job, and the attempts that failed", async () => {
    const { story, setTask, taskList } = await setting();
    const failedAttempts = [
      {
        attempt: 1,
        at: new Date().toISOString(),
        provider: "replicate",
        model: "a/b",
        code: "provider_refused" as const,
        message: "No.",
        charged: "no" as const,
      },
    ];
    await setTask({
      failedAttempts,
      attempt: 2,
      provider: "replicate",
      model: "c/d",
      costEstimatedUsd: 0.025,
    });
    expect(await taskList()).toMatchObject([
      {
        id: story.taskId,
        job_id: story.jobId,
        scene_id: story.scenes[0]?.scene,
        model: "c/d",
        cost_estimated_usd: 0.025,
        failed_attempts: failedAttempts,
      },
    ]);
  });
});

test("failures that another version stored are shown as `other`, and the rest of them as it is", async () => {
  const { ada, story, base, taskList } = await setting();
  const stored = JSON.stringify({
    code: "code_of_2031",
    message: "It rains.",
    retryable: true,
    nextAction: null,
  });
  const attempt = { attempt: 1, at: "2031-01-01T00:00:00Z", provider: null, model: null, charged: "no" };
  const attempts = JSON.stringify([{ ...attempt, code: "code_of_2031", message: "It rains." }]);
  await api.db.execute(
    sql`update tasks set error = ${stored}::jsonb, failed_attempts = ${attempts}::jsonb where id = ${story.taskId}`,
  );
  await api.db.execute(sql`update jobs set error = ${stored}::jsonb where id = ${story.jobId}`);
  const error = { code: "other", message: "It rains.", retryable: true, next_action: null };
  expect(await taskList()).toMatchObject([
    { error, failed_attempts: [{ code: "other", message: "It rains." }] },
  ]);
  expect((await ada.call("GET", `${base}/jobs`)).json.items).toMatchObject([{ error }]);
  expect((await ada.call("POST", `${base}/tasks/${story.taskId}/retry`)).status).toBe(202);
});

test("a run raises the run number and sets the target that was named", async () => {
  const { ada, story, base } = await setting();
  for (const target of ["assemble_video", "generate_images"])
    expect((await ada.call("POST", `${base}/run`, { target })).json.target_stage).toBe(target);
  const [row] = await api.db.select().from(projects).where(eq(projects.id, story.id));
  expect(row?.runNumber).toBe(2);
});
