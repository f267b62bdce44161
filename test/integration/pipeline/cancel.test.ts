import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LEASE_MS, UNKNOWN_RESOLVED_AFTER_MS } from "../../../src/domain/controller/tasks.ts";
import type { Stage } from "../../../src/domain/record/record.ts";
import { draft, heard, jpeg } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { canceled, ended, file, ok, retry, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const POLL_MS = 5_000;
const IMAGE_USD = 0.003;

/** A project whose images are wanted: the tasks are sent to workers, and no worker has begun. */
async function sent(scenes = 1, target: Stage = "generate_images") {
  const studio = pipeline.studio();
  const project = await staged(studio, "generate_images", { scenes, target });
  const messages = await studio.wake(project.id);
  return { studio, project, id: project.id, messages, person: studio.person(project) };
}

/** The same, with the images ordered at the provider. */
async function ordered(scenes = 1, target: Stage = "generate_images") {
  const all = await sent(scenes, target);
  const ids = Array.from({ length: scenes }, (_, i) => `p${i + 1}`);
  all.studio.script.create.next(...ids.map(running));
  await all.studio.deliver(all.messages);
  return all;
}

const statuses = async (studio: Studio, id: string) =>
  (await studio.record(id)).tasks.map((t) => t.status).toSorted();

/** Nothing is bought from here on, however often the project is woken. */
async function expectNoPurchases(studio: Studio, id: string) {
  const { create, writePrompt, proposeScenes, transcribe } = studio.script;
  const bought = () => [create, writePrompt, proposeScenes, transcribe].map(({ calls }) => calls.length);
  const before = bought();
  for (let i = 0; i < 3; i++) await studio.run(id, 60_000);
  expect(bought()).toEqual(before);
}

describe("work that has not begun", () => {
  test("never begins: its message comes after the answer and finds nothing to do", async () => {
    const { studio, id, messages, person } = await sent(2);
    expect(await person.cancel()).toMatchObject({ ok: true, value: { targetStage: null } });
    expect(await studio.deliver(messages)).toEqual(["ack", "ack"]);
    expect(studio.script.create.calls).toEqual([]);
    await studio.wake(id);
    expect(await statuses(studio, id)).toEqual(["canceled", "canceled"]);
    expect(await studio.jobsOf(id, "generate_images")).toMatchObject([
      { status: "canceled", error: { code: "canceled" }, finishedAt: expect.any(Date) },
    ]);
    expect((await studio.record(id)).project.status).toBe("ready");
    await expectNoPurchases(studio, id);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  });

  test("nor does a task that waits for another try, or for its slot at the provider's rate limiter", async () => {
    const { studio, id, messages, person } = await sent(2);
    studio.script.create.next(retry("provider_unavailable"));
    const [first] = messages;
    await studio.deliver([first]);
    studio.deps.rateLimiters.acquire = async () => ({ kind: "wait", afterMs: 1_000 });
    await studio.deliver(messages.slice(1));
    await person.cancel();
    studio.deps.rateLimiters.acquire = async () => ({ kind: "go", probing: false });
    await expectNoPurchases(studio, id);
    expect(await statuses(studio, id)).toEqual(["canceled", "canceled"]);
  });

  test("nor where the person starts another run at once: that run has tasks of its own", async () => {
    const { studio, id, messages, person } = await sent();
    await person.cancel();
    await person.run("generate_images");
    expect(await studio.deliver(messages)).toEqual(["ack"]);
    expect(studio.script.create.calls).toEqual([]);
    studio.script.create.next(running("p1"));
    await studio.run(id);
    expect(await statuses(studio, id)).toEqual(["canceled", "waiting"]);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });

  test.each(["generate_images", "generate_clips"] as const)(
    "nor does what is planned by a record that was read before the cancellation, canceled from %s",
    async (from) => {
      const studio = pipeline.studio();
      const stage = from === "generate_images" ? "generate_images" : "generate_clips";
      const project = await staged(studio, stage, { target: "assemble_video" });
      const stale = await studio.plan(project.id);
      await studio.person(project).cancel(from);
      await studio.deps.store.apply(project.id, stale.changes);
      const late = stale.dispatch.map(({ taskId }) => ({ v: 1, project: project.id, task: taskId }));
      expect(late).toHaveLength(1);
      expect(await studio.deliver(late)).toEqual(["ack"]);
      expect(studio.script.create.calls).toEqual([]);
      await expectNoPurchases(studio, project.id);
      expect((await studio.record(project.id)).tasks).toMatchObject([{ status: "canceled" }]);
      expect(await studio.budget(project.id)).toEqual({ reserved: 0, spent: 0 });
    },
  );
});

describe("work that a worker has under way", () => {
  test("within a call: its result is kept and paid for, and nothing is made from it", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_prompts", { target: "assemble_video" });
    const { id } = project;
    studio.script.writePrompt.next(async () => {
      await studio.person(project).cancel();
      await studio.wake(id);
      return ok(draft, 0.001);
    });
    await studio.run(id);
    await expectNoPurchases(studio, id);
    const record = await studio.record(id);
    expect(record.prompts).toMatchObject([{ imagePrompt: draft.imagePrompt }]);
    expect(record.tasks).toMatchObject([{ status: "succeeded", charged: "yes", costChargedUsd: 0.001 }]);
    expect(await studio.jobsOf(id, "generate_prompts")).toMatchObject([{ status: "canceled" }]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.001 });
  });

  test("within a call that fails: it is not tried again", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(async () => {
      await studio.person(project).cancel();
      return retry("provider_unavailable");
    });
    await studio.run(project.id);
    await expectNoPurchases(studio, project.id);
    expect(await studio.task(project.id)).toMatchObject({ status: "canceled", charged: "no" });
    expect(await studio.budget(project.id)).toEqual({ reserved: 0, spent: 0 });
  });

  test("within an order: the provider is asked to stop as soon as its id is known", async () => {
    const { studio, id, messages, person } = await sent();
    studio.script.create.next(async () => {
      await person.cancel();
      return running("p1");
    });
    await studio.deliver(messages);
    studio.script.cancel.next(canceled("p1"));
    await studio.run(id);
    expect(studio.script.cancel.calls).toEqual(["p1"]);
    expect(await studio.task(id)).toMatchObject({ status: "canceled", charged: "no" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
    await expectNoPurchases(studio, id);
  });

  test("and that is lost: its order is found in the provider's list, and canceled", async () => {
    const { studio, id, messages, person } = await sent();
    await studio.deps.store.claim({ projectId: id, taskId: messages[0]?.task ?? "" });
    await person.cancel();
    studio.script.find.next(running("p1"));
    studio.script.cancel.next(canceled("p1"));
    await studio.run(id, LEASE_MS);
    await studio.run(id, POLL_MS);
    expect(studio.script.cancel.calls).toEqual(["p1"]);
    expect(await studio.task(id)).toMatchObject({ status: "canceled" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  });
});

describe("work that a provider has under way", () => {
  test("is asked to stop at once, costs nothing where it had not begun, and its row says so", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    studio.script.cancel.next(canceled("p1"));
    await studio.run(id);
    expect(studio.script.cancel.calls).toEqual(["p1"]);
    expect(studio.script.get.calls).toEqual([]);
    const { tasks, images } = await studio.record(id);
    expect(tasks).toMatchObject([{ status: "canceled", charged: "no", error: { code: "canceled" } }]);
    expect(images).toMatchObject([{ status: "failed", error: { code: "canceled" } }]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
    await expectNoPurchases(studio, id);
  });

  test("may be charged where it had begun: counted as spent", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    studio.script.cancel.next(canceled("p1", 3));
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({ status: "canceled", charged: "unknown" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  });

  test("is asked again until it has stopped", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    studio.script.cancel.next(retry("provider_unavailable"), running("p1"), canceled("p1"));
    for (let i = 0; i < 3; i++) await studio.run(id, POLL_MS);
    expect(studio.script.cancel.calls).toEqual(["p1", "p1", "p1"]);
    expect(await studio.task(id)).toMatchObject({ status: "canceled", attempt: 1 });
  });

  test("and finishes all the same: the result is kept and paid for, the job stays canceled, and a new run does not buy it again", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    studio.script.cancel.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id);
    await studio.wake(id);
    const record = await studio.record(id);
    expect(record.images).toMatchObject([{ status: "completed", replicatePredictionId: "p1" }]);
    expect(record.tasks).toMatchObject([{ status: "succeeded", charged: "yes" }]);
    expect(record.jobs).toMatchObject([{ status: "canceled" }]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });

    await person.run("generate_images");
    expect(await studio.run(id)).toEqual([]);
    expect((await studio.record(id)).project.status).toBe("completed");
    expect(studio.script.create.calls).toHaveLength(1);
  });

  test("and whose webhook comes after the cancellation: the same", async () => {
    const { studio, id, person, messages } = await ordered();
    await person.cancel();
    await studio.wake(id);
    studio.script.cancel.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    await studio.deliver([{ ...messages[0], attempt: 1, prediction: "p1" }]);
    expect((await studio.record(id)).images).toMatchObject([{ status: "completed" }]);
    expect(await studio.jobsOf(id, "generate_images")).toMatchObject([{ status: "canceled" }]);
  });

  test("and whose id is not known is searched for in the provider's list, then canceled", async () => {
    const { studio, id, messages, person } = await sent();
    studio.script.create.next(ended("unknown"));
    await studio.deliver(messages);
    await person.cancel();
    studio.script.find.next(ok(null), running("p1"));
    studio.script.cancel.next(canceled("p1"));
    for (let i = 0; i < 3; i++) await studio.run(id, 15_000);
    expect(studio.script.find.calls).toHaveLength(2);
    expect(studio.script.cancel.calls).toEqual(["p1"]);
    expect(await studio.task(id)).toMatchObject({ status: "canceled", charged: "no" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  });

  test("and that the provider's list never shows was never accepted: it costs nothing", async () => {
    const { studio, id, messages, person } = await sent();
    studio.script.create.next(ended("unknown"));
    await studio.deliver(messages);
    await person.cancel();
    studio.script.find.next(ok(null), ok(null));
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({ status: "waiting" });
    await studio.run(id, UNKNOWN_RESOLVED_AFTER_MS);
    expect(await studio.task(id)).toMatchObject({ status: "canceled", charged: "no" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
    await expectNoPurchases(studio, id);
  });
});

describe("canceling a part", () => {
  test("between two stages leaves nothing to start", async () => {
    const studio = pipeline.studio();
    const object = studio.bucket.upload("song", new Uint8Array(900), "audio/mpeg");
    const project = await staged(studio, "transcribe", {
      audio: { key: "song", etag: object.etag, bytes: 900 },
      target: "assemble_video",
    });
    const { id } = project;
    studio.script.transcribe.next(ok(heard, 0.0004));
    await studio.run(id);
    await studio.person(project).cancel();
    await expectNoPurchases(studio, id);
    const { project: row, jobs } = await studio.record(id);
    expect(row).toMatchObject({ status: "ready", targetStage: null, transcriptText: heard.text });
    expect(jobs.map((j) => j.type)).toEqual(["transcribe"]);
  });

  test("from a stage on leaves the stages before it running to their end", async () => {
    const { studio, id, person } = await ordered(2, "assemble_video");
    expect(await person.cancel("generate_clips")).toMatchObject({
      value: { targetStage: "generate_images" },
    });
    studio.script.get.next(succeeded("p1"), succeeded("p2"));
    studio.script.openOutput.next(file(jpeg), file(jpeg));
    await studio.run(id, POLL_MS);
    await expectNoPurchases(studio, id);
    expect(studio.script.cancel.calls).toEqual([]);
    const { project, jobs } = await studio.record(id);
    expect(jobs).toMatchObject([{ type: "generate_images", status: "completed" }]);
    expect(project.status).toBe("completed");
  });

  test("after the target changes nothing", async () => {
    const { studio, id, person } = await ordered(1, "generate_images");
    await person.cancel("assemble_video");
    await studio.wake(id);
    const { project, jobs } = await studio.record(id);
    expect(project.targetStage).toBe("generate_images");
    expect(jobs).toMatchObject([{ status: "running" }]);
  });

  test("twice is the same as once", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    const [first] = await studio.jobsOf(id, "generate_images");
    studio.advance(60_000);
    await person.cancel();
    expect(await studio.jobsOf(id, "generate_images")).toEqual([first]);
  });
});

describe("a run after a cancellation", () => {
  test("pays only for what is missing", async () => {
    const { studio, id, person } = await ordered(3);
    const [one] = await studio.tasksOf(id, "generate_images");
    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    studio.advance(POLL_MS);
    await studio.deliver([{ v: 1, project: id, task: one?.id }]);
    await person.cancel();
    studio.script.cancel.next(canceled("p2"), canceled("p3"));
    await studio.run(id);
    await person.run("generate_images");
    studio.script.create.next(running("p4"), running("p5"));
    await studio.run(id);
    expect(studio.script.create.calls).toHaveLength(5);
    expect(await studio.budget(id)).toEqual({ reserved: 2 * IMAGE_USD, spent: IMAGE_USD });
    studio.script.get.next(succeeded("p4"), succeeded("p5"));
    studio.script.openOutput.next(file(jpeg), file(jpeg));
    await studio.run(id, POLL_MS);
    await studio.wake(id);
    expect((await studio.record(id)).project.status).toBe("completed");
    expect((await studio.budget(id)).spent).toBeCloseTo(3 * IMAGE_USD, 6);
  });

  test("orders nothing that is still being canceled, and uses its result", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    studio.script.cancel.next(running("p1"), succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id);
    await person.run("generate_images");
    await studio.run(id);
    await studio.run(id, POLL_MS);
    await studio.wake(id);
    expect(studio.script.create.calls).toHaveLength(1);
    expect((await studio.record(id)).project.status).toBe("completed");
  });

  test("orders again what was canceled, once the provider has stopped", async () => {
    const { studio, id, person } = await ordered();
    await person.cancel();
    await person.run("generate_images");
    await studio.wake(id);
    studio.script.cancel.next(canceled("p1"));
    await studio.run(id, 60_000);
    studio.script.create.next(running("p2"));
    await studio.run(id);
    expect(studio.script.create.calls).toHaveLength(2);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });
  });
});

test("another owner's project can't be canceled", async () => {
  const { studio, id, project } = await ordered();
  const stranger = studio.person({ ...project, ownerId: "somebody" });
  expect(await stranger.cancel()).toMatchObject({ ok: false, error: { code: "not_found" } });
  await studio.wake(id);
  const { jobs, project: row } = await studio.record(id);
  expect(jobs).toMatchObject([{ status: "running" }]);
  expect(row.targetStage).toBe("generate_images");
});
