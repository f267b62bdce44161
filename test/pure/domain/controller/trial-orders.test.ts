/** Trial orders and clip sizes: what a project learns about its models, and does accordingly. */
import { describe, expect, test } from "vitest";
import { currentOf } from "../../../../src/domain/controller/current.ts";
import { TRIAL_ORDERS } from "../../../../src/domain/controller/model-health.ts";
import { suppliersOf } from "../../../../src/domain/controller/suppliers.ts";
import type { Task } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

const SCENES = 12;

/** A world in which every scene's image is approved and its clip wanted. */
function animating(): World {
  const world = new World({ autoApprove: true });
  world.run("generate_clips");
  for (let round = 0; round < 12; round++) {
    const { dispatched } = world.wake();
    for (const task of dispatched.map((id) => world.task(id))) {
      if (task.type === "generate_clips") task.dispatchedAt = null;
      else world.succeed(world.claim(task.id).id, { scenes: SCENES });
    }
    if (world.record.images.length === SCENES) return world;
  }
  throw new Error("No clip is made");
}
const sentBy = (world: World): Task[] => world.wake().dispatched.map((id) => world.task(id));

describe("a model that has delivered nothing in this run", () => {
  test("gets a few trial orders, and all others once one of them is delivered", () => {
    const world = animating();
    const first = sentBy(world);
    expect(first).toHaveLength(TRIAL_ORDERS);
    for (const { id } of first) world.wait(world.claim(id).id, 60_000);
    expect(sentBy(world)).toEqual([]);
    world.now += 1_000;
    world.succeed(first[0]?.id ?? "");
    expect(sentBy(world)).toHaveLength(SCENES - TRIAL_ORDERS);
  });

  test("gets further trial orders after five minutes", () => {
    const world = animating();
    for (const { id } of sentBy(world)) world.wait(world.claim(id).id, 3_600_000);
    const { dispatched, wakeAt } = world.wake();
    expect(dispatched).toEqual([]);
    expect(wakeAt?.getTime()).toBe(world.now + 300_000);
    world.now += 300_000;
    expect(sentBy(world)).toHaveLength(TRIAL_ORDERS);
  });

  test("counts a lost message as a trial order only until it is sent again", () => {
    const world = animating();
    expect(sentBy(world)).toHaveLength(TRIAL_ORDERS);
    expect(sentBy(world)).toEqual([]);
    world.now += 30_000;
    expect(sentBy(world)).toHaveLength(TRIAL_ORDERS);
  });
});

test("a clip of another size than most is made again, and not by the model that made it", () => {
  const world = animating();
  world.drain();
  const { clips, project } = world.record;
  const { clipModel, clipFallbacks } = project.settings;
  for (const clip of clips) Object.assign(clip, { model: clipFallbacks[0], width: 1280, height: 720 });
  const [odd] = clips;
  if (!odd) throw new Error("no clip");
  Object.assign(odd, { model: clipModel, width: 1248, height: 704 });
  const { scenes } = currentOf(world.record);
  expect(scenes.filter((s) => s.clip === null).map((s) => s.scene.id)).toEqual([odd.sceneId]);
  const suppliers = suppliersOf(world.record)("generate_clips", odd.sceneId);
  expect(suppliers.map((s) => s.skipReason?.code ?? null)).toEqual(["clip_size_differs", null, null]);
});
