/** What a retry, a run requested twice and an undo in the middle of a run start, and what they do not. */
import { describe, expect, test } from "vitest";
import { ruledOut, TRIAL_ORDERS } from "../../../../src/domain/controller/model-health.ts";
import { failure } from "../../../../src/domain/record/failures.ts";
import type { Task } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

const SCENES = 12;
const modelFailed = failure("provider_run_failed", "The model could not do it.", { retryable: true });
const attempt = (task: Task, at: number) => ({
  attempt: task.attempt,
  at: new Date(at).toISOString(),
  provider: task.provider,
  model: task.model,
  code: modelFailed.code,
  message: modelFailed.message,
  charged: "no" as const,
});

/** A world with every scene's image, whose run wants all clips; with the clip tasks that were sent. */
function animating(settings: ConstructorParameters<typeof World>[0] = {}): { world: World; sent: Task[] } {
  const world = new World({ autoApprove: true, ...settings });
  world.run("generate_images");
  for (let round = 0; round < 50; round++) {
    const { dispatched } = world.wake();
    if (dispatched.length === 0) break;
    for (const id of dispatched) {
      world.claim(id);
      world.succeed(id, { scenes: SCENES });
    }
    world.now += 100;
  }
  world.run("generate_clips");
  const sent = world.wake().dispatched.map((id) => world.task(id));
  expect(sent).toHaveLength(TRIAL_ORDERS);
  return { world, sent };
}
const clipTasks = (world: World) => world.record.tasks.filter((t) => t.type === "generate_clips");

describe("a retry of a task", () => {
  test("covers only that task: going back to its settings later buys nothing without a run", () => {
    const world = new World({ autoApprove: true });
    world.run("generate_prompts");
    for (const stage of ["transcribe", "analyze_scenes", "generate_prompts"]) {
      for (const id of world.wake().dispatched) {
        expect(world.task(id).type).toBe(stage);
        world.claim(id);
        world.succeed(id, { scenes: 1 });
      }
    }
    world.run("generate_images");
    const [first = ""] = world.wake().dispatched;
    world.claim(first);
    world.failTask(first, failure("provider_invalid_request", "No."));
    world.wake();
    // The person retries it, and it fails again.
    world.retry(first);
    const [again = ""] = world.wake().dispatched;
    world.claim(again);
    world.failTask(again, failure("provider_invalid_request", "No."));
    world.wake();
    expect(world.record.project.status).toBe("failed");
    // Another run with another model makes the image.
    const was = world.record.project.settings;
    world.record.project.settings = {
      ...was,
      imageModel: "black-forest-labs/flux-1.1-pro",
      imageFallbacks: [],
    };
    world.run("generate_images");
    world.drain();
    expect(world.record.project.status).toBe("completed");
    // The person only goes back to the old settings: no run is requested.
    world.record.project.settings = was;
    expect(world.wake().dispatched).toEqual([]);
  });

  test("for one canceled clip does not buy the clips of all other scenes", () => {
    const { world, sent } = animating();
    world.cancel("generate_clips");
    world.wake();
    expect(clipTasks(world).map((t) => t.status)).toEqual(Array(SCENES).fill("canceled"));
    world.now += 1000;
    world.retry(sent[0]?.id ?? "");
    world.wake();
    const open = world.open().filter((t) => t.type === "generate_clips");
    expect(open.map((t) => t.subject)).toEqual([sent[0]?.subject]);
  });

  test("has a model that was ruled out in this run asked again", () => {
    const { world, sent } = animating({ clipFallbacks: [] });
    for (const task of clipTasks(world))
      Object.assign(task, {
        status: "failed",
        error: modelFailed,
        failedAttempts: sent.includes(task) ? [attempt(task, world.now)] : [],
      });
    world.now += 1000;
    world.wake();
    expect(world.record.project.status).toBe("failed");
    world.retry(sent[0]?.id ?? "");
    world.retry(sent[1]?.id ?? "");
    world.wake();
    expect(ruledOut(world.record, { type: "generate_clips", model: sent[0]?.model ?? null })).toBeNull();
    const { world: other, sent: others } = animating({ clipFallbacks: [] });
    for (const task of clipTasks(other))
      Object.assign(task, {
        status: "failed",
        error: modelFailed,
        failedAttempts: [attempt(task, other.now)],
      });
    other.now += 1000;
    other.wake();
    other.retry(others[0]?.id ?? "");
    other.wake();
    expect(ruledOut(other.record, { type: "generate_clips", model: others[0]?.model ?? null })).toBeNull();
  });
});

describe("a run requested again while it is under way", () => {
  const twice = () => {
    const { world, sent } = animating();
    world.run("assemble_video");
    return { world, sent };
  };
  test("sends all orders once a trial order has been delivered", () => {
    const { world, sent } = twice();
    for (const { id } of sent) world.wait(world.claim(id).id, 60_000);
    expect(world.wake().dispatched).toEqual([]);
    world.now += 1_000;
    world.succeed(sent[0]?.id ?? "");
    expect(world.wake().dispatched).toHaveLength(SCENES - TRIAL_ORDERS);
  });
  test("still rules out a model that fails three times in a row", () => {
    const { world, sent } = twice();
    for (const task of sent) {
      world.claim(task.id);
      Object.assign(task, { status: "pending", attempt: 2, failedAttempts: [attempt(task, world.now + 1)] });
    }
    expect(ruledOut(world.record, { type: "generate_clips", model: sent[0]?.model ?? null })).not.toBeNull();
  });
});

describe("undo", () => {
  test("of an edit during a run makes the tasks again that the edit canceled, while other orders are under way", () => {
    const { world, sent } = animating();
    for (const { id } of sent) world.wait(world.claim(id).id, 600_000);
    const was = world.record.project.settings;
    world.record.project.settings = { ...was, clipResolution: "480p" };
    world.wake();
    world.record.project.settings = was;
    world.now += 1000;
    world.wake();
    const open = world.open().filter((t) => t.type === "generate_clips");
    expect(open).toHaveLength(SCENES);
  });
});
