/** Heavy tasks, one at a time in an isolate: what happens to messages that find the heavy gate taken. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { REQUEUE_SECONDS, SILENT_MS } from "../../../src/domain/controller/heavy.ts";
import { REDISPATCH_MS } from "../../../src/domain/controller/tasks.ts";
import { draft } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { ended, ok, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const HEAVY = "omvee-heavy";
const ORDINARY = "omvee-tasks";
const heard = {
  text: "Neon rain",
  language: "en",
  durationSeconds: null,
  segments: [{ text: "Neon rain", start: 1, end: 3, noSpeech: null, confidence: null }],
  words: [],
};

/** A project with a song to transcribe (a heavy task), and the task's message. */
async function song(studio: Studio) {
  const { etag } = studio.bucket.upload("song", new Uint8Array(900), "audio/mpeg");
  const { id } = await staged(studio, "transcribe", { audio: { key: "song", etag, bytes: 900 } });
  const [message] = await studio.wake(id);
  if (!message) throw new Error("Nothing was sent");
  return { id, message };
}

/** Runs `meanwhile` while a heavy step runs in the same isolate, and returns its result; the step then succeeds. */
async function during<T>(studio: Studio, meanwhile: () => Promise<T>): Promise<T> {
  const first = await song(studio);
  const result: T[] = [];
  studio.script.transcribe.next(async () => {
    result.push(await meanwhile());
    return ok(heard, 0.0004);
  });
  expect(await studio.deliverBy(HEAVY, [first.message])).toEqual(["ack"]);
  expect(await studio.task(first.id)).toMatchObject({ status: "succeeded" });
  const [value] = result;
  if (value === undefined) throw new Error("The heavy step did not run");
  return value;
}

const untouched = { status: "pending", attempt: 1, supplierFailures: 0, claimedAt: null, leaseUntil: null };

describe("a heavy message that finds the gate taken", () => {
  test("is requeued with a delay, before anything is claimed or reserved, and runs when it returns", async () => {
    const studio = pipeline.studio();
    const second = await song(studio);
    const requeued = await during(studio, async () => ({
      verdicts: await studio.deliverBy(HEAVY, [second.message], 3),
      trips: (await pipeline.trips(() => studio.deliverBy(HEAVY, [second.message]))).trips,
      task: await studio.task(second.id),
      reservation: await studio.budget(second.id),
    }));
    expect(requeued).toEqual({
      verdicts: ["ack"],
      trips: 0,
      task: expect.objectContaining(untouched),
      reservation: { reserved: 0, spent: 0 },
    });
    const { project: projectId, task: taskId } = second.message;
    const back = { projectId, taskId, heavy: true, requeues: 1, afterSeconds: REQUEUE_SECONDS };
    expect(studio.sent).toMatchObject([back, back]);
    studio.script.transcribe.next(ok(heard, 0.0004));
    expect(await studio.deliverBy(HEAVY, [{ ...second.message, requeues: 1 }])).toEqual(["ack"]);
    expect(await studio.task(second.id)).toMatchObject({ status: "succeeded", attempt: 1 });
  });

  test("never uses up a delivery in an hour, and the queue never holds more than one copy of it", async () => {
    const studio = pipeline.studio();
    const { id, message } = await song(studio);
    studio.deps.gate = { enter: () => null };
    const inQueue: { at: number; body: object }[] = [];
    let [asked, most] = [0, 0];
    for (let at = 0; at <= 3_600_000; at += 1_000) {
      // The plan sends a message of its own for a task that no worker claimed.
      if (at % REDISPATCH_MS === 0) inQueue.push({ at, body: message });
      most = Math.max(most, inQueue.length);
      for (const { body } of inQueue.splice(0, inQueue.filter((m) => m.at <= at).length)) {
        asked++;
        expect(await studio.deliverBy(HEAVY, [body])).toEqual(["ack"]);
        for (const { requeues, afterSeconds } of studio.sent.splice(0))
          inQueue.push({ at: at + afterSeconds * 1000, body: { ...message, requeues: requeues } });
      }
    }
    expect(most).toBe(1);
    expect(asked).toBe(3_600 / REQUEUE_SECONDS + 1);
    expect(await studio.task(id)).toMatchObject(untouched);
  });

  test("is retried where the new message can't be sent", async () => {
    const studio = pipeline.studio();
    const second = await song(studio);
    studio.deps.queue = { ...studio.deps.queue, send: () => Promise.reject(new Error("Too Many Requests")) };
    const verdicts = await during(studio, () => studio.deliverBy(HEAVY, [second.message]));
    expect(verdicts).toEqual([2]);
    expect(await studio.task(second.id)).toMatchObject(untouched);
  });

  test("is requeued also where it comes in a batch with the one that holds the gate", async () => {
    const studio = pipeline.studio();
    const songs = [await song(studio), await song(studio)];
    studio.script.transcribe.next(ok(heard, 0.0004));
    expect(
      await studio.deliverBy(
        HEAVY,
        songs.map((s) => s.message),
      ),
    ).toEqual(["ack", "ack"]);
    expect(studio.script.transcribe.calls).toHaveLength(1);
    expect(studio.sent).toMatchObject([{ requeues: 1 }]);
  });
});

describe("the gate is free again", () => {
  test("after a step that throws", async () => {
    const studio = pipeline.studio();
    const [first, second] = [await song(studio), await song(studio)];
    studio.script.transcribe.next(() => Promise.reject(new Error("a defect")), ok(heard, 0.0004));
    expect(await studio.deliverBy(HEAVY, [first.message])).toEqual([2]);
    expect(await studio.deliverBy(HEAVY, [second.message])).toEqual(["ack"]);
    expect(await studio.task(second.id)).toMatchObject({ status: "succeeded" });
  });

  test("after a claim that fails, and one that finds nothing to do", async () => {
    const studio = pipeline.studio();
    const second = await song(studio);
    const gone = { v: 1, project: studio.deps.newId(), task: studio.deps.newId() };
    // Postgres has no such attempt number.
    const poison = { ...second.message, attempt: Number.MAX_SAFE_INTEGER, prediction: "p1" };
    expect(await studio.deliverBy(HEAVY, [poison])).toEqual([2]);
    expect(await studio.deliverBy(HEAVY, [gone])).toEqual(["ack"]);
    studio.script.transcribe.next(ok(heard, 0.0004));
    expect(await studio.deliverBy(HEAVY, [second.message])).toEqual(["ack"]);
    expect(await studio.task(second.id)).toMatchObject({ status: "succeeded" });
  });

  test("a minute after its holder was killed, which frees nothing", async () => {
    const studio = pipeline.studio();
    const second = await song(studio);
    studio.deps.gate.enter(studio.deps.now().getTime());
    studio.advance(SILENT_MS - 1);
    await studio.deliverBy(HEAVY, [second.message]);
    expect(await studio.task(second.id)).toMatchObject(untouched);
    studio.advance(1);
    studio.script.transcribe.next(ok(heard, 0.0004));
    await studio.deliverBy(HEAVY, [second.message]);
    expect(await studio.task(second.id)).toMatchObject({ status: "succeeded" });
  });
});

describe("light work is not held up by heavy work in its isolate", () => {
  test("a prompt is written meanwhile", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    const messages = await studio.wake(id);
    studio.script.writePrompt.next(ok(draft));
    expect(await during(studio, () => studio.deliverBy(ORDINARY, messages))).toEqual(["ack"]);
    expect(await studio.task(id)).toMatchObject({ status: "succeeded" });
  });

  test("nor is a poll of a prediction of a heavy stage", async () => {
    const studio = pipeline.studio();
    const { id, message } = await song(studio);
    studio.script.transcribe.next(ended("out_of_credit"));
    await studio.deliverBy(HEAVY, [message]);
    studio.script.create.next(running("p1"));
    await studio.run(id);
    const { status, attempt } = await studio.task(id);
    expect(status).toBe("waiting");
    studio.script.get.next(succeeded("p1", { detected_language: "en", segments: [] }));
    const webhook = { ...message, attempt, prediction: "p1" };
    expect(await during(studio, () => studio.deliverBy(ORDINARY, [webhook]))).toEqual(["ack"]);
    expect(await studio.task(id)).toMatchObject({ status: "succeeded" });
  });
});

describe("a heavy task's message that came from the other queue", () => {
  test.each([
    ["an earlier version sent it", {}],
    ["a webhook of an earlier attempt sent it", { attempt: 7, prediction: "p7" }],
  ])("is sent to the heavy queue, and claims nothing: %s", async (_, more) => {
    const studio = pipeline.studio();
    const { id, message } = await song(studio);
    expect(await studio.deliverBy(ORDINARY, [{ ...message, owner: "ada", ...more }])).toEqual(["ack"]);
    expect(await studio.task(id)).toMatchObject(untouched);
    const { project: projectId, task: taskId } = message;
    expect(studio.sent).toEqual([{ projectId, taskId, ownerId: "ada", heavy: true, afterSeconds: 0 }]);
  });

  test("is not sent to the heavy queue once the task is done", async () => {
    const studio = pipeline.studio();
    const { message } = await song(studio);
    studio.script.transcribe.next(ok(heard, 0.0004));
    await studio.deliverBy(HEAVY, [message]);
    expect(await studio.deliverBy(ORDINARY, [message])).toEqual(["ack"]);
    expect(studio.sent).toEqual([]);
  });
});
