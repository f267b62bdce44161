import { describe, expect, test } from "vitest";
import { WAIT_LIMIT_MS } from "../../../../src/domain/controller/tasks.ts";
import { failure } from "../../../../src/domain/record/failures.ts";
import type { Settings, Stage } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

/** A world with everything made that comes before the images, whose tasks are sent to workers. */
function drawing(settings: Partial<Settings> = {}, target: Stage = "assemble_video") {
  const world = new World({ autoApprove: true, ...settings });
  world.run(target);
  for (let i = 0; i < 3; i++) for (const id of world.wake().dispatched) world.succeed(id);
  const { dispatched } = world.wake();
  return { world, dispatched };
}
const jobOf = (world: World, type: Stage) => world.record.jobs.findLast((j) => j.type === type);

describe("canceling a stage", () => {
  test("cancels tasks that have not begun, and asks no provider to stop", () => {
    const { world, dispatched } = drawing();
    world.cancel("generate_images");
    expect(world.wake().dispatched).toEqual([]);
    expect(dispatched.map((id) => world.task(id))).toMatchObject(
      Array(3).fill({ status: "canceled", cancelRequested: false, error: { code: "canceled" } }),
    );
    expect(jobOf(world, "generate_images")?.status).toBe("canceled");
    expect(world.record.project.status).toBe("completed");
  });

  test("polls orders under way at once, with the request to stop them", () => {
    const { world, dispatched } = drawing();
    for (const id of dispatched) {
      world.claim(id);
      world.wait(id, 5_000);
    }
    world.cancel("generate_images");
    expect(world.wake().dispatched.toSorted()).toEqual(dispatched.toSorted());
    expect(dispatched.map((id) => world.task(id))).toMatchObject(
      Array(3).fill({ status: "waiting", cancelRequested: true }),
    );
  });

  test("does not interrupt a worker, but requests to stop its order as soon as there is one", () => {
    const { world, dispatched } = drawing();
    const [id = ""] = dispatched;
    world.claim(id);
    world.cancel("generate_images");
    world.wake();
    expect(world.task(id)).toMatchObject({ status: "running", cancelRequested: false });
    world.wait(id, 5_000);
    expect(world.wake().dispatched).toContain(id);
    expect(world.task(id)).toMatchObject({ status: "waiting", cancelRequested: true });
  });

  test("keeps a result that comes all the same, and the job stays canceled", () => {
    const { world, dispatched } = drawing();
    const [id = "", ...others] = dispatched;
    world.claim(id);
    world.cancel("generate_images");
    world.wake();
    world.succeed(id);
    world.wake();
    expect(jobOf(world, "generate_images")).toMatchObject({ status: "canceled" });
    world.run("generate_images");
    const again = world.wake().dispatched.map((next) => world.task(next).subject);
    expect(again.toSorted()).toEqual(others.map((other) => world.task(other).subject).toSorted());
  });

  test("lets nothing be ordered again while the canceled order has not ended", () => {
    const { world, dispatched } = drawing({}, "generate_images");
    for (const id of dispatched) {
      world.claim(id);
      world.wait(id, 5_000);
    }
    world.cancel("generate_images");
    world.wake();
    world.run("generate_images");
    world.wake();
    expect(world.record.tasks.filter((t) => t.type === "generate_images")).toHaveLength(3);
    for (const id of dispatched) Object.assign(world.task(id), { status: "canceled", leaseUntil: null });
    expect(world.wake().dispatched).toHaveLength(3);
  });

  test("lets the stages before it finish and go no further", () => {
    const { world, dispatched } = drawing();
    world.cancel("generate_clips");
    expect(world.record.project.targetStage).toBe("generate_images");
    for (const id of dispatched) {
      world.claim(id);
      world.succeed(id);
    }
    expect(world.wake().dispatched).toEqual([]);
    expect(jobOf(world, "generate_images")?.status).toBe("completed");
    expect(world.record.clips).toEqual([]);
    expect(world.record.project.status).toBe("completed");
  });

  test("gives up an order that never ends, as canceled", () => {
    const { world, dispatched } = drawing();
    const [id = ""] = dispatched;
    world.claim(id);
    world.wait(id, 5_000);
    world.cancel("generate_images");
    world.wake();
    world.now += WAIT_LIMIT_MS + 1;
    world.wake();
    expect(world.task(id)).toMatchObject({ status: "canceled", charged: "unknown" });
  });
});

describe("a refused image", () => {
  const REFUSED = failure("provider_refused", "The model refused the content.");
  const levels = (world: World, subject: string) =>
    world.record.prompts.filter((p) => p.sceneId === subject).map((p) => p.softeningLevel);

  /** Runs to the images; the first scene's is refused `times` times, and everything else succeeds. */
  function refusing(times: number, settings: Partial<Settings> = {}) {
    const { world, dispatched } = drawing(settings, "generate_images");
    const subject = world.task(dispatched[0] ?? "").subject;
    let inbox = dispatched;
    let left = times;
    for (let i = 0; i < 20 && inbox.length > 0; i++) {
      for (const id of inbox) {
        world.claim(id);
        const { type, subject: scene } = world.task(id);
        if (type === "generate_images" && scene === subject && left-- > 0) world.failTask(id, REFUSED);
        else world.succeed(id);
      }
      inbox = world.wake().dispatched;
    }
    return { world, subject };
  }

  test("is made from a softened prompt, in the same job, which completes", () => {
    const { world, subject } = refusing(1);
    expect(levels(world, subject)).toEqual(["literal", "implied"]);
    expect(jobOf(world, "generate_images")).toMatchObject({
      status: "completed",
      payload: { tasks: { total: 3, succeeded: 3, failed: 0 } },
    });
    expect(world.record.jobs.filter((j) => j.type === "generate_images")).toHaveLength(1);
    expect(world.record.project.status).toBe("completed");
  });

  test("goes through every softening level, and then fails with the reason", () => {
    const { world, subject } = refusing(9);
    expect(levels(world, subject)).toEqual(["literal", "implied", "symbolic"]);
    expect(world.claims.filter((c) => c.stage === "generate_images" && c.subject === subject)).toHaveLength(
      3,
    );
    expect(jobOf(world, "generate_images")).toMatchObject({
      status: "failed",
      error: { code: "provider_refused" },
      result: { failed: [{ scene_id: subject, code: "provider_refused" }] },
    });
    expect(world.record.project.status).toBe("failed");
  });

  test("is left to the person if they wrote the prompt or switched softening off", () => {
    expect(refusing(1, { softenRefused: false }).world.record.prompts).toHaveLength(3);
    const { world, dispatched } = drawing({}, "generate_images");
    for (const prompt of world.record.prompts) prompt.edited = true;
    for (const id of dispatched) {
      world.claim(id);
      world.failTask(id, REFUSED);
    }
    expect(world.wake().dispatched).toEqual([]);
    expect(world.record.project.status).toBe("failed");
  });
});
