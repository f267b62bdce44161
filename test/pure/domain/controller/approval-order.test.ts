/** Which of several approvals of one image or clip counts. */
import { describe, expect, test } from "vitest";
import { currentOf } from "../../../../src/domain/controller/current.ts";
import type { Image } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

/** A project whose images wait for an approval, and the first of them. */
function withImages(): { world: World; image: Image } {
  const world = new World();
  world.run("assemble_video");
  world.drain();
  const [image] = world.record.images;
  if (!image) throw new Error("no image");
  return { world, image };
}

/** An id made by a machine whose clock is this many hours ahead of, or behind, the database's. */
const idAt = (hours: number, nth: number) =>
  `${(Date.parse("2026-11-22T10:00:00Z") + hours * 3_600_000)
    .toString(16)
    .padStart(12, "0")
    .replace(/^(.{8})/, "$1-")}-7000-8000-${String(nth).padStart(12, "0")}`;

/** The newest approval gets this id. */
const setId = (world: World, id: string) => {
  const last = world.record.approvals.at(-1);
  if (last) last.id = id;
};

const isApproved = (world: World, image: Image) =>
  currentOf(world.record).scenes.find((s) => s.image?.id === image.id)?.imageApproved;

describe("the approval that counts is the newest by the database's clock, whatever the clocks that made the ids say", () => {
  test.for([
    { first: 9, second: -9 },
    { first: -9, second: 9 },
  ])("an approval of the bytes as they are now comes after one of other bytes: %o", ({ first, second }) => {
    const { world, image } = withImages();
    world.decide({ ...image, etag: "replaced since" }, true);
    setId(world, idAt(first, 1));
    expect(isApproved(world, image)).toBe(false);
    world.decide(image, true);
    setId(world, idAt(second, 2));
    expect(isApproved(world, image)).toBe(true);
  });

  test.for([
    { first: 9, second: -9 },
    { first: -9, second: 9 },
  ])("an approval of other bytes comes after one of the bytes as they are now: %o", ({ first, second }) => {
    const { world, image } = withImages();
    world.decide(image, true);
    setId(world, idAt(first, 1));
    expect(isApproved(world, image)).toBe(true);
    world.decide({ ...image, etag: "replaced since" }, true);
    setId(world, idAt(second, 2));
    expect(isApproved(world, image)).toBe(false);
  });

  test("of two approvals of the same millisecond, the one with the higher id counts", () => {
    const { world, image } = withImages();
    for (const [etag, id] of [
      [image.etag, idAt(0, 2)],
      ["replaced since", idAt(0, 1)],
    ] as const) {
      world.decide({ ...image, etag }, true);
      setId(world, id);
      world.now -= 1;
    }
    expect(isApproved(world, image)).toBe(true);
  });

  test("an image that was rejected and then approved is used again, and no other take is asked for", () => {
    const { world, image } = withImages();
    world.decide(image, false);
    world.decide(image, true);
    expect(isApproved(world, image)).toBe(true);
    const made = world.record.images.length;
    world.drain();
    expect(world.record.images).toHaveLength(made);
  });

  test("an image that was approved and then rejected is not used", () => {
    const { world, image } = withImages();
    world.decide(image, true);
    setId(world, idAt(9, 1));
    world.decide(image, false);
    setId(world, idAt(-9, 2));
    expect(isApproved(world, image)).toBeUndefined();
  });
});

describe("of several takes, the one that was approved last is the scene's", () => {
  /** Three takes of one scene's image, the first two of them rejected. */
  function takes() {
    const { world, image } = withImages();
    const of = () => world.record.images.filter((i) => i.sceneId === image.sceneId);
    for (const take of [0, 1]) {
      const last = of()[take];
      if (last) world.decide(last, false);
      world.drain();
    }
    const [first, second, third] = of();
    if (!first || !second || !third) throw new Error("a take is missing");
    const used = () => currentOf(world.record).scenes.find((s) => s.scene.id === image.sceneId)?.image?.id;
    return { world, first, second, third, used };
  }

  test("without an approval it is the first that was not rejected", () => {
    const { third, used } = takes();
    expect(used()).toBe(third.id);
  });

  test("an earlier take comes back by an approval, and goes by a rejection", () => {
    const { world, first, second, third, used } = takes();
    world.decide(second, true);
    expect(used()).toBe(second.id);
    world.decide(first, true);
    expect(used()).toBe(first.id);
    world.decide(second, true);
    expect(used()).toBe(second.id);
    world.decide(second, false);
    expect(used()).toBe(first.id);
    world.decide(first, false);
    expect(used()).toBe(third.id);
  });

  test("of takes that one request approves, the newest is used", () => {
    const { world, first, second, third, used } = takes();
    for (const take of [third, first, second]) {
      world.decide(take, true);
      world.now -= 1;
    }
    expect(used()).toBe(third.id);
  });

  test("the same holds for clips", () => {
    const { world } = withImages();
    world.approveAll();
    world.drain();
    const [first] = world.record.clips;
    if (!first) throw new Error("no clip");
    world.decide(first, false);
    world.drain();
    const used = () => currentOf(world.record).scenes.find((s) => s.scene.id === first.sceneId)?.clip?.id;
    const second = world.record.clips.find((c) => c.sceneId === first.sceneId && c.id !== first.id);
    expect(used()).toBe(second?.id);
    world.decide(first, true);
    expect(used()).toBe(first.id);
  });
});
