/** Projects that an earlier version left in the middle of their work are finished by this version: see test/corpus. */
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LEASE_MS } from "../../src/domain/controller/tasks.ts";
import { Settings } from "../../src/domain/record/record.ts";
import { publicView } from "../../src/domain/views/entities.ts";
import finished from "../corpus/project-finished.1.json" with { type: "json" };
import inTheQueue from "../corpus/project-message-in-the-queue.1.json" with { type: "json" };
import ofUnknownFate from "../corpus/project-order-of-unknown-fate.1.json" with { type: "json" };
import promptInTheQueue from "../corpus/project-prompt-in-the-queue.1.json" with { type: "json" };
import refused from "../corpus/project-refused.1.json" with { type: "json" };
import waitsForClip from "../corpus/project-waits-for-a-clip.1.json" with { type: "json" };
import workerDied from "../corpus/project-worker-died.1.json" with { type: "json" };
import { draft, jpeg, mp4 } from "../support/answers.ts";
import { openPipeline, type Pipeline } from "../support/pipeline.ts";
import { file, ok, running, succeeded } from "../support/providers.ts";
import { type OldRows, rewindTo } from "../support/rewind.ts";

const LEFT = {
  finished,
  "a message in the queue": inTheQueue,
  "an order of unknown fate": ofUnknownFate,
  "a prompt's message in the queue": promptInTheQueue,
  refused,
  "waits for a clip": waitsForClip,
  "its worker died": workerDied,
};

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
  await rewindTo(
    pipeline.db,
    0,
    Object.values(LEFT).map(({ rows }) => rows),
  );
}, 60_000);
afterAll(() => pipeline.close());

interface Left {
  left_at: string;
  rows: OldRows & { projects: { id: string; owner_id: string }[]; tasks: { id: string; attempt: number }[] };
}

/** A studio of this version, a second later, and the newest task of the project. */
function takeOver({ left_at, rows }: Left) {
  const studio = pipeline.studio();
  studio.advance(Date.parse(left_at) + 1_000 - studio.deps.now().getTime());
  const [project] = rows.projects;
  const task = rows.tasks.at(-1);
  if (!project || !task) throw new Error("Nothing was left");
  const id = project.id;
  return {
    studio,
    id,
    person: studio.person({ id, ownerId: project.owner_id }),
    message: { v: 1, project: id, task: task.id },
    task: async () => (await studio.record(id)).tasks.find((t) => t.id === task.id),
  };
}

test.for(Object.entries(LEFT))("%s: the record is read whole, settings included", async ([, left]) => {
  const { studio, id } = takeOver(left);
  const record = await studio.record(id);
  expect(record.project.settings).toEqual(Settings.parse(record.project.settings));
  expect(record.project.settings).toMatchObject(left.rows.projects[0]?.settings ?? {});
  expect(Object.keys(publicView(record).scene)).toHaveLength(1);
});

test("an owner's sums are those of the projects", async () => {
  const { rows } = await pipeline.db.execute(sql`
    select o.reserved_usd = sum(p.reserved_usd) as reserved, o.spent_usd = sum(p.spent_usd) as spent
    from owners o join projects p on p.owner_id = o.id group by o.id`);
  expect(rows).toEqual([{ reserved: true, spent: true }]);
});

test("nothing of a finished film is made again", async () => {
  const { studio, id } = takeOver(finished);
  expect(await studio.plan(id)).toEqual({ changes: [], dispatch: [], wakeAt: null });
});

test("a message that was in the queue starts its task", async () => {
  const { studio, message, task } = takeOver(inTheQueue);
  studio.script.create.next(running("p1"));
  expect(await studio.deliver([message])).toEqual(["ack"]);
  expect(await task()).toMatchObject({ status: "waiting", providerRequestId: "p1" });
});

test("a dead letter fails its task, and the person may start a run to make it", async () => {
  const { studio, id, message, person, task } = takeOver(promptInTheQueue);
  expect(await studio.deadLetters([message])).toEqual(["ack"]);
  expect(await task()).toMatchObject({ status: "failed", error: { code: "undeliverable" } });
  await studio.wake(id);
  await person.run("generate_prompts");
  studio.script.writePrompt.next(ok(draft));
  expect(await studio.run(id)).toEqual(["ack"]);
  expect((await studio.record(id)).prompts).toHaveLength(1);
});

test("a webhook's message that was in the queue collects the clip that was ordered", async () => {
  const { studio, id, message, task } = takeOver(waitsForClip);
  const prediction = waitsForClip.rows.tasks.at(-1)?.provider_request_id;
  studio.script.get.next(succeeded(prediction ?? ""));
  studio.script.openOutput.next(file(mp4));
  expect(await studio.deliver([{ ...message, attempt: 1, prediction }])).toEqual(["ack"]);
  expect(studio.script.get.calls).toEqual([prediction]);
  expect(await task()).toMatchObject({ status: "succeeded", charged: "yes" });
  expect((await studio.record(id)).clips).toMatchObject([{ status: "completed", frames: 120 }]);
  expect((await studio.budget(id)).reserved).toBe(0);
});

test("an order whose answer was lost is found by its webhook, and not repeated", async () => {
  const { studio, id, message, task } = takeOver(ofUnknownFate);
  studio.script.get.next(succeeded("p1"));
  studio.script.openOutput.next(file(jpeg));
  expect(await studio.deliver([{ ...message, attempt: 1, prediction: "p1" }])).toEqual(["ack"]);
  expect(await task()).toMatchObject({ status: "succeeded", providerRequestId: "p1" });
  expect((await studio.record(id)).images).toMatchObject([{ status: "completed" }]);
  expect(studio.script.create.calls).toEqual([]);
});

test("what a dead worker had ordered is searched for, and not ordered again", async () => {
  const { studio, id, task } = takeOver(workerDied);
  studio.script.find.next(running("p1"));
  await studio.run(id, LEASE_MS);
  expect(await task()).toMatchObject({ status: "waiting", attempt: 1, providerRequestId: "p1" });
  expect(studio.script.create.calls).toEqual([]);
});

test("a prompt that was refused is softened", async () => {
  const { studio, id } = takeOver(refused);
  studio.script.softenPrompt.next(ok(draft));
  expect(await studio.run(id)).toEqual(["ack"]);
  const { prompts } = await studio.record(id);
  expect(prompts.map(({ version, softeningLevel }) => [version, softeningLevel]).sort()).toEqual([
    [1, "literal"],
    [2, "implied"],
  ]);
});
