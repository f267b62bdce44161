/** Projects in which everything before one stage is done, and that stage is wanted. */
import {
  generatedImages,
  owners,
  projects,
  scenePrompts,
  selectedScenes,
  videoClips,
} from "../../src/db/schema.ts";
import { currentOf } from "../../src/domain/controller/current.ts";
import { clipInputs, clipSeconds, imageInputs, promptInputs } from "../../src/domain/controller/inputs.ts";
import { requestOf } from "../../src/domain/controller/run-request.ts";
import {
  type Audio,
  type Image,
  type Lyrics,
  Settings,
  STAGES,
  type Stage,
} from "../../src/domain/record/record.ts";
import type { Studio } from "./pipeline.ts";
import { songOf } from "./record.ts";

const SCENE_FRAMES = 120;

interface Wishes {
  /** How many scenes the song has, each of `sceneFrames`; 1 where absent. */
  scenes?: number;
  settings?: Partial<Settings>;
  audio?: Partial<Audio>;
  /** The bytes of every clip, where `stage` is the film; one byte where absent. */
  clip?: Uint8Array;
  /** Every scene's image; where absent, an uploaded one whose bytes are not in the bucket. */
  picture?: { origin: Image["origin"]; bytes: Uint8Array; provenance?: Image["provenance"] };
  /** The target stage; `stage` where absent. */
  target?: Stage;
  /** An owner who has other projects; a new owner where absent. */
  ownerId?: string;
  /** Who wrote the prompts; a person where absent. */
  promptsBy?: "person" | "director";
  /** Frames of each scene at 24 frames a second; 120 where absent. */
  sceneFrames?: number;
}

const lyrics: Lyrics = {
  source: "edited",
  language: "en",
  lines: [{ text: "Neon rain", startFrame: 24, endFrame: 72, words: [], confidence: null }],
};

/** Image models of one maker; the first costs 0.3 cents an image. Tests of budgets count in it. */
const SKETCHED = {
  imageModel: "black-forest-labs/flux-schnell",
  imageFallbacks: ["black-forest-labs/flux-dev"],
};

/** A project whose stages before `stage` are done. Gates are open; a test of them sets `autoApprove`. */
export async function staged({ db, deps, bucket, record }: Studio, stage: Stage, wishes: Wishes = {}) {
  const { newId, now } = deps;
  const has = (other: Stage) => STAGES.indexOf(stage) > STAGES.indexOf(other);
  const { scenes: count = 1, sceneFrames = SCENE_FRAMES } = wishes;
  const id = newId();
  const ownerId = wishes.ownerId ?? `owner-${id}`;
  const at = { projectId: id, createdAt: now() };
  const audio = { ...songOf(count * (sceneFrames / 24)), ...wishes.audio };
  await db.insert(owners).values({ id: ownerId }).onConflictDoNothing();
  const settings = { ...Settings.parse({}), ...SKETCHED, autoApprove: true, ...wishes.settings };
  const asked = { name: "Night Drive", settings, pins: [], beat: null, audio };
  await db.insert(projects).values({
    ...asked,
    id,
    ownerId,
    status: "ready",
    targetStage: wishes.target ?? stage,
    runNumber: 1,
    runRequest: requestOf(asked, [], { target: wishes.target ?? stage, at: now() }),
    lyrics: has("transcribe") ? lyrics : null,
    transcriptText: has("transcribe") ? "Neon rain" : null,
    updatedAt: now(),
  });
  const scenes = Array.from({ length: has("analyze_scenes") ? count : 0 }, (_, i) => ({
    scene: newId(),
    prompt: newId(),
    image: newId(),
    orderIdx: i,
  }));
  for (const { scene, orderIdx } of scenes)
    await db.insert(selectedScenes).values({
      ...at,
      id: scene,
      orderIdx,
      startFrame: orderIdx * sceneFrames,
      endFrame: (orderIdx + 1) * sceneFrames,
      lyricExcerpt: "Neon rain",
      theme: "arrival",
      aiReasoning: "",
      energy: 0.5,
      origin: "manual",
      inputHash: "by hand",
    });
  const planned = await record(id);
  for (const { scene, prompt, orderIdx } of has("generate_prompts") ? scenes : []) {
    const row = planned.scenes[orderIdx];
    const written = wishes.promptsBy === "director" && row ? promptInputs(planned.project, row) : null;
    await db.insert(scenePrompts).values({
      ...at,
      id: prompt,
      sceneId: scene,
      version: 1,
      imagePrompt: "a window at night",
      motionPrompt: "slow push in",
      negativePrompt: "text",
      styleNotes: "",
      setting: "",
      shotType: "",
      mood: "",
      palette: [],
      edited: written === null,
      inputHash: written ?? "by hand",
    });
  }
  const { prompts } = await record(id);
  for (const { scene, prompt, image } of has("generate_images") ? scenes : []) {
    const { picture } = wishes;
    const key = `image-${image}.jpg`;
    const object = picture && bucket.upload(key, picture.bytes, "image/jpeg");
    const asked = prompts.find((p) => p.id === prompt);
    await db.insert(generatedImages).values({
      ...at,
      id: image,
      sceneId: scene,
      promptId: prompt,
      status: "completed",
      origin: picture?.origin ?? "uploaded",
      objectKey: key,
      etag: object?.etag ?? `etag-${image}`,
      bytes: object?.bytes ?? 1000,
      provenance: picture?.provenance ?? null,
      inputHash:
        asked && picture?.origin === "generated" ? imageInputs(planned.project, asked, 0) : "by hand",
    });
  }
  if (has("generate_clips")) {
    const before = await record(id);
    for (const { scene, prompt, image } of currentOf(before).scenes) {
      if (!prompt || !image) continue;
      const clip = newId();
      const object = bucket.upload(`clip-${clip}`, wishes.clip ?? new Uint8Array(1), "video/mp4");
      await db.insert(videoClips).values({
        ...at,
        id: clip,
        sceneId: scene.id,
        imageId: image.id,
        status: "completed",
        objectKey: object.key,
        etag: object.etag,
        bytes: object.bytes,
        frames: sceneFrames,
        fps: 24,
        inputHash: clipInputs(before.project, {
          prompt,
          image,
          take: 0,
          seconds: clipSeconds(before.project, scene.endFrame - scene.startFrame),
        }),
      });
    }
  }
  return { id, ownerId, scenes: scenes.map((s) => s.scene) };
}
