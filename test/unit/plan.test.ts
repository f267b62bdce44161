import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { STAGES } from "../../src/domain/record.ts";
import { failure, LEASE_MS, REDISPATCH_MS, WAIT_LIMIT_MS } from "../../src/domain/tasks.ts";
import { World } from "../support/record.ts";

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

  test("auto_approve opens the gates", () => {
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
    world.judge(first, true);
    world.drain();
    expect(world.record.clips.map((c) => c.sceneId)).toEqual([first.sceneId]);
    expect(world.record.project.status).toBe("awaiting_approval");
  });

  test("turning an image down draws another, and its clip only after a new approval", () => {
    const world = new World();
    world.run("assemble_video");
    world.drain();
    const [first] = world.record.images;
    if (!first) throw new Error("no image");
    world.judge(first, false);
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

  test("a finished project asks for nothing", () => {
    const world = finished();
    expect(world.look()).toEqual({ changes: [], dispatch: [], wakeAt: null });
  });

  test("another clip model redoes the clips and the film, and nothing before them", () => {
    const world = finished();
    world.record.project.settings.clipModel = "bytedance/seedance-1-pro";
    const before = world.claims.length;
    world.drain();
    const redone = new Set(world.claims.slice(before).map((c) => c.stage));
    expect(redone).toEqual(new Set(["generate_clips", "assemble_video"]));
  });

  test("an approval is void once its image is not the one of the scene any more", () => {
    const world = new World();
    world.run("generate_clips");
    world.drain();
    world.approveAll();
    world.record.project.settings.imageModel = "black-forest-labs/flux-dev";
    world.drain();
    expect(world.record.approvals.every((a) => a.voidedAt && a.voidedReason)).toBe(true);
    expect(world.record.project.status).toBe("awaiting_approval");
    expect(world.record.clips).toEqual([]);
  });

  test("waiting work that an edit made pointless is withdrawn before it is bought", () => {
    const world = new World();
    world.run("generate_images");
    for (let i = 0; i < 2; i++) for (const id of world.wake().dispatched) world.succeed(id);
    for (const id of world.wake().dispatched) world.succeed(id);
    const sent = world.wake().dispatched;
    expect(sent).toHaveLength(3);
    world.record.project.settings.imageModel = "black-forest-labs/flux-dev";
    world.wake();
    expect(sent.map((id) => world.task(id).status)).toEqual(["canceled", "canceled", "canceled"]);
    expect(world.open()).toHaveLength(3);
  });
});

describe("failure", () => {
  const oneFails = () => {
    const world = new World();
    world.run("generate_prompts");
    for (let i = 0; i < 2; i++) for (const id of world.wake().dispatched) world.succeed(id);
    const [first, ...others] = world.wake().dispatched;
    if (!first) throw new Error("no task");
    world.failTask(first, failure("refused", "The provider refused it."));
    for (const id of others) world.succeed(id);
    world.wake();
    return { world, first };
  };

  test("one failed scene fails the job, says which, and the others are done", () => {
    const { world } = oneFails();
    const job = world.record.jobs.find((j) => j.type === "generate_prompts");
    expect(job?.status).toBe("failed");
    expect(job?.error?.message).toContain("1 of 3 failed");
    expect(world.record.prompts).toHaveLength(2);
    expect(world.record.project.status).toBe("failed");
  });

  test("a failure is not tried again by itself", () => {
    const { world } = oneFails();
    world.now += 3_600_000;
    expect(world.wake().dispatched).toEqual([]);
  });

  test("asking for a run again tries only what failed", () => {
    const { world, first } = oneFails();
    const subject = world.task(first).subject;
    world.run("generate_prompts");
    expect(world.wake().dispatched.map((id) => world.task(id).subject)).toEqual([subject]);
  });

  test("a silent worker is taken for dead when its lease ends, and its attempt is not repeated under the same number", () => {
    const world = new World();
    world.run("transcribe");
    const [id] = world.wake().dispatched;
    if (!id) throw new Error("no task");
    world.claim(id);
    const { wakeAt } = world.wake();
    expect(wakeAt?.getTime()).toBeGreaterThanOrEqual(world.now + LEASE_MS);
    world.now += LEASE_MS + 1;
    world.wake();
    expect(world.task(id)).toMatchObject({ status: "pending", attempt: 2, charged: "unknown" });
  });

  test("a dead worker whose work is at Replicate leads to a look at the provider, never to another order", () => {
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

  test("a prediction that never ends fails with a reason", () => {
    const world = new World();
    world.run("generate_images");
    for (let i = 0; i < 3; i++) for (const id of world.wake().dispatched) world.succeed(id);
    const [id] = world.wake().dispatched;
    if (!id) throw new Error("no task");
    world.claim(id);
    world.wait(id, 5_000);
    world.now += WAIT_LIMIT_MS + 1;
    world.wake();
    expect(world.task(id)).toMatchObject({ status: "failed", error: { code: "provider_timeout" } });
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

describe("whatever happens", () => {
  const Event = fc.oneof(
    { weight: 6, arbitrary: fc.constant("work" as const) },
    { weight: 2, arbitrary: fc.constant("approve" as const) },
    ...(["fail", "crash", "lose", "reject", "edit", "run", "later", "wait"] as const).map((event) => ({
      weight: 1,
      arbitrary: fc.constant(event),
    })),
  );

  /** Plays a history: `pick` chooses among what is there. */
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
          if (busy) world.failTask(busy, failure("x", "x"));
          break;
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
          if (image) world.judge(image, false);
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

  test("one stage has at most one open job, and a job one task for each subject", () => {
    fc.assert(
      fc.property(History, (events) => {
        const { record } = play(events);
        for (const stage of STAGES) {
          const open = record.jobs.filter(
            (j) => j.type === stage && (j.status === "pending" || j.status === "running"),
          );
          expect(open.length).toBeLessThanOrEqual(1);
        }
        const keys = record.tasks.map((t) => `${t.jobId}/${t.subject}`);
        expect(new Set(keys).size).toBe(keys.length);
      }),
      { numRuns: 300 },
    );
  });

  test("left alone with working providers and a patient person, every history ends in a film", () => {
    fc.assert(
      fc.property(History, (events) => {
        const world = play(events);
        for (let i = 0; i < 60 && world.record.project.status !== "completed"; i++) {
          world.now += WAIT_LIMIT_MS;
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

  test("a plan that was applied asks for nothing more until something happens", () => {
    fc.assert(
      fc.property(History, (events) => {
        const world = play(events);
        world.wake();
        expect(world.look().changes).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
