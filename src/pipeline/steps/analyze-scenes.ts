import { sceneFrames, songFrames } from "../../domain/inputs.ts";
import { DIRECTOR_CHOICES } from "../../domain/language-models.ts";
import { clipFrameLengths, clipModel } from "../../domain/models.ts";
import type { Scene } from "../../domain/record.ts";
import { failed, type StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import { solveCover } from "../../domain/timeline.ts";
import { fromOutcome } from "../outcome.ts";
import type { StepContext } from "../step.ts";

/** The director proposes scenes by lyric line; the solver makes them cover the song exactly. */
export async function analyzeScenes({ deps, task, record, now }: StepContext): Promise<StepResult> {
  const { project } = record;
  const { audio, lyrics, settings } = project;
  const director = DIRECTOR_CHOICES[task.choice];
  if (!audio || !lyrics || !director)
    return failed(failure("lyrics_missing", "The song has not been transcribed."));
  const { fps } = settings;
  const proposal = await deps.providers.director.proposeScenes({
    ...director,
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
  // The proposal was paid for; no other one would make the song coverable.
  if (!cover.ok) return { kind: "failed", failure: cover.failure, costUsd: proposal.costUsd };

  const scenes = cover.scenes.map((span, orderIdx): Scene => {
    const proposed = span.proposalIndex === null ? undefined : proposal.value.scenes[span.proposalIndex];
    return {
      id: deps.newId(),
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
  return { kind: "made", facts: [{ kind: "scenes", scenes }], costUsd: proposal.costUsd };
}
