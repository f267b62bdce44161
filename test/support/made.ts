/** Facts as steps return them, made from the record of the claim; their objects are not in any bucket. */
import { currentOf } from "../../src/domain/controller/current.ts";
import { songFrames } from "../../src/domain/controller/inputs.ts";
import type { Fact } from "../../src/domain/controller/settlement.ts";
import type { Clip, Image, ProjectRecord, Scene, Task } from "../../src/domain/record/record.ts";

interface Work {
  task: Task;
  record: ProjectRecord;
  newId: () => string;
  now: Date;
}

/** The pending row that an order writes; none for stages other than images and clips. */
export function ordered({ task, record, newId, now }: Work, predictionId: string | null): Fact[] {
  const row = assetRow(task, newId(), predictionId, now);
  const state = currentOf(record).scenes.find((s) => s.scene.id === task.subject);
  if (task.type === "generate_images")
    return [{ kind: "image", image: { ...row, promptId: state?.prompt?.id ?? null, origin: "generated" } }];
  if (task.type !== "generate_clips" || !state?.image) return [];
  return [{ kind: "clip", clip: { ...row, ...NO_FRAMES, imageId: state.image.id } }];
}

/** The facts of a completed step. `scenes`: how many scenes `analyze_scenes` makes. */
export function made(work: Work, scenes: number): Fact[] {
  const { task, record, newId, now } = work;
  const { project } = record;
  const base = { projectId: project.id, inputHash: task.inputHash, createdAt: now };
  const frames = project.audio ? songFrames(project.audio, project.settings.fps) : 0;
  switch (task.type) {
    case "transcribe": {
      const line = { text: "Neon rain", startFrame: 0, endFrame: 24, words: [], confidence: 0.9 };
      return [
        {
          kind: "lyrics",
          lyrics: { source: "transcribed", language: "en", lines: [line] },
          lyricsHash: task.inputHash,
          transcriptText: line.text,
          audioEtag: project.audio?.etag ?? "",
        },
      ];
    }
    case "analyze_scenes": {
      const scene = (orderIdx: number): Scene => ({
        ...base,
        id: newId(),
        orderIdx,
        startFrame: Math.floor((orderIdx * frames) / scenes),
        endFrame: Math.floor(((orderIdx + 1) * frames) / scenes),
        lyricExcerpt: `line ${orderIdx}`,
        theme: "arrival",
        aiReasoning: "",
        energy: 0.1 + orderIdx / 3,
        origin: "planned",
        motif: null,
        version: 1,
      });
      const kept = record.scenes.length === scenes && project.proposal !== null;
      return [
        {
          kind: "scenes",
          scenes: Array.from({ length: scenes }, (_, i) => {
            const old = kept ? record.scenes[i] : undefined;
            return { ...scene(i), ...(old ? { id: old.id, version: old.version + 1 } : {}) };
          }),
          proposal: { inputHash: task.inputHash, scenes: [] },
          cover: { frames, scenes, gaps: 0, overlaps: 0, repairs: ["Proposed scene 1 was moved."] },
          beat: { bpm: 96, offsetSeconds: 0.5, beatsPerBar: 4, confidence: 0.7, source: "estimated" },
          audioEtag: project.audio?.etag ?? "",
        },
      ];
    }
    case "generate_prompts": {
      const versions = record.prompts.filter((p) => p.sceneId === task.subject).map((p) => p.version);
      const version = Math.max(0, ...versions) + 1;
      const id = newId();
      const words = { negativePrompt: "", styleNotes: "", setting: "", shotType: "", mood: "" };
      const prompt = {
        ...base,
        ...words,
        id,
        sceneId: task.subject,
        version,
        imagePrompt: `a picture, ${version}`,
        motionPrompt: "slow push in",
        palette: ["#102030", "#000000"],
        generatedByModel: task.model,
        edited: false,
        softeningLevel: "literal" as const,
      };
      return [{ kind: "prompt", prompt }];
    }
    case "generate_images": {
      const [known] = record.images.filter((i) => i.taskId === task.id && i.status === "pending");
      const [first] = known ? [{ kind: "image" as const, image: known }] : ordered(work, null);
      return first?.kind === "image"
        ? [{ kind: "image", image: { ...first.image, ...done(first.image) } }]
        : [];
    }
    case "generate_clips": {
      const [known] = record.clips.filter((c) => c.taskId === task.id && c.status === "pending");
      const [first] = known ? [{ kind: "clip" as const, clip: known }] : ordered(work, null);
      if (first?.kind !== "clip") return [];
      const measured = { frames, fps: 24, codec: "avc1.640020", decoderConfig: "AWQ" };
      return [{ kind: "clip", clip: { ...first.clip, ...done(first.clip), ...measured } }];
    }
    case "assemble_video": {
      const editList = (currentOf(record).cuts ?? []).map(({ etag: _, ...edit }) => edit);
      const certificate = { frames, scenes: editList.length, gaps: 0, overlaps: 0, repairs: [] };
      const id = newId();
      const measured = { durationSeconds: frames / 24, frames, editList, certificate, warnings: [] };
      const film = {
        ...base,
        ...done({ id }),
        ...measured,
        id,
        taskId: task.id,
        sidecars: null,
        error: null,
      };
      return [{ kind: "film", film }];
    }
  }
}

const NO_FRAMES = { frames: null, fps: null, codec: null, decoderConfig: null };

const assetRow = (
  task: Task,
  id: string,
  replicatePredictionId: string | null,
  createdAt: Date,
): Omit<Image, "promptId" | "origin"> => ({
  id,
  projectId: task.projectId,
  sceneId: task.subject,
  taskId: task.id,
  status: "pending",
  objectKey: null,
  etag: null,
  bytes: null,
  contentType: null,
  width: null,
  height: null,
  model: task.model,
  inputHash: task.inputHash,
  replicatePredictionId,
  provenance: null,
  error: null,
  createdAt,
});

const done = ({ id }: Pick<Image | Clip, "id">) => ({
  status: "completed" as const,
  objectKey: `key-${id}`,
  etag: `etag-${id}`,
  bytes: 1000,
  width: 1280,
  height: 720,
});
