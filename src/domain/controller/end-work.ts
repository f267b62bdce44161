/** Ends work that can't be planned: a defect must end with a reason, not with a project that runs for ever. */
import { failure } from "../record/failures.ts";
import type { ProjectRecord } from "../record/record.ts";
import type { Change } from "./change.ts";
import { isOpen, isOpenJob } from "./tasks.ts";

const UNPLANNABLE = failure(
  "planning_failed",
  "The service could not work out what to do next, however often it tried. This is a defect of the service.",
  {
    nextAction:
      "Start a run again. If it ends like this once more, give the operator the project's id; what is made is kept.",
  },
);

/**
 * Fails the pending tasks, and the jobs that have no other open ones. What a worker or a provider is at ends as
 * always, and its job with a later call. The project fails once nothing is open. Empty where nothing is left to
 * end.
 */
export function endWork({ project, jobs, tasks, readAt }: ProjectRecord): Change[] {
  const open = jobs.filter(isOpenJob);
  const busy = new Set(tasks.filter((t) => isOpen(t) && t.status !== "pending").map((t) => t.jobId));
  const ended = open.filter((job) => !busy.has(job.id));
  return [
    ...tasks
      .filter((task) => task.status === "pending")
      .map(
        ({ id, status, attempt }): Change => ({
          kind: "task.update",
          id,
          from: { status, attempt },
          set: { status: "failed", error: UNPLANNABLE },
          release: null,
        }),
      ),
    ...ended.map(
      ({ id, status, startedAt }): Change => ({
        kind: "job.update",
        id,
        from: status,
        set: { status: "failed", error: UNPLANNABLE, startedAt: startedAt ?? readAt, finishedAt: readAt },
      }),
    ),
    ...(ended.length === open.length && project.status === "running"
      ? [{ kind: "project", status: "failed" } as const]
      : []),
  ];
}
