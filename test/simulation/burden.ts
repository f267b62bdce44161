/** A project with a long history: ended tasks that are newer than all that are under way. */
import { CANCELED, NEWEST_TASKS_READ } from "../../src/domain/controller/tasks.ts";
import { taskOf } from "../support/record.ts";
import type { World } from "./world.ts";

/**
 * Adds canceled tasks of an earlier run to each project: one more than the number of newest tasks that are
 * read.
 */
export function burden(world: World): void {
  world.time.after(world.chance.whole(30_000, 600_000), () => {
    for (const rows of world.store.projects.values()) {
      const { id: projectId, runNumber } = rows.project;
      const at = new Date(world.time.now);
      const jobId = world.runtime.newId();
      rows.jobs = [
        ...rows.jobs,
        {
          id: jobId,
          projectId,
          type: "generate_clips",
          status: "canceled",
          progress: 0,
          payload: {},
          result: null,
          error: CANCELED,
          createdAt: at,
          startedAt: at,
          finishedAt: at,
        },
      ];
      const ended = Array.from({ length: NEWEST_TASKS_READ + 1 }, () =>
        taskOf(at, {
          id: world.runtime.newId(),
          jobId,
          projectId,
          type: "generate_clips",
          subject: projectId,
          status: "canceled",
          claimId: null,
          leaseUntil: null,
          claimedAt: null,
          runNumber: runNumber - 1,
          costEstimatedUsd: 0,
          error: CANCELED,
        }),
      );
      rows.tasks = [...ended, ...rows.tasks];
    }
  });
}
