import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOpen, needsDecision, WAIT_LIMIT_MS } from "../../../../src/domain/controller/tasks.ts";
import { failure } from "../../../../src/domain/record/failures.ts";
import { STAGES } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

describe("in every history", () => {
  const Event = fc.oneof(
    { weight: 6, arbitrary: fc.constant("work" as const) },
    { weight: 2, arbitrary: fc.constant("approve" as const) },
    ...(
      [
        "fail",
        "refuse",
        "crash",
        "lose",
        "reject",
        "edit",
        "run",
        "cancel",
        "retry",
        "later",
        "wait",
      ] as const
    ).map((event) => ({
      weight: 1,
      arbitrary: fc.constant(event),
    })),
  );

  /** Plays a history; `pick` chooses the task, stage or image that an event is about. */
  function play(events: (readonly [string, number])[]) {
    const world = new World();
    world.run("assemble_video");
    let inbox = world.wake().dispatched;
    for (const [event, pick] of events) {
      const id = inbox[pick % Math.max(1, inbox.length)];
      const busy =
        id !== undefined && ["pending", "waiting"].includes(world.task(id).status) ? id : undefined;
      switch (event) {
        case "work":
          for (const next of inbox.filter((i) => ["pending", "waiting"].includes(world.task(i).status))) {
            world.claim(next);
            world.succeed(next);
          }
          break;
        case "fail":
          if (busy) world.failTask(busy, failure("worker_lost", "x"));
          break;
        case "refuse":
          if (busy) world.failTask(busy, failure("provider_refused", "It was refused."));
          break;
        case "cancel":
          world.cancel(STAGES[pick % STAGES.length] ?? "transcribe");
          break;
        case "retry": {
          const task = world.record.tasks[pick % Math.max(1, world.record.tasks.length)];
          if (task) world.retry(task.id);
          break;
        }
        case "crash":
          if (busy) world.claim(busy);
          break;
        case "wait":
          if (busy) {
            world.claim(busy);
            world.wait(busy, 5_000);
          }
          break;
        case "lose":
          inbox = [];
          break;
        case "approve":
          world.approveAll();
          break;
        case "reject": {
          const image = world.record.images[pick % Math.max(1, world.record.images.length)];
          if (image) world.decide(image, false);
          break;
        }
        case "edit":
          world.record.project.settings.style = `style ${pick % 3}`;
          break;
        case "run":
          world.run("assemble_video");
          break;
        case "later":
          world.now += (pick % 120) * 1_000;
      }
      inbox = [...inbox, ...world.wake().dispatched];
    }
    return world;
  }
  const History = fc.array(fc.tuple(Event, fc.nat(1_000)), { maxLength: 40 });

  test("every open job has a wake-up in the future", () => {
    fc.assert(
      fc.property(History, (events) => {
        const world = play(events);
        const { wakeAt } = world.wake();
        const open = world.record.jobs.some((j) => j.status === "pending" || j.status === "running");
        if (open) expect(wakeAt?.getTime()).toBeGreaterThan(world.now);
      }),
      { numRuns: 300 },
    );
  });

  test("a stage has at most one open job, which orders nothing twice and has one open task for each subject at most", () => {
    fc.assert(
      fc.property(History, (events) => {
        const { record } = play(events);
        for (const stage of STAGES) {
          const open = record.jobs.filter(
            (j) => j.type === stage && (j.status === "pending" || j.status === "running"),
          );
          expect(open.length).toBeLessThanOrEqual(1);
        }
        const once = record.tasks.map((t) => `${t.jobId}/${t.subject}/${t.inputHash}`);
        expect(new Set(once).size).toBe(once.length);
        const open = record.tasks.filter(isOpen).map((t) => `${t.jobId}/${t.subject}`);
        expect(new Set(open).size).toBe(open.length);
      }),
      { numRuns: 300 },
    );
  });

  test("no two tasks for the same unit are open at once, even in different jobs", () => {
    fc.assert(
      fc.property(History, (events) => {
        const open = play(events)
          .record.tasks.filter(isOpen)
          .map((t) => `${t.type}/${t.subject}/${t.inputHash}`);
        expect(new Set(open).size).toBe(open.length);
      }),
      { numRuns: 300 },
    );
  });

  test("a canceled job has no task left that a worker could start", () => {
    fc.assert(
      fc.property(History, fc.constantFrom(...STAGES), (events, from) => {
        const world = play(events);
        world.cancel(from);
        world.wake();
        const ended = new Set(world.record.jobs.filter((j) => j.status === "canceled").map((j) => j.id));
        for (const task of world.open().filter((t) => ended.has(t.jobId)))
          expect(task.status === "running" || (task.status === "waiting" && task.cancelRequested)).toBe(true);
        const beyond = world.open().filter((t) => STAGES.indexOf(t.type) >= STAGES.indexOf(from));
        expect(beyond.filter((t) => t.status === "pending")).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  test("with working providers and a person who retries and approves, the end is a film", () => {
    fc.assert(
      fc.property(History, (events) => {
        const world = play(events);
        const busy = () => world.record.project.status !== "completed" || world.open().length > 0;
        for (let i = 0; i < 60 && (i === 0 || busy()); i++) {
          world.now += WAIT_LIMIT_MS;
          for (const task of world.record.tasks.filter(needsDecision)) world.retry(task.id);
          world.run("assemble_video");
          world.drain();
          world.approveAll();
        }
        expect(world.record.project.status).toBe("completed");
        expect(world.open()).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("once a plan has no changes, the next one has none either until something happens", () => {
    fc.assert(
      fc.property(History, (events) => {
        const world = play(events);
        world.wake();
        expect(world.plan().changes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
