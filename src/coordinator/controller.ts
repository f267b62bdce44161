/**
 * One project's controller: looks at the record, decides with `plan`, applies, dispatches, publishes
 * and sets its own next wake-up. It knows neither Durable Objects nor sockets: those are its ports.
 */
import { rootCause } from "../db/errors.ts";
import type { Store } from "../db/store.ts";
import type { TaskQueue } from "../deps.ts";
import { plan } from "../domain/controller/plan.ts";
import type { ProjectRecord } from "../domain/record/record.ts";
import { diff, type FeedChange, type Published } from "../domain/views/feed.ts";
import type { Log } from "../log.ts";
import { publicView } from "./public-view.ts";

/** A wake that was cut short is found again after this; one that fails again and again, ever later, up to the most. */
const GUARD_MS = 10_000;
const MOST_GUARD_MS = 600_000;
const guardMs = (failures: number): number =>
  Math.min(MOST_GUARD_MS, GUARD_MS * 2 ** Math.min(10, Math.max(0, failures - 1)));
/** One wake settles the record in a few rounds; more means two writers, and the alarm comes back. */
const MOST_ROUNDS = 8;

/** The order of events, and what they add up to. */
export interface Events {
  published(): Published;
  /** Both in one transaction; gives the messages to send. */
  append(changes: FeedChange[], at: Date): string[];
}

export interface ControllerPorts {
  projectId: string;
  store: Pick<Store, "load" | "apply">;
  queue: Pick<TaskQueue, "send">;
  events: () => Events;
  alarm: { set: (afterMs: number) => Promise<void>; clear: () => Promise<void> };
  /** How many wakes in a row have failed, kept as long as the object. */
  failures: { read: () => number; write: (count: number) => void };
  broadcast: (message: string) => void;
  /** The project is gone: forget everything. */
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

  constructor(ports: ControllerPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves once the wake-up can't be lost; gives the work that goes on behind. Calls during a run fold
   * into one more. The wish comes before the alarm: a run that is about to rest then sees it, and
   * can't put a later alarm in place of this one.
   */
  async wake(): Promise<{ done: Promise<void> }> {
    this.#again = true;
    await this.#ports.alarm.set(GUARD_MS);
    // A run may have taken the wish meanwhile; one that finds no wish would end before it has begun.
    if (this.#again) this.#running ??= this.#run();
    return { done: this.#running ?? Promise.resolve() };
  }

  /** What a run under way has read may be out of date: it reads once more before it rests. */
  invalidate(): void {
    if (this.#running) this.#again = true;
  }

  async #run(): Promise<void> {
    const { projectId, alarm, log } = this.#ports;
    try {
      while (this.#again) {
        this.#again = false;
        try {
          await this.#settle();
        } catch (error) {
          log("error", "wake_failed", { project: projectId, error: rootCause(error) });
          // This project is looked at again in a moment; whoever deleted it took the alarm away meanwhile.
          await alarm.set(guardMs(this.#failed()));
        }
      }
    } catch (error) {
      log("error", "wake_not_armed", { project: projectId, error: rootCause(error) });
    } finally {
      this.#running = null;
    }
  }

  #failed(): number {
    const { failures } = this.#ports;
    const count = failures.read() + 1;
    failures.write(count);
    return count;
  }

  /** What can't be published is published later: the work goes on. */
  async #settle(): Promise<void> {
    const { projectId, store, queue, alarm, failures, newId, random, destroy } = this.#ports;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const record = await store.load(projectId);
      if (!record) return destroy();
      const published = this.publish(record);
      const next = plan(record, { newId, random });
      if (next.changes.length > 0) await store.apply(projectId, next.changes);
      const { ownerId } = record.project;
      if (next.dispatch.length > 0)
        await queue.send(next.dispatch.map((wakeUp) => ({ projectId, ownerId, ...wakeUp })));
      if (next.changes.length > 0) continue;
      if (this.#again) return;
      const waits = [
        ...(next.wakeAt ? [next.wakeAt.getTime() - record.readAt.getTime()] : []),
        ...(published ? [] : [guardMs(this.#failed())]),
      ];
      if (published && failures.read() > 0) failures.write(0);
      if (waits.length > 0) await alarm.set(Math.min(...waits));
      else await alarm.clear();
      return;
    }
  }

  /**
   * The difference to what was last told, as events; told to whoever listens. False where not all of it
   * could be told: what can, is.
   */
  publish(record: ProjectRecord): boolean {
    const { events, projectId, log } = this.#ports;
    try {
      const changes = diff(events().published(), publicView(record));
      if (changes.length === 0 || this.#tell(changes)) return true;
      return changes.length > 1 && changes.map((change) => this.#tell([change])).every(Boolean);
    } catch (error) {
      log("error", "publish_failed", { project: projectId, error: rootCause(error) });
      return false;
    }
  }

  /** All of these or none; whoever listens is told. */
  #tell(changes: FeedChange[]): boolean {
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
