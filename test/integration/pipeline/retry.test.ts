import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WAIT_LIMIT_MS } from "../../../src/domain/controller/tasks.ts";
import type { Task } from "../../../src/domain/record/record.ts";
import { taskView } from "../../../src/domain/views/views.ts";
import { draft, jpeg } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { canceled, ended, file, ok, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const POLL_MS = 5_000;
const IMAGE_USD = 0.003;

const failed = async (studio: Studio, id: string) =>
  (await studio.record(id)).tasks.filter((t) => t.status === "failed").toReversed();
const notFound = { ok: false, error: { code: "not_found" } };
const isUnknown = (task: Task) => task.error?.code === "outcome_unknown";

/** Three scenes: one image succeeds, one is refused by every model, the order of one is lost. */
async function mixed() {
  const studio = pipeline.studio();
  const project = await staged(studio, "generate_images", { scenes: 3, settings: { imageFallbacks: [] } });
  const { id } = project;
  studio.script.create.next(running("p1"), ended("invalid"), running("p3"));
  studio.script.get.next(succeeded("p1"), ok(null));
  studio.script.openOutput.next(file(jpeg));
  await studio.run(id);
  await studio.run(id, POLL_MS);
  await studio.wake(id);
  const all = await failed(studio, id);
  const [unknown] = all.filter(isUnknown);
  const [plain] = all.filter((t) => !isUnknown(t));
  if (all.length !== 2 || !unknown || !plain) throw new Error("Not as planned");
  const [job] = await studio.jobsOf(id, "generate_images");
  if (!job) throw new Error("No job");
  return { studio, project, id, unknown, plain, job, person: studio.person(project) };
}

/** The scenes of the orders since then. */
async function orderedAgain(studio: Studio, id: string, count: number) {
  studio.script.create.next(...Array.from({ length: count }, (_, i) => running(`again-${i}`)));
  const before = studio.script.create.calls.length;
  await studio.run(id);
  await studio.run(id);
  expect(studio.script.create.calls).toHaveLength(before + count);
  const { tasks } = await studio.record(id);
  return tasks
    .filter((t) => t.status === "waiting")
    .map((t) => t.subject)
    .toSorted();
}

describe("one task", () => {
  test("that failed is made again, paid for once, and nothing else is touched", async () => {
    const { studio, id, plain, unknown, person } = await mixed();
    expect(await person.retryTask(plain.id)).toMatchObject({ ok: true });
    expect(await orderedAgain(studio, id, 1)).toEqual([plain.subject]);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 2 * IMAGE_USD });
    studio.script.get.next(succeeded("again-0"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id, POLL_MS);
    await studio.wake(id);
    const { tasks } = await studio.record(id);
    expect(tasks.find((t) => t.id === plain.id)).toMatchObject({
      status: "failed",
      retriedAt: expect.any(Date),
    });
    expect(tasks.find((t) => t.id === unknown.id)).toMatchObject({ status: "failed", retriedAt: null });
    expect(await studio.jobsOf(id, "generate_images")).toMatchObject([
      { status: "completed" },
      { status: "failed" },
    ]);
    expect((await studio.budget(id)).spent).toBeCloseTo(3 * IMAGE_USD, 6);
  });

  test("whose outcome is unknown waits for the person's decision, whatever else they ask for", async () => {
    const { studio, id, unknown, plain, person } = await mixed();
    expect(taskView(unknown)).toMatchObject({ needs_decision: true, charged: "unknown" });
    expect(taskView(plain)).toMatchObject({ needs_decision: false });
    await person.run("generate_images");
    expect(await orderedAgain(studio, id, 1)).toEqual([plain.subject]);
    studio.script.get.next(succeeded("again-0"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id, POLL_MS);
    await person.run("generate_images");
    expect(await studio.run(id)).toEqual([]);
    expect((await studio.record(id)).project.status).toBe("failed");

    await person.retryTask(unknown.id);
    expect(await orderedAgain(studio, id, 1)).toEqual([unknown.subject]);
    const { tasks } = await studio.record(id);
    expect(tasks.filter(isUnknown).map(taskView)).toMatchObject([
      { needs_decision: false, charged: "unknown" },
    ]);
  });

  test("retried twice is made once", async () => {
    const { studio, id, plain, person } = await mixed();
    await person.retryTask(plain.id);
    await person.retryTask(plain.id);
    expect(await orderedAgain(studio, id, 1)).toEqual([plain.subject]);
    expect(await studio.run(id)).toEqual([]);
  });

  test("that fails again blocks again, and can be retried again", async () => {
    const { studio, id, plain, person } = await mixed();
    await person.retryTask(plain.id);
    studio.script.create.next(ended("invalid"));
    await studio.run(id);
    expect(await studio.run(id, WAIT_LIMIT_MS)).toEqual([]);
    const newest = (await failed(studio, id)).findLast((t) => t.subject === plain.subject);
    expect(newest?.id).not.toBe(plain.id);
    await person.retryTask(newest?.id ?? "");
    expect(await orderedAgain(studio, id, 1)).toEqual([plain.subject]);
  });

  test("of an earlier run is made again, though it failed again since", async () => {
    const { studio, id, plain, person } = await mixed();
    await person.run("generate_images");
    studio.script.create.next(ended("invalid"));
    await studio.run(id);
    expect(await person.retryTask(plain.id)).toMatchObject({ ok: true });
    expect(await orderedAgain(studio, id, 1)).toEqual([plain.subject]);
  });

  test("is made again while the others of its job go on", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_images", { scenes: 2, settings: { imageFallbacks: [] } });
    const { id } = project;
    studio.script.create.next(ended("invalid"), running("p2"));
    await studio.run(id);
    const [one] = await failed(studio, id);
    await studio.person(project).retryTask(one?.id ?? "");
    await studio.wake(id);
    studio.script.get.next(succeeded("p2"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id, POLL_MS);
    expect(await orderedAgain(studio, id, 1)).toEqual([one?.subject]);
  });

  test("that was refused is ordered once more with the same prompt, where a person wrote it", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_images");
    const { id } = project;
    studio.script.create.next(ended("refused"));
    await studio.run(id);
    const { id: taskId } = await studio.task(id);
    await studio.person(project).retryTask(taskId);
    await orderedAgain(studio, id, 1);
    const [first, second] = studio.script.create.calls;
    expect(second?.input).toEqual(first?.input);
  });

  test("that was refused is ordered once more, where its rewriting failed", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_images", { promptsBy: "director" });
    const { id } = project;
    studio.script.create.next(ended("refused"));
    studio.script.softenPrompt.next(ended("out_of_credit"));
    await studio.run(id);
    await studio.run(id);
    const [refused] = await studio.tasksOf(id, "generate_images");
    await studio.person(project).retryTask(refused?.id ?? "");
    await orderedAgain(studio, id, 1);
    const [first, second] = studio.script.create.calls;
    expect(second?.input).toEqual(first?.input);
  });

  test("that succeeded, is under way, does not exist or is another owner's can't be retried", async () => {
    const { studio, id, project, plain, person } = await mixed();
    const conflict = { ok: false, error: { code: "conflict" } };
    const { tasks } = await studio.record(id);
    const done = tasks.find((t) => t.status === "succeeded");
    expect(await person.retryTask(done?.id ?? "")).toMatchObject(conflict);
    expect(await person.retryTask(studio.deps.newId())).toMatchObject(notFound);
    const stranger = studio.person({ ...project, ownerId: "somebody" });
    expect(await stranger.retryTask(plain.id)).toMatchObject(notFound);
    const other = await staged(studio, "generate_images");
    expect(await studio.person(other).retryTask(plain.id)).toMatchObject(notFound);
    await person.retryTask(plain.id);
    await orderedAgain(studio, id, 1);
    const open = (await studio.record(id)).tasks.find((t) => t.status === "waiting");
    expect(await person.retryTask(open?.id ?? "")).toMatchObject(conflict);
  });
});

describe("a job", () => {
  test("makes again what failed, and leaves out what may have been paid for", async () => {
    const { studio, id, job, plain, person } = await mixed();
    expect(await person.retryJob(job.id)).toMatchObject({ ok: true });
    expect(await orderedAgain(studio, id, 1)).toEqual([plain.subject]);
    expect(await studio.run(id)).toEqual([]);
  });

  test("makes that again too where the person says so", async () => {
    const { studio, id, job, plain, unknown, person } = await mixed();
    await person.retryJob(job.id, true);
    expect(await orderedAgain(studio, id, 2)).toEqual([plain.subject, unknown.subject].toSorted());
  });

  test("that does not exist or is not of the project is not found", async () => {
    const { studio, project, plain, job, person } = await mixed();
    expect(await person.retryJob(studio.deps.newId(), true)).toMatchObject(notFound);
    expect(await person.retryJob(plain.id, true)).toMatchObject(notFound);
    const stranger = studio.person({ ...project, ownerId: "somebody" });
    expect(await stranger.retryJob(job.id)).toMatchObject(notFound);
    const other = await staged(studio, "generate_images");
    expect(await studio.person(other).retryJob(job.id)).toMatchObject(notFound);
  });

  test("with nothing to make again is refused", async () => {
    const { job, plain, person } = await mixed();
    await person.retryTask(plain.id);
    const refused = {
      ok: false,
      error: { code: "conflict", detail: expect.stringContaining("include_unknown") },
    };
    expect(await person.retryJob(job.id)).toMatchObject({ ok: true });
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(ended("unknown"));
    await studio.run(project.id);
    await studio.wake(project.id);
    const [only] = await studio.jobsOf(project.id, "generate_prompts");
    expect(await studio.person(project).retryJob(only?.id ?? "")).toMatchObject(refused);
    studio.script.writePrompt.next(ok(draft, 0.001));
    await studio.person(project).retryJob(only?.id ?? "", true);
    await studio.run(project.id);
    await studio.wake(project.id);
    expect((await studio.record(project.id)).project.status).toBe("completed");
  });

  test("that was canceled is taken up again, and its stage is wanted again", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_images", { scenes: 2 });
    const { id } = project;
    const person = studio.person(project);
    studio.script.create.next(running("p1"), running("p2"));
    await studio.run(id);
    await person.cancel();
    studio.script.cancel.next(canceled("p1"), canceled("p2"));
    await studio.run(id);
    await studio.wake(id);
    const [job] = await studio.jobsOf(id, "generate_images");
    expect(await person.retryJob(job?.id ?? "")).toMatchObject({
      value: { targetStage: "generate_images" },
    });
    expect(await orderedAgain(studio, id, 2)).toEqual(project.scenes.toSorted());
  });

  test("does not lower the target stage", async () => {
    const { studio, id, project, plain, person } = await mixed();
    await person.run("assemble_video");
    await studio.person(project).retryTask(plain.id);
    expect((await studio.record(id)).project.targetStage).toBe("assemble_video");
  });
});
