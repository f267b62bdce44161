import { currentOf } from "../../domain/controller/current.ts";
import { promptInputs } from "../../domain/controller/inputs.ts";
import { failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { DIRECTORS } from "../../domain/models/language-models.ts";
import { failure } from "../../domain/record/failures.ts";
import type { Prompt, SofteningLevel } from "../../domain/record/record.ts";
import { fromOutcome } from "../lib/outcome.ts";
import type { StageSteps, StepContext } from "../lib/step.ts";

export const generatePrompts: StageSteps<"generate_prompts"> = { start };

/** Writes one scene's prompt, or rewrites a refused one a softening level further. Each is a new version. */
async function start({ deps, task, record, now }: StepContext): Promise<StepResult> {
  const { project } = record;
  const scenes = record.scenes.toSorted((a, b) => a.orderIdx - b.orderIdx);
  const at = scenes.findIndex((s) => s.id === task.subject);
  const scene = scenes[at];
  const director = DIRECTORS[task.supplierIndex];
  if (!scene || !director) return failedStep(failure("scene_gone", "The scene does not exist any more."));
  const { fps, style, mood, aspectRatio } = project.settings;
  const song = { ...director, title: project.audio?.title ?? project.name, style, mood, aspectRatio };
  const { prompt: before, softening } = currentOf(record).scenes[at] ?? {};
  const soften = before && softening?.inputHash === task.inputHash ? softening : null;
  const draft =
    before && soften
      ? await deps.providers.director.softenPrompt({
          ...song,
          prompt: before,
          softeningLevel: soften.level,
          what: soften.what,
          refusal: soften.refusal,
        })
      : await deps.providers.director.writePrompt({
          ...song,
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
  const { model, ...words } = draft.value;
  // Where a clip was refused, the approved image stays, and so do the texts about it: only the motion is new.
  const texts = before && soften?.what === "clip" ? { ...before, motionPrompt: words.motionPrompt } : words;
  const softeningLevel: SofteningLevel = soften?.level ?? "literal";
  const versions = record.prompts.filter((p) => p.sceneId === scene.id).map((p) => p.version);
  const prompt: Prompt = {
    ...texts,
    id: deps.newId(),
    projectId: project.id,
    sceneId: scene.id,
    version: Math.max(0, ...versions) + 1,
    generatedByModel: model,
    edited: false,
    softeningLevel,
    inputHash: soften ? promptInputs(project, scene) : task.inputHash,
    createdAt: now(),
  };
  return { kind: "completed", facts: [{ kind: "prompt", prompt }], costUsd: draft.costUsd };
}
