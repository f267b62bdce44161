/** The store: reads and writes a project and its work, each in one transaction and one round trip. */
import { type SQL, sql } from "drizzle-orm";
import { MAX_OF_OWNER, type OwnerLimits } from "../domain/record/limits.ts";
import type { Store } from "../ports/store.ts";
import * as approvals from "./approvals.ts";
import { claimTask, failPendingTask, renewLease, settleTask } from "./claims.ts";
import type { Db } from "./client.ts";
import * as deletions from "./deletions.ts";
import { read, writeOnce, writeRepeatable } from "./outage.ts";
import { applyChanges } from "./plans.ts";
import * as projects from "./projects.ts";
import { loadRecord } from "./record.ts";
import * as runs from "./runs.ts";
import * as scenes from "./scenes.ts";
import * as songs from "./songs.ts";
import { projectsToSweep } from "./sweep.ts";

export interface StoreOptions {
  newId: () => string;
  /** What an owner without a budget of their own may spend in all; null for no limit. */
  ownerBudgetUsd: number | null;
  /** Replace those of the record. */
  limits?: Partial<OwnerLimits>;
  /** Replaces the database's clock. */
  now?: () => Date;
}

export function postgresStore(
  db: Db,
  { newId, ownerBudgetUsd, now: given, ...options }: StoreOptions,
): Store {
  const limits = { ...MAX_OF_OWNER, ...options.limits };
  const now = (): SQL => (given ? sql`${given().toISOString()}::timestamptz` : sql`now()`);
  return {
    load: (projectId) => loadRecord(db, projectId, now()),
    apply: (projectId, changes) => applyChanges(db, projectId, changes, now()),
    claim: (ids) =>
      claimTask(db, ids, { pending: newId(), waiting: newId() }, { ownerBudgetUsd, now: now() }),
    renew: (task) => renewLease(db, task, now()),
    settle: (task, settlement) => settleTask(db, task, settlement, now()),
    fail: (ids, failure) => failPendingTask(db, ids, failure, now()),
    projectsToSweep: (idleSeconds, limit) => projectsToSweep(db, now(), idleSeconds, limit),
    createProject: (project) => writeRepeatable(() => projects.createProject(db, project, limits, now())),
    findProject: (whose) => read(() => projects.findProject(db, whose)),
    editProject: (whose, edit) => writeOnce(() => projects.editProject(db, whose, edit, now())),
    attachAudio: (whose, song) => writeOnce(() => songs.attachAudio(db, whose, song, now())),
    chooseMotif: (whose, motif) => writeOnce(() => scenes.chooseMotif(db, whose, motif, now())),
    requestRun: (whose, target) => writeOnce(() => runs.requestRun(db, whose, target, limits, now())),
    cancel: (whose, stages, target) => writeOnce(() => runs.cancel(db, whose, stages, target, now())),
    retry: (whose, what) => writeOnce(() => runs.retryTasks(db, whose, what, now())),
    recordApprovals: (whose, inputs) => writeOnce(() => approvals.recordApprovals(db, whose, inputs, now())),
    removeProject: (whose) => writeOnce(() => projects.removeProject(db, whose, now())),
    announceUpload: (whose, upload) =>
      writeRepeatable(() => deletions.announceUpload(db, whose, upload, limits, now())),
    holdUpload: (whose, key) => writeRepeatable(() => deletions.holdUpload(db, whose, key, now())),
    refuseUpload: (whose, key) => writeRepeatable(() => deletions.refuseUpload(db, whose, key)),
    takeObjectsToDelete: (most) => writeRepeatable(() => deletions.takeObjectsToDelete(db, most, now())),
    forgetObjects: (paths) => writeRepeatable(() => deletions.forgetObjects(db, paths)),
  };
}
