import { eq } from "drizzle-orm";
import { selectedScenes } from "../../db/schema.ts";
import { sceneFrames, songFrames } from "../../domain/inputs.ts";
import { DIRECTOR_MODELS } from "../../domain/language-models.ts";
import { clipFrameLengths, clipModel } from "../../domain/models.ts";
import type { Scene } from "../../domain/record.ts";
import { failure } from "../../domain/tasks.ts";
import { solveCover } from "../../domain/timeline.ts";
import { fromOutcome } from "../outcome.ts";
import { failed, type StepContext, type StepResult } from "../step.ts";

/** The director proposes scenes by lyric line; the solver makes them cover the song exactly. */
export async function analyzeScenes({ deps, task, record }: StepContext): Promise<StepResult> {
  const { project } = record;
  const { audio, lyrics, settings } = project;
  if (!audio || !lyrics) return failed(failure("lyrics_missing", "The song has not been transcribed."));
  const { fps } = settings;
  const proposal = await deps.providers.director.proposeScenes({
    models: DIRECTOR_MODELS,
    title: audio.title ?? project.name,
    style: settings.style,
    mood: settings.mood,
    durationSeconds: audio.durationSeconds,
    minSeconds: settings.scenes.minSeconds,
    maxSeconds: settings.scenes.maxSeconds,
    lines: lyrics.lines.map((line, index) => ({
      index,
      startSeconds: line.startFrame / fps,
      endSeconds: line.endFrame / fps,
      text: line.text,
    })),
  });
  if (proposal.kind !== "ok") return fromOutcome(proposal);
  const model = clipModel(settings.clipModel);
  const cover = solveCover({
    totalFrames: songFrames(audio, fps),
    fps,
    lines: lyrics.lines,
    proposal: proposal.value.scenes,
    ...sceneFrames(project),
    ...(model ? { clipFrames: clipFrameLengths(model, fps) } : {}),
  });
  if (!cover.ok) return failed(cover.failure);

  const { db, newId, now } = deps;
  const scenes = cover.scenes.map((span, orderIdx): Scene => {
    const proposed = span.proposalIndex === null ? undefined : proposal.value.scenes[span.proposalIndex];
    return {
      id: newId(),
      projectId: project.id,
      orderIdx,
      startFrame: span.startFrame,
      endFrame: span.endFrame,
      lyricExcerpt: lyrics.lines
        .slice(span.lineFrom, span.lineTo)
        .map((line) => line.text)
        .join("\n"),
      theme: proposed?.theme ?? "Instrumental",
      aiReasoning: proposed?.reasoning ?? "",
      energy: proposed?.energy ?? 0.5,
      origin: "planned",
      inputHash: task.inputHash,
      version: 1,
      createdAt: now(),
    };
  });
  return {
    kind: "made",
    writes: [
      db.delete(selectedScenes).where(eq(selectedScenes.projectId, project.id)),
      db.insert(selectedScenes).values(scenes),
    ],
    costUsd: proposal.costUsd,
  };
}
