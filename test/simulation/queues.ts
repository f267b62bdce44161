/** The queues, as wrangler.toml describes them: messages are lost, doubled and delayed. */

import { consume } from "../../src/pipeline/consumer.ts";
import { handleDeadLetters } from "../../src/pipeline/dead-letters.ts";
import { messageOf } from "../../src/pipeline/queue.ts";
import type { Deps } from "../../src/ports/deps.ts";
import type { TaskQueue, WakeUp } from "../../src/ports/work.ts";
import type { Isolates } from "./isolates.ts";
import { Caller, type Runtime } from "./runtime.ts";

/** As in wrangler.toml. */
const MAX_DELIVERIES = { tasks: 6, heavy: 6, dead: 11 };
const MAX_IN_A_BATCH = { tasks: 10, heavy: 1, dead: 10 };
type QueueName = keyof typeof MAX_DELIVERIES;

interface Message {
  body: unknown;
  attempts: number;
}

/** Delivers messages at least once, except where a fault loses one. */
export class SimulatedQueue {
  readonly #runtime: Runtime;
  readonly #depsFor: (caller: Caller) => Deps;
  readonly #isolates: Isolates;
  readonly #ready: Record<QueueName, Message[]> = { tasks: [], heavy: [], dead: [] };
  deadLetters = 0;

  constructor(runtime: Runtime, isolates: Isolates, depsFor: (caller: Caller) => Deps) {
    this.#runtime = runtime;
    this.#isolates = isolates;
    this.#depsFor = depsFor;
  }

  seenBy(caller: Caller): TaskQueue {
    return {
      send: (wakeUps, afterSeconds = 0) =>
        this.#runtime.call(caller, "queue.send", () => this.#accept(wakeUps, afterSeconds * 1000)),
      ping: async () => {},
    };
  }

  #accept(wakeUps: WakeUp[], delayMs: number): void {
    for (const wakeUp of wakeUps) {
      const body = JSON.parse(JSON.stringify(messageOf(wakeUp)));
      const { faults, chance } = this.#runtime;
      if (faults.happens("message_lost")) continue;
      const queue = wakeUp.heavy && !faults.happens("message_astray", 2) ? "heavy" : "tasks";
      const copies = faults.happens("message_doubled", 2) ? 2 : 1;
      for (let i = 0; i < copies; i++) {
        const late = faults.happens("message_late", 2);
        this.#later(
          queue,
          { body, attempts: 1 },
          delayMs + (late ? chance.whole(5_000, 180_000) : chance.whole(10, 1_500)),
        );
      }
    }
  }

  #later(queue: QueueName, message: Message, ms: number): void {
    this.#runtime.time.after(ms, () => {
      this.#ready[queue].push(message);
      this.#runtime.time.after(this.#runtime.chance.whole(0, 200), () => this.#pump(queue));
    });
  }

  #pump(queue: QueueName): void {
    const { chance } = this.#runtime;
    const batch = this.#ready[queue].splice(0, chance.whole(1, MAX_IN_A_BATCH[queue]));
    if (batch.length === 0) return;
    const caller = new Caller({ tasks: "consumer", heavy: "heavy consumer", dead: "dead letters" }[queue]);
    this.#isolates.enter(caller);
    const open = new Set(batch);
    const again = (message: Message, ms: number) => {
      if (!open.delete(message)) return;
      const attempts = message.attempts + 1;
      if (attempts <= MAX_DELIVERIES[queue]) this.#later(queue, { ...message, attempts }, ms);
      else if (queue !== "dead") {
        this.deadLetters++;
        this.#later("dead", { ...message, attempts: 1 }, ms);
      }
    };
    // The consumer died without an answer: its messages are delivered again after a time.
    caller.onDeath(() => {
      for (const message of [...open]) again(message, chance.whole(1_000, 900_000));
    });
    const work = queue === "dead" ? handleDeadLetters : consume;
    const metadata = { metrics: { backlogCount: 0, backlogBytes: 0 } };
    void work(
      {
        queue: `omvee-${queue}`,
        metadata,
        messages: batch.map((message, i) => ({
          id: String(i),
          timestamp: new Date(this.#runtime.time.now),
          body: message.body,
          attempts: message.attempts,
          ack: () => void open.delete(message),
          retry: (options) => again(message, (options?.delaySeconds ?? 0) * 1000),
        })),
        ackAll: () => {},
        retryAll: () => {},
      },
      this.#depsFor(caller),
    ).then(
      () => {
        open.clear();
        this.#isolates.leave(caller);
      },
      () => {
        this.#isolates.leave(caller);
        for (const message of [...open]) again(message, 1_000);
      },
    );
    // A consumer may run for fifteen minutes.
    this.#runtime.time.after(900_000, () => {
      if (open.size > 0) caller.die();
    });
  }
}
