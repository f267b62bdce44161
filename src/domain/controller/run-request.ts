/** What a run was asked for, and which work that covers: an edit after it buys nothing. */

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
import { type Current, currentOf, type Unit } from "./current.ts";

/** What a person may edit of a project, as a run asked for now would have it. */
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

const fingerprint = ({ beat, at: _, ...runRequest }: RunRequest): string =>
  inputHash({ ...runRequest, beat: beat && { ...beat } });

/** The record with what a person may edit put back to what it was when the run was asked for. */
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

const stageRank = (stage: Stage | null): number => (stage ? STAGES.indexOf(stage) : -1);

/**
 * Which units the person has asked for: those that the last run wanted too, with the same inputs, as far as it
 * was to go; and tasks that they asked to be made again by name since.
 */
function coverage(record: ProjectRecord): (unit: Unit) => boolean {
  const { project, scenes, tasks } = record;
  const { runRequest } = project;
  if (!runRequest) return () => false;
  const retried = tasks.filter(
    (task) => task.retriedAt && task.retriedAt.getTime() >= Date.parse(runRequest.at),
  );
  const byName = (unit: Unit) => retried.some((task) => isUnitOf(unit, task));
  if (runRequest.audioEtag !== (project.audio?.etag ?? null)) return byName;
  const reaches = ({ stage }: Unit) => stageRank(stage) <= stageRank(runRequest.target);
  const now = requestOf(project, scenes, { target: runRequest.target, at: record.readAt });
  if (fingerprint(runRequest) === fingerprint(now)) return (unit) => reaches(unit) || byName(unit);
  const asked = new Set(currentOf(asRequested(record, runRequest)).units.map(keyOf));
  return (unit) => (reaches(unit) && asked.has(keyOf(unit))) || byName(unit);
}

/** The units that the person asked for and that are wanted as they were then. */
export function coveredUnits(record: ProjectRecord, current: Current): Unit[] {
  const { targetStage } = record.project;
  if (targetStage === null) return [];
  const isCovered = coverage(record);
  return current.units.filter((unit) => stageRank(unit.stage) <= stageRank(targetStage) && isCovered(unit));
}
