import { scenePrompts } from "../../db/schema.ts";
import { DIRECTOR_MODELS } from "../../domain/language-models.ts";
import { failure } from "../../domain/tasks.ts";
import { fromOutcome } from "../outcome.ts";
import { failed, type StepContext, type StepResult } from "../step.ts";

/** One scene's visual prompt; versions are appended, never changed. */
export async function generatePrompt({ deps, task, record }: StepContext): Promise<StepResult> {
  const { project } = record;
  const scenes = record.scenes.toSorted((a, b) => a.orderIdx - b.orderIdx);
  const at = scenes.findIndex((s) => s.id === task.subject);
  const scene = scenes[at];
  if (!scene) return failed(failure("scene_gone", "The scene does not exist any more."));
  const { fps, style, mood, aspectRatio } = project.settings;
  const draft = await deps.providers.director.writePrompt({
    models: DIRECTOR_MODELS,
    title: project.audio?.title ?? project.name,
    style,
    mood,
    aspectRatio,
    scene: {
      number: at + 1,
      of: scenes.length,
      lyric: scene.lyricExcerpt,
      theme: scene.theme,
      energy: scene.energy,
      seconds: (scene.endFrame - scene.startFrame) / fps,
    },
    previousTheme: scenes[at - 1]?.theme ?? null,
    nextTheme: scenes[at + 1]?.theme ?? null,
  });
  if (draft.kind !== "ok") return fromOutcome(draft);
  const { model, ...prompt } = draft.value;
  const versions = record.prompts.filter((p) => p.sceneId === scene.id).map((p) => p.version);
  const row = {
    id: deps.newId(),
    projectId: project.id,
    sceneId: scene.id,
    version: Math.max(0, ...versions) + 1,
    ...prompt,
    generatedByModel: model,
    inputHash: task.inputHash,
    createdAt: deps.now(),
  };
  return { kind: "made", writes: [deps.db.insert(scenePrompts).values(row)], costUsd: draft.costUsd };
}
