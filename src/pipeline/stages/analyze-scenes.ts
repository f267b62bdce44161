import { rootCause } from "../../db/errors.ts";
import { needsDirector, proposalInputs, scenesInputs } from "../../domain/controller/inputs.ts";
import { failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { failure } from "../../domain/controller/tasks.ts";
import { followingScenes, proposedScenes, type ScenePlan } from "../../domain/cover/plan-scenes.ts";
import { DIRECTOR_CHOICES } from "../../domain/models/language-models.ts";
import type { Audio, BeatGrid, Lyrics, Project, Proposal } from "../../domain/record/record.ts";
import { storedFile } from "../../media/lib/source.ts";
import { fromOutcome } from "../outcome.ts";
import type { StepContext } from "../step.ts";

/**
 * The director proposes scenes by lyric line; the solver makes them cover the song exactly. Nobody is asked
 * where the same lyrics are cut anew, or where the scenes follow another recording of their song.
 */
export async function analyzeScenes(step: StepContext): Promise<StepResult> {
  const { deps, task, record, now } = step;
  const { project, scenes: before } = record;
  const { audio, lyrics, retiming } = project;
  if (!audio || !lyrics) return failedStep(NO_LYRICS);
  const asks = needsDirector(project, before);
  // It was planned, and its cost reserved, when nobody had to be asked.
  if (asks && !task.model) return failedStep(CHANGED);
  const beat = project.beat ?? (await estimatedBeat(step, audio));
  const plan: ScenePlan = {
    record,
    audio,
    lyrics,
    beat,
    // Once they follow it, they are the scenes of this song like any others: pins are the next cut's to keep.
    inputHash: retiming ? scenesInputs({ ...project, retiming: null, pins: [] }) : task.inputHash,
    newId: deps.newId,
    now: now(),
  };
  const follows = retiming !== null && before.length > 0;
  // Whether the pins can be kept is no matter of taste: it is known before anything is paid.
  const possible = follows ? null : proposedScenes(plan, NO_PROPOSAL, false);
  if (possible && !possible.ok) return failedStep(possible.failure);
  const asked = asks ? await propose(step, project, audio, lyrics) : null;
  if (asked && asked.kind !== "ok") return fromOutcome(asked);
  const proposal = asked?.value ?? project.proposal;
  const costUsd = asked ? asked.costUsd : 0;
  const planned = follows
    ? followingScenes(plan, retiming)
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
  const director = DIRECTOR_CHOICES[task.supplierIndex];
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

/** Cuts that don't know the beat are cuts all the same: what can't be heard is no reason to fail. */
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
