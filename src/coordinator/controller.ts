/**
 * One project's controller. A wake reads the record, publishes what changed, decides with `plan`, applies the
 * changes, sends tasks to the queue and sets the next alarm. Durable Object, sockets and queue are ports.
 */

import type { Plan } from "../domain/controller/change.ts";
import { endWork } from "../domain/controller/end-work.ts";
import { plan } from "../domain/controller/plan.ts";
import { isOpenJob } from "../domain/controller/tasks.ts";
import type { ProjectRecord } from "../domain/record/record.ts";
import { publicView } from "../domain/views/entities.ts";
import { diff, type FeedChange, type Published } from "../domain/views/feed.ts";
import { rootCause } from "../errors.ts";
import type { Log } from "../log.ts";
import type { Store } from "../ports/store.ts";
import type { TaskQueue } from "../ports/work.ts";

/**
 * An interrupted wake is repeated after `GUARD_MS`, and so is the first that fails. Each further failure in a
 * row doubles the time, up to `MAX_GUARD_MS`.
 */
const GUARD_MS = 10_000;
const MAX_GUARD_MS = 600_000;
const guardMs = (failures: number): number =>
  Math.min(MAX_GUARD_MS, GUARD_MS * 2 ** Math.min(10, Math.max(0, failures - 1)));
/** After so many wakes in a row that failed, the last because of the plan itself, the work ends with that reason. */
const PLAN_TRIES = 8;
/** A few rounds are enough for one wake; more means that another writer interferes, and the alarm goes on. */
const MAX_ROUNDS = 8;

/** The port to the event log. */
export interface Events {
  published(): Published;
  /** Appends events and what they publish, in one transaction; returns the messages to send. */
  append(changes: FeedChange[], at: Date): string[];
}

export interface ControllerPorts {
  projectId: string;
  store: Pick<Store, "load" | "apply">;
  queue: Pick<TaskQueue, "send">;
  events: () => Events;
  alarm: { set: (afterMs: number) => Promise<void>; clear: () => Promise<void> };
  /** How many wakes in a row have failed; stored with the object. */
  failures: { read: () => number; write: (count: number) => void };
  broadcast: (message: string) => void;
  /** The project was deleted: deletes everything that is stored for it. */
  destroy: () => Promise<void>;
  now: () => Date;
  newId: () => string;
  random: () => number;
  log: Log;
}

export class Controller {
  readonly #ports: ControllerPorts;
  #running: Promise<void> | null = null;
  #again = false;
  /** Of wake-ups whose record is not read yet. */
  #published: PromiseWithResolvers<boolean> | null = null;
  /** Of the newest wake-up that named a request; for the messages and log lines of the runs it leads to. */
  #requestId: string | undefined;

  constructor(ports: ControllerPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves once the wake-up can't be lost; `done` resolves when its work ends, and `published` when the
   * record that it reads was published: false where there is none. `published` rejects where the record can't
   * be read. Calls during a run lead to one more run. The flag is set before the alarm: a run that is about to end then sees the flag, and does
   * not replace this alarm by a later one.
   */
  async wake(requestId?: string): Promise<{ done: Promise<void>; published: Promise<boolean> }> {
    this.#again = true;
    this.#published ??= Promise.withResolvers();
    const published = this.#published.promise;
    // Most callers do not wait for it.
    published.catch(() => {});
    this.#requestId = requestId ?? this.#requestId;
    await this.#ports.alarm.set(GUARD_MS);
    // The current run may have handled the flag meanwhile; without the flag a new run would do nothing.
    if (this.#again) this.#running ??= this.#run();
    return { done: this.#running ?? Promise.resolve(), published };
  }

  /** What a current run has read may be out of date: it reads once more before it ends. */
  invalidate(): void {
    if (this.#running) this.#again = true;
  }

  async #run(): Promise<void> {
    const { projectId, alarm, log } = this.#ports;
    try {
      while (this.#again) {
        this.#again = false;
        const awaited = this.#published;
        this.#published = null;
        try {
          await this.#settle((exists) => awaited?.resolve(exists));
        } catch (error) {
          awaited?.reject(error);
          log("error", "wake_failed", {
            project: projectId,
            request: this.#requestId,
            error: rootCause(error),
          });
          // Set the alarm again: it is due later after each failure, and a deletion may have removed it.
          await alarm.set(guardMs(this.#failed()));
        }
      }
    } catch (error) {
      log("error", "wake_not_armed", { project: projectId, error: rootCause(error) });
    } finally {
      this.#running = null;
      this.#requestId = undefined;
    }
  }

  #failed(): number {
    const { failures } = this.#ports;
    const count = failures.read() + 1;
    failures.write(count);
    return count;
  }

  /** One wake. A failure to publish does not stop the work: it is published later. */
  async #settle(published: (exists: boolean) => void): Promise<void> {
    const { projectId, store, queue, alarm, failures, newId, random, destroy } = this.#ports;
    const requestId = this.#requestId;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const record = await store.load(projectId);
      if (!record) {
        await destroy();
        return published(false);
      }
      const isPublished = this.#publish(record);
      published(true);
      const next = await this.#planned(record, () => plan(record, { newId, random }));
      if (!next) continue;
      if (next.changes.length > 0) await store.apply(projectId, next.changes);
      const { ownerId } = record.project;
      if (next.dispatch.length > 0)
        await queue.send(next.dispatch.map((wakeUp) => ({ projectId, ownerId, requestId, ...wakeUp })));
      if (next.changes.length > 0) continue;
      if (this.#again) return;
      const waits = [
        ...(next.wakeAt ? [next.wakeAt.getTime() - record.readAt.getTime()] : []),
        ...(isPublished ? [] : [guardMs(this.#failed())]),
      ];
      if (isPublished && !next.failed && failures.read() > 0) failures.write(0);
      if (waits.length > 0) await alarm.set(Math.min(...waits));
      else await alarm.clear();
      return;
    }
  }

  /**
   * The plan; null where it failed too often and the work was ended, and an empty one (`failed`) where nothing was
   * left to end. Throws where it may be tried again.
   */
  async #planned(record: ProjectRecord, make: () => Plan): Promise<(Plan & { failed?: true }) | null> {
    const { projectId, store, failures, log } = this.#ports;
    try {
      return make();
    } catch (error) {
      if (failures.read() + 1 < PLAN_TRIES) throw error;
      const changes = endWork(record);
      if (changes.length === 0) {
        // At rest until somebody asks for more: a project that needs nothing is not planned again and again.
        if (record.jobs.some(isOpenJob)) throw error;
        return { changes: [], dispatch: [], wakeAt: null, failed: true };
      }
      log("error", "work_ended", { project: projectId, error: rootCause(error) });
      await store.apply(projectId, changes);
      return null;
    }
  }

  /**
   * Publishes the diff between what was published and the record: appends events and sends them to the open
   * sockets. False where not all of it could be appended; what can be, is.
   */
  #publish(record: ProjectRecord): boolean {
    const { events, projectId, log } = this.#ports;
    try {
      const changes = diff(events().published(), publicView(record));
      if (changes.length === 0 || this.#append(changes)) return true;
      return changes.length > 1 && changes.map((change) => this.#append([change])).every(Boolean);
    } catch (error) {
      log("error", "publish_failed", { project: projectId, error: rootCause(error) });
      return false;
    }
  }

  /** Appends all of these changes or none, and broadcasts them. False where that fails. */
  #append(changes: FeedChange[]): boolean {
    const { events, now, broadcast, projectId, log } = this.#ports;
    try {
      for (const message of events().append(changes, now())) broadcast(message);
      return true;
    } catch (error) {
      const first = changes[0] && `${changes[0].entity} ${changes[0].id}`;
      log("error", "publish_failed", {
        project: projectId,
        changes: changes.length,
        first,
        error: rootCause(error),
      });
      return false;
    }
  }
}
