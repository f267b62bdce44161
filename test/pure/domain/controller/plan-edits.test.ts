/**
 * An edit buys nothing: what it changes waits for the next run, and after an undo the earlier artifacts are
 * current again.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { currentOf } from "../../../../src/domain/controller/current.ts";
import { filmInputs } from "../../../../src/domain/controller/inputs.ts";
import { failure } from "../../../../src/domain/record/failures.ts";
import type { ProjectRecord } from "../../../../src/domain/record/record.ts";
import { songOf, World } from "../../../support/record.ts";

type Edit = (record: ProjectRecord) => void;

/** One edit for each input of artifacts that a person can change. */
const EDITS: Record<string, Edit> = {
  style: ({ project }) => {
    project.settings.style = "watercolour";
  },
  mood: ({ project }) => {
    project.settings.mood = "angry";
  },
  "aspect ratio": ({ project }) => {
    project.settings.aspectRatio = "9:16";
  },
  "image model": ({ project }) => {
    project.settings.imageModel = "black-forest-labs/flux-dev";
  },
  "clip model": ({ project }) => {
    project.settings.clipModel = "bytedance/seedance-1-pro";
  },
  "clip resolution": ({ project }) => {
    project.settings.clipResolution = "480p";
  },
  "clip fill": ({ project }) => {
    project.settings.clipFill = "stretch";
  },
  "clip audio": ({ project }) => {
    project.settings.clipAudio = "track";
  },
  "scene lengths": ({ project }) => {
    project.settings.scenes = { minSeconds: 2, maxSeconds: 5 };
  },
  motifs: ({ project }) => {
    project.settings.motifs = "vary";
  },
  "motif of one scene": ({ scenes }) => {
    for (const scene of scenes.slice(1)) scene.motif = "vary";
  },
  pins: ({ project }) => {
    project.pins = [{ kind: "cut", frame: 100 }];
  },
  beat: ({ project }) => {
    project.beat = { bpm: 96, offsetSeconds: 0.5, beatsPerBar: 4, confidence: 1, source: "tapped" };
  },
  name: ({ project }) => {
    project.name = "Another name";
  },
  song: ({ project }) => {
    project.audio = songOf(30, "another-song");
  },
};
const edits = Object.entries(EDITS);

/** A completed project in which the person approved every image and clip. */
function finished(): World {
  const world = new World();
  world.lyricOf = () => "the same words come again";
  world.run("assemble_video");
  for (let gate = 0; gate < 3; gate++) {
    world.drain();
    world.approveAll();
  }
  world.drain();
  expect(world.record.project.status).toBe("completed");
  return world;
}

/** Makes everything that comes before the images; returns the image tasks, which wait for a worker. */
function drawing(world: World): string[] {
  for (let round = 0; round < 10; round++) {
    const { dispatched } = world.wake();
    if (dispatched.some((id) => world.task(id).type === "generate_images")) return dispatched;
    for (const id of dispatched) {
      world.claim(id);
      world.succeed(id);
    }
  }
  throw new Error("No image task was sent");
}

/** A copy of everything that a person may edit. */
const editable = ({ project, scenes }: ProjectRecord) =>
  structuredClone({
    project: {
      name: project.name,
      settings: project.settings,
      pins: project.pins,
      beat: project.beat,
      audio: project.audio,
    },
    scenes,
  });
function restore(world: World, before: ReturnType<typeof editable>): void {
  Object.assign(world.record.project, structuredClone(before.project));
  world.record.scenes = structuredClone(before.scenes);
}

describe("on a completed project", () => {
  test.for(edits)("an edit of the %s starts nothing", ([, edit]) => {
    const world = finished();
    const bought = world.claims.length;
    edit(world.record);
    world.drain();
    expect(world.claims.slice(bought)).toEqual([]);
    expect(world.record.project.status).toBe("ready");
    expect(world.plan()).toEqual({ changes: [], dispatch: [], wakeAt: null });
  });

  test.for(edits)(
    "an edit of the %s that is undone leaves everything as it was, approvals included",
    ([, edit]) => {
      const world = finished();
      const before = editable(world.record);
      const bought = world.claims.length;
      const { approvals } = structuredClone(world.record);
      edit(world.record);
      world.drain();
      restore(world, before);
      world.drain();
      expect(world.claims.slice(bought)).toEqual([]);
      expect(world.record.project.status).toBe("completed");
      expect(world.record.approvals).toEqual(approvals);
    },
  );

  test("what an edit changed is made by the next run", () => {
    const world = finished();
    const bought = world.claims.length;
    EDITS["aspect ratio"]?.(world.record);
    world.drain();
    world.run("generate_images");
    world.drain();
    expect(world.claims.slice(bought).map((c) => c.stage)).toEqual([
      ...Array(3).fill("generate_prompts"),
      ...Array(3).fill("generate_images"),
    ]);
  });
});

/** Edits that keep the scenes: what is made for a scene is found by its inputs. */
const SAME_SCENES = ["style", "mood", "aspect ratio", "image model", "clip model", "clip resolution", "name"];

test.for(SAME_SCENES)(
  "going to another %s with a run and back again finds the first film, and buys nothing",
  (name) => {
    const world = finished();
    const before = editable(world.record);
    const first = filmInputs(world.record.project, currentOf(world.record).cuts ?? []);
    EDITS[name]?.(world.record);
    world.run("assemble_video");
    for (let gate = 0; gate < 3; gate++) {
      world.drain();
      world.approveAll();
    }
    world.drain();
    expect(world.record.project.status).toBe("completed");
    const bought = world.claims.length;
    restore(world, before);
    world.drain();
    expect(world.record.project.status).toBe("completed");
    world.run("assemble_video");
    world.drain();
    expect(world.claims.slice(bought)).toEqual([]);
    expect(filmInputs(world.record.project, currentOf(world.record).cuts ?? [])).toBe(first);
  },
);

test("images rejected in another style cause no new take in this one", () => {
  const world = finished();
  const before = editable(world.record);
  EDITS.style?.(world.record);
  world.run("generate_images");
  world.drain();
  for (const { image } of currentOf(world.record).scenes) if (image) world.decide(image, false);
  world.drain();
  const bought = world.claims.length;
  restore(world, before);
  world.drain();
  expect(world.record.project.status).toBe("completed");
  expect(world.claims).toHaveLength(bought);
});

describe("while a run is under way", () => {
  const makingImages = () => {
    const world = new World({ autoApprove: true });
    world.lyricOf = () => "the same words come again";
    world.run("assemble_video");
    const sent = drawing(world);
    const goOn = () => {
      for (const id of sent) {
        world.claim(id);
        world.succeed(id);
      }
      world.drain();
    };
    return { world, goOn };
  };

  test("work that an edit does not change goes on, and what it changes waits", () => {
    const { world, goOn } = makingImages();
    world.record.project.settings.clipModel = "bytedance/seedance-1-pro";
    goOn();
    expect(world.record.images).toHaveLength(3);
    expect(world.record.clips).toEqual([]);
    expect(world.record.project.status).toBe("ready");
    world.run("assemble_video");
    world.drain();
    expect(world.record.project.status).toBe("completed");
    expect(world.record.images).toHaveLength(3);
  });

  test("an edit of one scene's motif delays the film, but not the other scenes", () => {
    const { world, goOn } = makingImages();
    const [, second] = world.record.scenes;
    if (!second) throw new Error("too few scenes");
    second.motif = "vary";
    goOn();
    expect(new Set(world.record.clips.map((c) => c.sceneId)).has(second.id)).toBe(false);
    expect(world.record.clips).toHaveLength(2);
    expect(world.record.films).toEqual([]);
  });

  test("switching auto-approval on buys nothing until a run is requested", () => {
    const world = new World();
    world.run("assemble_video");
    world.drain();
    expect(world.record.project.status).toBe("awaiting_approval");
    world.record.project.settings.autoApprove = true;
    world.drain();
    expect(world.record.clips).toEqual([]);
    world.run("assemble_video");
    world.drain();
    expect(world.record.project.status).toBe("completed");
  });
});

test("a task that the person retries is made, whatever was edited since the run", () => {
  const world = new World();
  world.record.project.settings.style = "noir";
  world.run("generate_images");
  const sent = drawing(world);
  const [task] = sent;
  if (!task) throw new Error("nothing to fail");
  for (const id of sent) world.failTask(id, failure("provider_failed", "It failed."));
  world.wake();
  const { style } = world.record.project.settings;
  world.record.project.settings.style = "woodcut";
  world.run("generate_prompts");
  world.wake();
  world.record.project.settings.style = style;
  world.retry(task);
  expect(world.wake().dispatched.map((id) => world.task(id).subject)).toContain(world.task(task).subject);
});

/** What may happen to a project in any order; none of it requests a run. */
const step = fc.oneof(
  fc.constantFrom(...Object.keys(EDITS)).map((name) => ({ kind: "edit" as const, name })),
  fc.constant({ kind: "undo" as const }),
  fc.constant({ kind: "wake" as const }),
);

test("in any sequence of edits and undos nothing is bought, and the project does not fail without a failed task", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const world = finished();
      const before = editable(world.record);
      const bought = world.claims.length;
      for (const done of steps) {
        if (done.kind === "edit") EDITS[done.name]?.(world.record);
        else if (done.kind === "undo") restore(world, before);
        world.drain();
        expect(world.claims).toHaveLength(bought);
        expect(["completed", "ready"]).toContain(world.record.project.status);
      }
      restore(world, before);
      world.drain();
      expect(world.record.project.status).toBe("completed");
    }),
    { numRuns: 60 },
  );
});
