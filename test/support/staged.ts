/** Projects that lack nothing but one stage, and want it. */
import { generatedImages, projects, scenePrompts, selectedScenes, videoClips } from "../../src/db/schema.ts";
import { currentOf } from "../../src/domain/current.ts";
import { clipInputs } from "../../src/domain/inputs.ts";
import { type Audio, type Lyrics, Settings, STAGES, type Stage } from "../../src/domain/record.ts";
import type { Studio } from "./pipeline.ts";
import { songOf } from "./record.ts";

const SCENE_FRAMES = 120;

interface Wishes {
  /** Scenes of five seconds each, which make up the song. */
  scenes?: number;
  settings?: Partial<Settings>;
  audio?: Partial<Audio>;
  /** The bytes of every clip, where the film is what is missing. */
  clip?: Uint8Array;
}

const lyrics: Lyrics = {
  source: "edited",
  language: "en",
  lines: [{ text: "Neon rain", startFrame: 24, endFrame: 72, words: [], confidence: null }],
};

/** A project whose stages before `stage` are done. Gates are open; a test of them sets `autoApprove`. */
export async function staged({ deps, bucket, record }: Studio, stage: Stage, wishes: Wishes = {}) {
  const { db, newId, now } = deps;
  const has = (other: Stage) => STAGES.indexOf(stage) > STAGES.indexOf(other);
  const count = wishes.scenes ?? 1;
  const id = newId();
  const ownerId = `owner-${id}`;
  const at = { projectId: id, createdAt: now() };
  const audio = { ...songOf(count * (SCENE_FRAMES / 24)), ...wishes.audio };
  await db.insert(projects).values({
    id,
    ownerId,
    name: "Night Drive",
    status: "ready",
    settings: { ...Settings.parse({}), autoApprove: true, ...wishes.settings },
    targetStage: stage,
    runRequestedAt: now(),
    audio,
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
      startFrame: orderIdx * SCENE_FRAMES,
      endFrame: (orderIdx + 1) * SCENE_FRAMES,
      lyricExcerpt: "Neon rain",
      theme: "arrival",
      aiReasoning: "",
      energy: 0.5,
      origin: "manual",
      inputHash: "by hand",
    });
  for (const { scene, prompt } of has("generate_prompts") ? scenes : [])
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
      edited: true,
      inputHash: "by hand",
    });
  for (const { scene, prompt, image } of has("generate_images") ? scenes : [])
    await db.insert(generatedImages).values({
      ...at,
      id: image,
      sceneId: scene,
      promptId: prompt,
      status: "completed",
      origin: "uploaded",
      objectKey: `image-${image}.jpg`,
      etag: `etag-${image}`,
      bytes: 1000,
      inputHash: "by hand",
    });
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
        frames: SCENE_FRAMES,
        fps: 24,
        inputHash: clipInputs(before.project, scene, prompt, image, 0),
      });
    }
  }
  return { id, ownerId, scenes: scenes.map((s) => s.scene) };
}
