import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { projects } from "../../../src/db/schema.ts";
import { LEASE_MS, WAIT_LIMIT_MS } from "../../../src/domain/controller/tasks.ts";
import { failure } from "../../../src/domain/record/failures.ts";
import { draft, jpeg } from "../../support/answers.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import {
  canceled,
  ended,
  file,
  ok,
  refusedAt,
  retry,
  running,
  succeeded,
  useless,
} from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline({ anyStatement: true });
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;

/** Two projects of one owner; images are wanted in each. */
async function twoProjects(studio: Studio, scenes: number) {
  const ownerId = `owner-${studio.deps.newId()}`;
  const one = await staged(studio, "generate_images", { scenes, ownerId });
  const two = await staged(studio, "generate_images", { scenes, ownerId });
  return { ownerId, one, two };
}

/** Orders everything that these projects want. */
async function orderAll(studio: Studio, ...ids: string[]) {
  studio.script.create.always(() => running("p"));
  for (const id of ids) await studio.run(id);
}

const refused = async (studio: Studio, id: string) =>
  (await studio.record(id)).tasks.filter((t) => t.error?.code === "budget_exceeded");

describe("the owner's budget", () => {
  test("holds over all their projects, though each has enough of its own", async () => {
    const studio = pipeline.studio();
    const { ownerId, one, two } = await twoProjects(studio, 2);
    await studio.allow(ownerId, 3 * IMAGE_USD);
    await orderAll(studio, one.id, two.id);
    expect(studio.script.create.calls).toHaveLength(3);
    expect(await refused(studio, one.id)).toEqual([]);
    expect(await refused(studio, two.id)).toMatchObject([
      {
        status: "failed",
        claimedAt: null,
        charged: "no",
        error: { nextAction: expect.stringContaining("account") },
      },
    ]);
    expect(await studio.account(ownerId)).toEqual({ reserved: 0.009, spent: 0 });
  });

  test("counts what they spent in deleted projects", async () => {
    const studio = pipeline.studio();
    const { ownerId, one, two } = await twoProjects(studio, 1);
    await studio.allow(ownerId, 1.5 * IMAGE_USD);
    await orderAll(studio, one.id);
    await studio.person(one).remove();
    await orderAll(studio, two.id);
    expect(await refused(studio, two.id)).toHaveLength(1);
  });

  test("is the operator's default where they have none of their own, and their own where they have", async () => {
    const studio = pipeline.studio({ ownerBudgetUsd: 1.5 * IMAGE_USD });
    const poor = await staged(studio, "generate_images", { scenes: 2 });
    const rich = await staged(studio, "generate_images", { scenes: 2 });
    await studio.allow(rich.ownerId, 1);
    await orderAll(studio, poor.id, rich.id);
    expect(await refused(studio, poor.id)).toHaveLength(1);
    expect(await refused(studio, rich.id)).toEqual([]);
  });

  test("does not stop what costs nothing", async () => {
    const studio = pipeline.studio({ ownerBudgetUsd: 0 });
    const { id } = await staged(studio, "assemble_video");
    const { media } = studio.deps;
    const why = failure("clip_unreadable", "No.");
    studio.deps.media = { ...media, assembleFilm: async () => ({ ok: false, failure: why }) };
    await studio.run(id);
    expect(await studio.task(id)).toMatchObject({ error: { code: "clip_unreadable" } });
  });

  test("once raised, lets a new run make what it had refused", async () => {
    const studio = pipeline.studio();
    const { ownerId, one } = await twoProjects(studio, 1);
    await studio.allow(ownerId, 0);
    await orderAll(studio, one.id);
    expect(studio.script.create.calls).toEqual([]);
    await studio.allow(ownerId, 1);
    expect(await studio.run(one.id, 3_600_000)).toEqual([]);
    await studio.person(one).run("generate_images");
    await studio.run(one.id);
    expect(studio.script.create.calls).toHaveLength(1);
  });
});

describe("the limit of all owners for a day", () => {
  const deployment = (dailyBudgetUsd: number | null) => {
    const studio = pipeline.studio();
    studio.deps.config = { ...studio.deps.config, dailyBudgetUsd };
    studio.deps.spentToday = () => studio.deps.reader.spentToday();
    return studio;
  };

  test("stops new orders of everybody once it is reached, with a reason and what to do, and orders nothing", async () => {
    const studio = deployment(1);
    studio.deps.spentToday = async () => 1 - IMAGE_USD / 2;
    const project = await staged(studio, "generate_images", { scenes: 2 });
    const { id, ownerId } = project;
    await orderAll(studio, id);
    expect(studio.script.create.calls).toEqual([]);
    const { tasks } = await studio.record(id);
    for (const task of tasks.filter((t) => t.type === "generate_images"))
      expect(task).toMatchObject({
        status: "failed",
        charged: "no",
        error: { code: "daily_budget_exceeded", nextAction: expect.stringContaining("tomorrow") },
      });
    expect(await studio.account(ownerId)).toEqual({ reserved: 0, spent: 0 });
    expect(studio.logged).toContain("daily_budget_reached");

    studio.deps.spentToday = async () => 0;
    await studio.person(project).run("generate_images");
    await orderAll(studio, id);
    expect(studio.script.create.calls).toHaveLength(2);
  });

  test("is not asked for where the operator wrote that there is none, nor by what costs nothing", async () => {
    const studio = deployment(null);
    studio.deps.spentToday = () => Promise.reject(new Error("not asked"));
    const { id } = await staged(studio, "generate_images", { scenes: 1 });
    await orderAll(studio, id);
    expect(studio.script.create.calls).toHaveLength(1);
  });
});

describe("a project that is deleted", () => {
  test("leaves what it had spent and reserved in its owner's account, as spent", async () => {
    const studio = pipeline.studio();
    const { ownerId, one, two } = await twoProjects(studio, 2);
    await orderAll(studio, one.id, two.id);
    const [task] = await studio.tasksOf(one.id, "generate_images");
    studio.script.get.next(succeeded("x"));
    studio.script.openOutput.next(file(jpeg));
    studio.advance(5_000);
    await studio.deliver([{ v: 1, project: one.id, task: task?.id }]);
    expect(await studio.account(ownerId)).toEqual({ reserved: 0.009, spent: IMAGE_USD });
    expect(await studio.person(one).remove()).toBe(true);
    expect(await studio.account(ownerId)).toEqual({ reserved: 2 * IMAGE_USD, spent: 2 * IMAGE_USD });
    expect(await studio.person(one).remove()).toBe(false);
    expect(await studio.account(ownerId)).toEqual({ reserved: 2 * IMAGE_USD, spent: 2 * IMAGE_USD });
  });

  test("while a worker runs one of its tasks: nothing is counted twice", async () => {
    const studio = pipeline.studio();
    const project = await staged(studio, "generate_prompts");
    const estimated: number[] = [];
    studio.script.writePrompt.next(async () => {
      estimated.push((await studio.task(project.id)).costEstimatedUsd);
      await studio.person(project).remove();
      return ok(draft, 0.001);
    });
    expect(await studio.run(project.id)).toEqual(["ack"]);
    expect(await studio.account(project.ownerId)).toEqual({ reserved: 0, spent: estimated[0] });
  });
});

describe("whatever happens", () => {
  const answers = {
    accept: () => running("p"),
    refuse: () => ended("refused"),
    decline: () => ended("invalid"),
    poor: () => ended("out_of_credit"),
    lose: () => ended("unknown"),
    busy: () => retry("provider_throttled", 1),
    down: () => retry("provider_unavailable"),
  };
  const looks = {
    running: () => running("p"),
    done: () => succeeded("p"),
    stopped: () => canceled("p", 2),
    gone: () => ok(null),
  };
  const words = {
    made: () => ok(draft, 0.0011),
    useless: () => useless(0.0007),
    refused: () => refusedAt(0.0005),
    lost: () => ended("unknown"),
  };
  const oneOf = <T extends object>(table: T) => fc.constantFrom(...(Object.keys(table) as (keyof T)[]));
  const Event = fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant("work" as const),
        late: fc.nat(3),
        create: oneOf(answers),
        look: oneOf(looks),
        write: oneOf(words),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constantFrom(
          "cancel" as const,
          "run" as const,
          "retry" as const,
          "crash" as const,
          "budget" as const,
        ),
        which: fc.nat(1),
      }),
    },
  );
  const LATER = [0, 6_000, LEASE_MS, WAIT_LIMIT_MS + 1];

  test("an owner's money is the sum over their projects, and what is reserved is what is under way", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(Event, { minLength: 3, maxLength: 9 }), async (events) => {
        const studio = pipeline.studio();
        const ownerId = `owner-${studio.deps.newId()}`;
        const both = [
          await staged(studio, "generate_images", { ownerId, scenes: 2, promptsBy: "director" }),
          await staged(studio, "generate_prompts", { ownerId, scenes: 2, target: "generate_images" }),
        ];
        for (const event of events) {
          if (event.do === "work") {
            const { create, get, find, cancel, writePrompt, softenPrompt, openOutput } = studio.script;
            create.always(answers[event.create]);
            for (const list of [get, cancel, find]) list.always(looks[event.look]);
            for (const list of [writePrompt, softenPrompt]) list.always(words[event.write]);
            openOutput.always(() => file(jpeg));
            studio.advance(LATER[event.late] ?? 0);
            for (const { id } of both) await studio.run(id);
          } else {
            const project = both[event.which];
            if (!project) continue;
            const person = studio.person(project);
            const { tasks } = await studio.record(project.id);
            if (event.do === "cancel") await person.cancel("generate_prompts");
            else if (event.do === "run") await person.run("generate_images");
            else if (event.do === "budget") await person.set({ budgetUsd: 0.01 });
            else if (event.do === "retry") for (const task of tasks) await person.retryTask(task.id);
            else
              for (const task of tasks)
                await studio.deps.store.claim({ projectId: project.id, taskId: task.id });
          }
          await accounts(studio, ownerId, both);
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);

  async function accounts(studio: Studio, ownerId: string, both: { id: string }[]) {
    const rows = await studio.db.select().from(projects).where(eq(projects.ownerId, ownerId));
    const sum = (usd: number[]) => usd.reduce((a, b) => a + b, 0);
    const account = await studio.account(ownerId);
    expect(account.reserved).toBeCloseTo(sum(rows.map((p) => p.reservedUsd)), 6);
    expect(account.spent).toBeCloseTo(sum(rows.map((p) => p.spentUsd)), 6);
    for (const { id } of both) {
      const { tasks, project } = await studio.record(id);
      const held = tasks.filter((t) => t.status === "running" || t.status === "waiting");
      expect(project.reservedUsd).toBeCloseTo(sum(held.map((t) => t.costEstimatedUsd)), 6);
    }
  }
});

test("a price finer than a millionth of a dollar is rounded in the same way in both rows", async () => {
  const studio = pipeline.studio();
  const { id, ownerId } = await staged(studio, "generate_images");
  const [message] = await studio.wake(id);
  const task = await studio.claimed(id, message?.task ?? "");
  await studio.deps.store.settle(task, {
    set: { status: "succeeded" },
    reservation: { kind: "spend", usd: 0.0012345678 },
    facts: [],
  });
  expect(await studio.account(ownerId)).toEqual({ reserved: 0, spent: 0.001235 });
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.001235 });
});
