/**
 * One project's controller: looks at the record, decides with `plan`, applies, dispatches, publishes
 * and sets its own next wake-up. It knows neither Durable Objects nor sockets: those are its ports.
 */
import { rootCause } from "../db/errors.ts";
import type { Store } from "../db/store.ts";
import type { TaskQueue } from "../deps.ts";
import { type FeedChange, type Told, untold } from "../domain/feed.ts";
import { plan } from "../domain/plan.ts";
import type { ProjectRecord } from "../domain/record.ts";
import type { Log } from "../log.ts";
import { publicView } from "./view.ts";

/** A wake that was cut short is found again after this. */
const GUARD_MS = 10_000;
/** One wake settles the record in a few rounds; more means two writers, and the alarm comes back. */
const MOST_ROUNDS = 8;

/** The order of events, and what they add up to. */
export interface Events {
  told(): Told;
  /** Both in one transaction; gives the messages to send. */
  append(changes: FeedChange[], at: Date): string[];
}

export interface ControllerPorts {
  projectId: string;
  store: Pick<Store, "load" | "apply">;
  queue: Pick<TaskQueue, "send">;
  events: () => Events;
  alarm: { set: (afterMs: number) => Promise<void>; clear: () => Promise<void> };
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
  lookAgain(): void {
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
          await alarm.set(GUARD_MS);
        }
      }
    } catch (error) {
      log("error", "wake_not_armed", { project: projectId, error: rootCause(error) });
    } finally {
      this.#running = null;
    }
  }

  async #settle(): Promise<void> {
    const { projectId, store, queue, alarm, newId, random, destroy } = this.#ports;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const record = await store.load(projectId);
      if (!record) return destroy();
      this.publish(record);
      const next = plan(record, { newId, random });
      if (next.changes.length > 0) await store.apply(projectId, next.changes);
      if (next.dispatch.length > 0) await queue.send(next.dispatch.map((taskId) => ({ projectId, taskId })));
      if (next.changes.length > 0) continue;
      if (this.#again) return;
      if (next.wakeAt) await alarm.set(next.wakeAt.getTime() - record.readAt.getTime());
      else await alarm.clear();
      return;
    }
  }

  /** The difference to what was last told, as events; told to whoever listens. */
  publish(record: ProjectRecord): void {
    const { events, now, broadcast } = this.#ports;
    const changes = untold(events().told(), publicView(record));
    if (changes.length === 0) return;
    for (const message of events().append(changes, now())) broadcast(message);
  }
}
