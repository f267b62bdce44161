import { beforeEach, describe, expect, test } from "vitest";
import { currentOf } from "../../../../src/domain/controller/current.ts";
import { motifOffers, remainingUsd } from "../../../../src/domain/controller/remaining.ts";
import type { Scene, Settings } from "../../../../src/domain/record/record.ts";
import { World } from "../../../support/record.ts";

/** A song of a chorus, a verse and the chorus again, of these lengths in frames. */
function song(settings: Partial<Settings> = {}, frames: [number, number, number] = [120, 120, 120]) {
  const world = new World({ autoApprove: true, ...settings }, frames.reduce((sum, n) => sum + n, 0) / 24);
  world.run("analyze_scenes");
  world.drain();
  let at = 0;
  const words = ["Neon rain on the window", "I drive alone", "Neon rain, on the window!"];
  world.record.scenes = world.record.scenes.map((scene, i): Scene => {
    const startFrame = at;
    at += frames[i] ?? 0;
    return { ...scene, startFrame, endFrame: at, lyricExcerpt: words[i] ?? "" };
  });
  return world;
}
const film = (world: World) => {
  world.run("assemble_video");
  world.drain();
  return currentOf(world.record);
};
const claimsOf = (world: World, stage: string) => world.claims.filter((c) => c.stage === stage).length;

describe("a repeated chorus", () => {
  test("is made new by default", () => {
    const world = song();
    film(world);
    expect(claimsOf(world, "generate_images")).toBe(3);
    expect(claimsOf(world, "generate_clips")).toBe(3);
  });

  test("with reuse shows the leader's clip: nothing is bought for it, and the film has that clip twice", () => {
    const world = song({ motifs: "reuse" });
    const { cuts, scenes } = film(world);
    expect(world.record.project.status).toBe("completed");
    expect([claimsOf(world, "generate_prompts"), claimsOf(world, "generate_images")]).toEqual([2, 2]);
    expect(claimsOf(world, "generate_clips")).toBe(2);
    expect(cuts?.[2]?.clipId).toBe(cuts?.[0]?.clipId);
    expect(scenes[2]?.borrowed).toEqual({ from: scenes[0]?.scene.id, way: "reuse", clip: true });
  });

  test("with reuse has the leader's clip bought as long as its longest scene needs", () => {
    const world = song({ motifs: "reuse" }, [96, 120, 168]);
    const { scenes } = film(world);
    expect(scenes.map((s) => s.clip?.frames)).toEqual([168, 120, 168]);
    expect(claimsOf(world, "generate_clips")).toBe(2);
  });

  test("with reuse gets a clip of its own, from the same image, if the leader's is too short", () => {
    const world = song({}, [96, 120, 168]);
    film(world);
    world.record.project.settings.motifs = "reuse";
    const before = claimsOf(world, "generate_clips");
    const { scenes } = film(world);
    expect(claimsOf(world, "generate_clips")).toBe(before + 1);
    expect(scenes[2]?.clip?.sceneId).toBe(scenes[2]?.scene.id);
    expect(scenes[2]?.image?.sceneId).toBe(scenes[0]?.scene.id);
  });

  test("with vary shows another clip of the same image", () => {
    const world = song({ motifs: "vary" });
    const { scenes } = film(world);
    expect([claimsOf(world, "generate_images"), claimsOf(world, "generate_clips")]).toEqual([2, 3]);
    expect(scenes[2]?.image?.id).toBe(scenes[0]?.image?.id);
    expect(scenes[2]?.clip?.id).not.toBe(scenes[0]?.clip?.id);
    expect(scenes[2]?.clip?.inputHash).not.toBe(scenes[0]?.clip?.inputHash);
  });

  test("follows its scene's own choice before the settings", () => {
    const world = song({ motifs: "reuse" });
    world.record.scenes = world.record.scenes.map((s, i) => (i === 2 ? { ...s, motif: "new" } : s));
    film(world);
    expect(claimsOf(world, "generate_images")).toBe(3);
  });

  test("with reuse needs no approval beside those of the leader's image and clip", () => {
    const world = song({ motifs: "reuse", autoApprove: false });
    film(world);
    for (const image of world.record.images) world.decide(image, true);
    world.drain();
    expect(world.record.clips).toHaveLength(2);
    for (const clip of world.record.clips) world.decide(clip, true);
    world.drain();
    expect(world.record.project.status).toBe("completed");
  });

  test("with reuse gets the leader's new image when its first is rejected", () => {
    const world = song({ motifs: "reuse", autoApprove: false });
    film(world);
    const [first] = world.record.images;
    if (!first) throw new Error("no image");
    world.decide(first, false);
    world.drain();
    const { scenes } = currentOf(world.record);
    expect(scenes[2]?.image?.id).toBe(scenes[0]?.image?.id);
    expect(scenes[2]?.image?.id).not.toBe(first.id);
  });
});

describe("what a motif would save", () => {
  let world: World;
  beforeEach(() => {
    world = song();
  });

  test("is known before anything is spent, and is right", () => {
    const [offer, ...others] = motifOffers(world.record);
    expect(others).toEqual([]);
    if (!offer) throw new Error("no motif");
    const all = remainingUsd(world.record);
    expect(offer.remainingUsd.new).toBeCloseTo(all, 9);
    expect(offer.remainingUsd.vary).toBeLessThan(offer.remainingUsd.new);
    expect(offer.remainingUsd.reuse).toBeLessThan(offer.remainingUsd.vary);
    world.record.project.settings.motifs = "reuse";
    expect(remainingUsd(world.record)).toBeCloseTo(offer.remainingUsd.reuse, 9);
    film(world);
    expect(remainingUsd(world.record)).toBe(0);
  });

  test("is nothing once everything is made", () => {
    film(world);
    expect(motifOffers(world.record)[0]?.remainingUsd).toEqual({
      new: 0,
      vary: expect.any(Number),
      reuse: 0,
    });
  });

  test("counts a longer clip for the leader if the other scene is longer", () => {
    const longer = song({}, [96, 120, 168]);
    const [offer] = motifOffers(longer.record);
    const clip = 0.05;
    const image = 0.03;
    const saved = (offer?.remainingUsd.new ?? 0) - (offer?.remainingUsd.reuse ?? 0);
    // A clip of 7 s and one of 4 s, against one of 7 s.
    expect(saved).toBeGreaterThan(4 * clip + image);
    expect(saved).toBeLessThan(4 * clip + image + 0.03);
  });
});

describe("a clip of another length", () => {
  test("stays current if its scene got shorter, and is made again if it got longer", () => {
    const world = song();
    film(world);
    const clips = world.record.clips.length;
    const resize = (frames: number[]) => {
      let at = 0;
      world.record.scenes = world.record.scenes.map((scene, i) => {
        const startFrame = at;
        at += frames[i] ?? 0;
        return { ...scene, startFrame, endFrame: at };
      });
    };
    resize([110, 100, 150]);
    const { scenes } = currentOf(world.record);
    expect(scenes.map((s) => s.clip !== null)).toEqual([true, true, false]);
    film(world);
    expect(world.record.clips).toHaveLength(clips + 1);
  });

  test("that is too short stays current if the settings allow stretching it", () => {
    const world = song({ clipFill: "stretch" });
    film(world);
    world.record.scenes = world.record.scenes.map((s, i) =>
      i === 2 ? { ...s, endFrame: s.endFrame + 30 } : s,
    );
    expect(currentOf(world.record).scenes.map((s) => s.clip !== null)).toEqual([true, true, true]);
    world.record.project.settings.clipFill = "refuse";
    expect(currentOf(world.record).scenes.map((s) => s.clip !== null)).toEqual([true, true, false]);
  });
});
