import { describe, expect, test } from "vitest";
import { timelineOf } from "../../../src/domain/timeline.ts";
import { releaseSheet } from "../../../src/domain/views/release-sheet.ts";
import { World } from "../../support/record.ts";

const scenesOf = (world: World) => timelineOf(world.record)?.scenes ?? [];
const kinds = (world: World) => scenesOf(world).map((s) => `${s.shown.kind} lacks ${s.missing}`);

describe("the timeline", () => {
  test("grows from cards to stills to clips, and says what each scene waits for", () => {
    const world = new World();
    world.run("generate_prompts");
    world.drain();
    expect(new Set(kinds(world))).toEqual(new Set(["card lacks image"]));
    world.run("assemble_video");
    world.drain();
    expect(new Set(kinds(world))).toEqual(new Set(["still lacks image_approval"]));
    world.approveAll();
    world.drain();
    expect(new Set(kinds(world))).toEqual(new Set(["clip lacks clip_approval"]));
    world.approveAll();
    world.drain();
    expect(new Set(kinds(world))).toEqual(new Set(["clip lacks null"]));
    expect(timelineOf(world.record)?.film).toBe(true);
  });

  test("is null without a song", () => {
    expect(timelineOf(new World({}, null).record)).toBeNull();
  });

  test("tells why a scene has lost its clip: it got longer, or its image is another one", () => {
    const world = new World({ autoApprove: true });
    world.run("assemble_video");
    world.drain();
    const { scenes } = world.record;
    const [first, second] = scenes;
    if (!first || !second) throw new Error("too few scenes");
    world.record.scenes = scenes.map((s) =>
      s.id === first.id
        ? { ...s, endFrame: s.endFrame + 30 }
        : s.id === second.id
          ? { ...s, theme: "new" }
          : s,
    );
    expect(scenesOf(world).map((s) => s.regenerateReason)).toEqual(["too_short", "outdated", null]);
  });

  test("says that a clip is stretched if the settings allow it", () => {
    const world = new World({ autoApprove: true, clipFill: "stretch" });
    world.run("generate_clips");
    world.drain();
    world.record.scenes = world.record.scenes.map((s, i) =>
      i === 0 ? { ...s, endFrame: s.endFrame + 30 } : s,
    );
    const fills = scenesOf(world).map(({ shown }) => (shown.kind === "clip" ? shown.fill : "none"));
    expect(fills).toEqual(["stretch", null, null]);
  });
});

test("the release sheet states each scene's prompt, image and clip, who approved them, and the costs", () => {
  const world = new World();
  world.run("assemble_video");
  world.drain();
  world.approveAll();
  world.drain();
  world.approveAll();
  world.drain();
  const [film] = world.record.films;
  if (!film) throw new Error("no film");
  const sheet = JSON.parse(JSON.stringify(releaseSheet(world.record, film, "added")));
  expect(sheet).toMatchObject({
    format: "omvee.release-sheet/1",
    film: { id: film.id },
    song: { etag: "song-1" },
  });
  expect(sheet.scenes).toHaveLength(3);
  for (const scene of sheet.scenes) {
    expect(scene.image).toMatchObject({ seed: expect.any(Number), consent: { by: "person" } });
    expect(scene.clip).toMatchObject({ reference_image_id: scene.image.id, consent: { by: "person" } });
    expect(scene.prompt.image).toBeTruthy();
  }
  expect(sheet.costs.currency).toBe("USD");
  expect(JSON.stringify(sheet)).not.toContain("owner");
});
