import { describe, expect, test } from "vitest";
import { LEASE_MS, REDISPATCH_MS, WAIT_LIMIT_MS } from "../../../../src/domain/controller/tasks.ts";
import { failure } from "../../../../src/domain/record/failures.ts";
import { type Settings, STAGES } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

const stagesOf = (world: World) => world.record.jobs.map((j) => `${j.type}:${j.status}`);

describe("the way to a film", () => {
  test("nothing happens without a target", () => {
    const world = new World();
    expect(world.wake()).toEqual({ dispatched: [], wakeAt: null });
    expect(world.record.project.status).toBe("ready");
  });

  test("a project without a song is a draft, whatever its target", () => {
    const world = new World({}, null);
    world.run("assemble_video");
    expect(world.wake().dispatched).toEqual([]);
    expect(world.record.project.status).toBe("draft");
  });

  test.each(STAGES.slice(0, 4).map((s, i) => [s, i] as const))(
    "a target of %s ends there",
    (stage, index) => {
      const world = new World();
      world.run(stage);
      world.drain();
      expect(stagesOf(world)).toEqual(STAGES.slice(0, index + 1).map((s) => `${s}:completed`));
      expect(world.record.project.status).toBe("completed");
    },
  );

  test("images wait for approval, then clips do, then the film is made", () => {
    const world = new World();
    world.run("assemble_video");
    world.drain();
    expect(world.record.project.status).toBe("awaiting_approval");
    expect(world.record.clips).toEqual([]);
    world.approveAll();
    world.drain();
    expect(world.record.project.status).toBe("awaiting_approval");
    expect(world.record.films).toEqual([]);
    world.approveAll();
    world.drain();
    expect(world.record.project.status).toBe("completed");
    expect(world.record.films).toHaveLength(1);
  });

  test("a run that ends with the images waits for the approval of none", () => {
    const world = new World();
    world.run("generate_images");
    world.drain();
    const [first] = world.record.images;
    if (!first) throw new Error("no image");
    // The others are stale now, and only the next run makes them anew.
    first.origin = "uploaded";
    world.record.project.settings.imageModel = "black-forest-labs/flux-dev";
    world.wake();
    expect(world.record.project.status).toBe("ready");
    world.record.project.targetStage = "generate_clips";
    world.wake();
    expect(world.record.project.status).toBe("awaiting_approval");
  });

  test("auto_approve approves images and clips", () => {
    const world = new World({ autoApprove: true });
    world.run("assemble_video");
    world.drain();
    expect(world.record.project.status).toBe("completed");
  });

  test("a scene whose image is approved does not wait for the others", () => {
    const world = new World();
    world.run("assemble_video");
    world.drain();
    const [first] = world.record.images;
    if (!first) throw new Error("no image");
    world.decide(first, true);
    world.drain();
    expect(world.record.clips.map((c) => c.sceneId)).toEqual([first.sceneId]);
    expect(world.record.project.status).toBe("awaiting_approval");
  });

  test("rejecting an image has another one made, and its clip only after a new approval", () => {
    const world = new World();
    world.run("assemble_video");
    world.drain();
    const [first] = world.record.images;
    if (!first) throw new Error("no image");
    world.decide(first, false);
    world.drain();
    expect(world.record.images.filter((i) => i.sceneId === first.sceneId)).toHaveLength(2);
    expect(world.record.clips).toEqual([]);
  });

  test("the work of one stage is sent to the workers all at once", () => {
    const world = new World();
    world.run("generate_prompts");
    for (const stage of ["transcribe", "analyze_scenes"]) {
      const [id] = world.wake().dispatched;
      if (!id) throw new Error(stage);
      world.succeed(id, { scenes: 12 });
    }
    expect(world.wake().dispatched).toHaveLength(12);
  });
});

describe("staleness", () => {
  const finished = () => {
    const world = new World({ autoApprove: true });
    world.run("assemble_video");
    world.drain();
    return world;
  };

  test("a completed project has an empty plan", () => {
    const world = finished();
    expect(world.plan()).toEqual({ changes: [], dispatch: [], wakeAt: null });
  });

  test("another clip model has the clips and the film made again, and nothing before them", () => {
    const world = finished();
    world.record.project.settings.clipModel = "bytedance/seedance-1-pro";
    const before = world.claims.length;
    world.run("assemble_video");
    world.drain();
    const redone = new Set(world.claims.slice(before).map((c) => c.stage));
    expect(redone).toEqual(new Set(["generate_clips", "assemble_video"]));
  });

  test("an approval is voided once its image is no longer its scene's", () => {
    const world = new World();
    world.run("generate_clips");
    world.drain();
    world.approveAll();
    world.record.project.settings.imageModel = "black-forest-labs/flux-dev";
    world.run("generate_clips");
    world.drain();
    expect(world.record.approvals.every((a) => a.voidedAt && a.voidedReason)).toBe(true);
    expect(world.record.project.status).toBe("awaiting_approval");
    expect(world.record.clips).toEqual([]);
  });

  test("pending tasks whose inputs an edit changed are canceled before anything is bought", () => {
    const world = new World();
    world.run("generate_images");
    for (let i = 0; i < 2; i++) for (const id of world.wake().dispatched) world.succeed(id);
    for (const id of world.wake().dispatched) world.succeed(id);
    const sent = world.wake().dispatched;
    expect(sent).toHaveLength(3);
    world.record.project.settings.imageModel = "black-forest-labs/flux-dev";
    world.wake();
    expect(sent.map((id) => world.task(id).status)).toEqual(["canceled", "canceled", "canceled"]);
    expect(world.open()).toEqual([]);
  });
});

describe("failure", () => {
  const oneFails = () => {
    const world = new World();
    world.run("generate_prompts");
    for (let i = 0; i < 2; i++) for (const id of world.wake().dispatched) world.succeed(id);
    const [first, ...others] = world.wake().dispatched;
    if (!first) throw new Error("no task");
    world.failTask(first, failure("provider_invalid_request", "The provider refused it."));
    for (const id of others) world.succeed(id);
    world.wake();
    return { world, first };
  };

  test("one failed scene fails the job, says which, and the others are done", () => {
    const { world, first } = oneFails();
    const job = world.record.jobs.find((j) => j.type === "generate_prompts");
    expect(job?.status).toBe("failed");
    expect(job?.error?.message).toContain("1 of 3 failed");
    expect(job?.result).toEqual({
      failed: [
        {
          task_id: first,
          scene_id: world.task(first).subject,
          code: "provider_invalid_request",
          message: "The provider refused it.",
        },
      ],
    });
    expect(world.record.prompts).toHaveLength(2);
    expect(world.record.project.status).toBe("failed");
  });

  test("a failed task is not tried again without a request", () => {
    const { world } = oneFails();
    world.now += 3_600_000;
    expect(world.wake().dispatched).toEqual([]);
  });

  test("a new run makes only what failed", () => {
    const { world, first } = oneFails();
    const subject = world.task(first).subject;
    world.run("generate_prompts");
    expect(world.wake().dispatched.map((id) => world.task(id).subject)).toEqual([subject]);
  });

  /** A run whose first task, the transcription, is claimed by a worker that then falls silent. */
  function silentTranscriber(settings: Partial<Settings> = {}) {
    const world = new World(settings);
    world.run("transcribe");
    const [id] = world.wake().dispatched;
    if (!id) throw new Error("no task");
    world.claim(id);
    const { wakeAt } = world.wake();
    expect(wakeAt?.getTime()).toBeGreaterThanOrEqual(world.now + LEASE_MS);
    world.now += LEASE_MS + 1;
    return { world, id, dispatched: world.wake().dispatched };
  }

  test("when a lease ends during a paid call, its task fails, and only a retry by the person repeats it", () => {
    const { world, id } = silentTranscriber();
    expect(world.task(id)).toMatchObject({
      status: "failed",
      attempt: 1,
      charged: "unknown",
      error: { code: "outcome_unknown" },
    });
    expect(world.record.project.status).toBe("failed");
    world.run("transcribe");
    expect(world.wake().dispatched).toEqual([]);
    world.retry(id);
    expect(world.wake().dispatched).toHaveLength(1);
  });

  test("the settings may allow repeating it, up to a price", () => {
    const { world, id, dispatched } = silentTranscriber({ repeatUnknownUpToUsd: 1 });
    expect(world.task(id)).toMatchObject({
      status: "pending",
      attempt: 2,
      supplierFailures: 1,
      charged: "unknown",
    });
    expect(dispatched).toEqual([]);
    world.now += 120_000;
    expect(world.wake().dispatched).toEqual([id]);
  });

  test("when a lease ends during work at Replicate, the provider is polled and nothing is ordered again", () => {
    const world = new World();
    world.run("generate_images");
    for (let i = 0; i < 3; i++) for (const id of world.wake().dispatched) world.succeed(id);
    const [id] = world.wake().dispatched;
    if (!id) throw new Error("no task");
    world.claim(id);
    world.now += LEASE_MS + 1;
    expect(world.wake().dispatched).toContain(id);
    expect(world.task(id)).toMatchObject({ status: "waiting", attempt: 1 });
  });

  test("a prediction that never ends is given up with an unknown outcome", () => {
    const world = new World();
    world.run("generate_images");
    for (let i = 0; i < 3; i++) for (const id of world.wake().dispatched) world.succeed(id);
    const [id] = world.wake().dispatched;
    if (!id) throw new Error("no task");
    world.claim(id);
    world.wait(id, 5_000);
    world.now += WAIT_LIMIT_MS + 1;
    world.wake();
    expect(world.task(id)).toMatchObject({
      status: "failed",
      charged: "unknown",
      error: { code: "outcome_unknown", message: expect.stringContaining("may have been charged") },
    });
  });

  test("a lost message is sent again", () => {
    const world = new World();
    world.run("transcribe");
    const [id] = world.wake().dispatched;
    world.now += REDISPATCH_MS - 1;
    expect(world.wake().dispatched).toEqual([]);
    world.now += 1;
    expect(world.wake().dispatched).toEqual([id]);
  });
});
