/** The run request and the units that it covers: an edit made after it buys nothing. */

import { inputHash } from "../record/hash.ts";
import {
  type Project,
  type ProjectRecord,
  type RunRequest,
  type Scene,
  STAGES,
  type Stage,
  type Task,
} from "../record/record.ts";
import { type Current, currentOf } from "./current.ts";
import type { Unit } from "./stages/policy.ts";

/** The request of a run that starts now: what a person may edit of the project, as it is now. */
export function requestOf(
  { name, settings, pins, beat, audio }: Pick<Project, "name" | "settings" | "pins" | "beat" | "audio">,
  scenes: readonly Pick<Scene, "id" | "motif">[],
  { target, at }: { target: Stage | null; at: Date },
): RunRequest {
  return {
    at: at.toISOString(),
    target,
    name,
    settings,
    pins,
    beat: beat?.source === "tapped" ? beat : null,
    audioEtag: audio?.etag ?? null,
    motifs: Object.fromEntries(scenes.flatMap(({ id, motif }) => (motif ? [[id, motif]] : []))),
  };
}

/** Equal for requests of the same content; when each was made does not count. */
const fingerprint = ({ beat, at: _, ...runRequest }: RunRequest): string =>
  inputHash({ ...runRequest, beat: beat && { ...beat } });

/** The record with everything that a person may edit as it was when the run was requested. */
function asRequested(record: ProjectRecord, runRequest: RunRequest): ProjectRecord {
  const { project, scenes } = record;
  const { name, settings, pins } = runRequest;
  const beat = runRequest.beat ?? (project.beat?.source === "tapped" ? null : project.beat);
  return {
    ...record,
    project: { ...project, name, settings, pins, beat },
    scenes: scenes.map((scene) => ({ ...scene, motif: runRequest.motifs[scene.id] ?? null })),
  };
}

const keyOf = ({ stage, subject, inputHash: hash }: Unit): string => `${stage} ${subject} ${hash}`;

export const isUnitOf = (unit: Unit, task: Pick<Task, "type" | "subject" | "inputHash">): boolean =>
  unit.stage === task.type && unit.subject === task.subject && unit.inputHash === task.inputHash;

/** The place of a stage in the pipeline, from 0; -1 for none. */
export const stageRank = (stage: Stage | null): number => (stage ? STAGES.indexOf(stage) : -1);

/**
 * Tells which units the person has asked for: units up to the run's target stage that had the same inputs
 * when the run was requested, and units of tasks that were retried since.
 */
function coverage(record: ProjectRecord): (unit: Unit) => boolean {
  const { project, scenes, tasks } = record;
  const { runRequest } = project;
  if (!runRequest) return () => false;
  const retried = tasks.filter(
    (task) => task.retriedAt && task.retriedAt.getTime() >= Date.parse(runRequest.at),
  );
  const isRetried = (unit: Unit) => retried.some((task) => isUnitOf(unit, task));
  if (runRequest.audioEtag !== (project.audio?.etag ?? null)) return isRetried;
  const reaches = ({ stage }: Unit) => stageRank(stage) <= stageRank(runRequest.target);
  const now = requestOf(project, scenes, { target: runRequest.target, at: record.readAt });
  if (fingerprint(runRequest) === fingerprint(now)) return (unit) => reaches(unit) || isRetried(unit);
  const requested = new Set(currentOf(asRequested(record, runRequest)).units.map(keyOf));
  return (unit) => (reaches(unit) && requested.has(keyOf(unit))) || isRetried(unit);
}

/**
 * The current units, up to the project's target stage, that the person asked for with their present inputs.
 */
export function requestedUnits(record: ProjectRecord, current: Current): Unit[] {
  const { targetStage } = record.project;
  if (targetStage === null) return [];
  const isCovered = coverage(record);
  return current.units.filter((unit) => stageRank(unit.stage) <= stageRank(targetStage) && isCovered(unit));
}
