import { needsDirector, proposalInputs, scenesInputs } from "../../domain/controller/inputs.ts";
import { proposedScenes, retimedScenes, type ScenePlan } from "../../domain/controller/plan-scenes.ts";
import { failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { DIRECTORS } from "../../domain/models/language-models.ts";
import { failure } from "../../domain/record/failures.ts";
import type { Audio, BeatGrid, Lyrics, Project, Proposal } from "../../domain/record/record.ts";
import { rootCause } from "../../errors.ts";
import { storedFile } from "../../media/lib/source.ts";
import { fromOutcome } from "../lib/outcome.ts";
import type { StageSteps, StepContext } from "../lib/step.ts";

export const analyzeScenes: StageSteps<"analyze_scenes"> = { start };

/**
 * The scenes of the song: the director proposes them by lyric line, and the solver makes them cover the song
 * exactly. No director is asked where the proposal for the same lyrics is there already, or where the scenes
 * follow another recording of their song.
 */
async function start(step: StepContext): Promise<StepResult> {
  const { deps, task, record, now } = step;
  const { project, scenes: before } = record;
  const { audio, lyrics, retiming } = project;
  if (!audio || !lyrics) return failedStep(NO_LYRICS);
  const asks = needsDirector(project, before);
  // When the task was planned, and its cost reserved, no director was needed.
  if (asks && !task.model) return failedStep(CHANGED);
  const beat = project.beat ?? (await estimatedBeat(step, audio));
  const plan: ScenePlan = {
    record,
    audio,
    lyrics,
    beat,
    // Scenes that followed are the song's scenes like any others: their hash leaves the retiming out. It
    // leaves the pins out as well, which these scenes do not keep: the next cut does.
    inputHash: retiming ? scenesInputs({ ...project, retiming: null, pins: [] }) : task.inputHash,
    newId: deps.newId,
    now: now(),
  };
  const follows = retiming !== null && before.length > 0;
  // Whether the pins can be kept does not depend on the proposal: find it out before anything is paid for.
  const possible = follows ? null : proposedScenes(plan, NO_PROPOSAL, false);
  if (possible && !possible.ok) return failedStep(possible.failure);
  const asked = asks ? await propose(step, project, audio, lyrics) : null;
  if (asked && asked.kind !== "ok") return fromOutcome(asked);
  const proposal = asked?.value ?? project.proposal;
  const costUsd = asked ? asked.costUsd : 0;
  const planned = follows
    ? retimedScenes(plan, retiming)
    : proposedScenes(plan, proposal ?? NO_PROPOSAL, asked === null);
  if (!planned.ok) return { kind: "failed", failure: planned.failure, ...(asked ? { costUsd } : {}) };
  const fact = {
    kind: "scenes" as const,
    scenes: planned.scenes,
    proposal: asked?.value ?? planned.proposal,
    cover: planned.cover,
    beat: project.beat ? null : beat,
    audioEtag: audio.etag,
  };
  return { kind: "completed", facts: [fact], costUsd };
}

type Asked = Awaited<ReturnType<StepContext["deps"]["providers"]["director"]["proposeScenes"]>>;
type Proposed = Exclude<Asked, { kind: "ok" }> | { kind: "ok"; value: Proposal; costUsd: number | null };

async function propose(
  { deps, task }: StepContext,
  project: Project,
  audio: Audio,
  lyrics: Lyrics,
): Promise<Proposed> {
  const { style, mood, scenes, fps } = project.settings;
  const director = DIRECTORS[task.supplierIndex];
  if (!director) throw new Error(`There is no director ${task.supplierIndex}`);
  const asked = await deps.providers.director.proposeScenes({
    ...director,
    title: audio.title ?? project.name,
    style,
    mood,
    durationSeconds: audio.durationSeconds,
    minSeconds: scenes.minSeconds,
    maxSeconds: scenes.maxSeconds,
    lines: lyrics.lines.map((line, index) => ({
      index,
      startSeconds: line.startFrame / fps,
      endSeconds: line.endFrame / fps,
      text: line.text,
    })),
  });
  if (asked.kind !== "ok") return asked;
  const { value, costUsd } = asked;
  return { kind: "ok", value: { inputHash: proposalInputs(project), scenes: value.scenes }, costUsd };
}

/**
 * The beat by the song's sound, null where it can't be estimated. An error is logged: scenes can be cut
 * without it.
 */
async function estimatedBeat({ deps, task }: StepContext, audio: Audio): Promise<BeatGrid | null> {
  try {
    return await deps.media.beatOf(storedFile(deps.storage, audio));
  } catch (error) {
    deps.log("warn", "beat_not_estimated", { task: task.id, error: rootCause(error) });
    return null;
  }
}

const NO_PROPOSAL: Proposal = { inputHash: "", scenes: [] };
const NO_LYRICS = failure("lyrics_missing", "The song has not been transcribed.");
const CHANGED = failure("project_changed", "The lyrics changed while the scenes were being planned.", {
  retryable: true,
  nextAction: "Start a run again.",
});
