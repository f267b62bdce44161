/**
 * What of a project's rows its record holds, besides tasks (`tasksInRecord`): the record is read at each look, so
 * it grows with the number of scenes and not with what was clicked. The store reads exactly these rows.
 */
import type { Approval, Clip, Film, Image, Job, Prompt } from "../record/record.ts";
import { newestApprovals } from "./approvals.ts";
import { isOpenJob } from "./tasks.ts";

export const RECORD_BOUNDS = {
  /** The newest versions of each scene's prompt. */
  promptsOfScene: 50,
  /** The newest images, and clips, of each scene in each status. */
  takesOfScene: 50,
  /** The newest films in each status. */
  films: 50,
  /** The newest jobs, besides the open ones. */
  jobs: 200,
  /** The newest decisions about each image and clip are kept; the record holds the newest one. */
  decisionsKept: 50,
} as const;

/** The rows with the highest keys of each group, in their given order. */
function newestOf<T>(
  rows: readonly T[],
  most: number,
  group: (row: T) => string,
  key: (row: T) => string,
): T[] {
  if (rows.length <= most) return [...rows];
  const groups = Map.groupBy(rows, group);
  const kept = new Set(
    [...groups.values()].flatMap((of) =>
      of.length <= most ? of : of.toSorted((a, b) => (key(a) < key(b) ? 1 : -1)).slice(0, most),
    ),
  );
  return rows.filter((row) => kept.has(row));
}

const versionKey = ({ version }: Prompt) => String(version).padStart(10, "0");
const byScene = ({ sceneId, status }: Image | Clip) => `${sceneId} ${status}`;

interface Histories {
  prompts: readonly Prompt[];
  images: readonly Image[];
  clips: readonly Clip[];
  approvals: readonly Approval[];
  films: readonly Film[];
  jobs: readonly Job[];
}

/** The rows of these histories that a record holds. */
export function historiesInRecord({ prompts, images, clips, approvals, films, jobs }: Histories) {
  const bounds = RECORD_BOUNDS;
  const counting = new Set(newestApprovals(approvals).values());
  const newestJobs = new Set(
    newestOf(
      jobs,
      bounds.jobs,
      () => "",
      (job) => job.id,
    ),
  );
  const idOf = ({ id }: { id: string }) => id;
  return {
    prompts: newestOf(prompts, bounds.promptsOfScene, (p) => p.sceneId, versionKey),
    images: newestOf(images, bounds.takesOfScene, byScene, idOf),
    clips: newestOf(clips, bounds.takesOfScene, byScene, idOf),
    approvals: approvals.filter((approval) => counting.has(approval)),
    films: newestOf(films, bounds.films, (film) => film.status, idOf),
    jobs: jobs.filter((job) => newestJobs.has(job) || isOpenJob(job)),
  };
}
