/** The platform: Durable Objects that are evicted, a bucket, a cron. */
import { Controller, type Events } from "../../src/coordinator/controller.ts";
import { publicView } from "../../src/domain/views/entities.ts";
import { applyChange, diff, nothingPublished, type Published } from "../../src/domain/views/feed.ts";
import type { Deps } from "../../src/ports/deps.ts";
import type { Storage, StoredObject } from "../../src/ports/storage.ts";
import type { Coordinator, WakeUp } from "../../src/ports/work.ts";
import { fileOf, type SimulatedFile } from "./providers.ts";
import { Caller, PortFailed, type Runtime } from "./runtime.ts";
import type { MemoryStore } from "./store.ts";

/** What one project's Durable Object stores. */
interface Kept {
  alarmAt: number | null;
  alarms: number;
  failures: number;
  told: Published;
  seq: number;
  receipts: Set<string>;
}

const nothing = (): Kept => ({
  alarmAt: null,
  alarms: 0,
  failures: 0,
  told: nothingPublished(),
  seq: 0,
  receipts: new Set(),
});

interface Life {
  caller: Caller;
  controller: Controller;
}

const MAX_ALARM_TRIES = 6;

/** One project's Durable Object: its storage, and its running instance, if there is one. */
export class ObjectHost {
  readonly projectId: string;
  kept = nothing();
  #life: Life | null = null;
  readonly #runtime: Runtime;
  readonly #depsFor: (caller: Caller) => Deps;
  readonly #forgotten: () => void;

  constructor(runtime: Runtime, projectId: string, depsFor: (caller: Caller) => Deps, forgotten: () => void) {
    this.#runtime = runtime;
    this.projectId = projectId;
    this.#depsFor = depsFor;
    this.#forgotten = forgotten;
  }

  #awake(): Life {
    if (this.#life) return this.#life;
    const caller = new Caller(`object ${this.projectId.slice(-6)}`);
    const { store, queue, now, newId, random, log } = this.#depsFor(caller);
    const storage = <T>(work: () => T) => this.#runtime.call(caller, "object.storage", work, { most: 3 });
    const controller = new Controller({
      projectId: this.projectId,
      store,
      queue,
      events: () => this.#events(),
      alarm: {
        set: (afterMs) => storage(() => this.#setAlarm(Math.max(1, afterMs))),
        clear: () =>
          storage(() => {
            this.kept.alarmAt = null;
          }),
      },
      failures: {
        read: () => this.kept.failures,
        write: (count) => {
          this.kept.failures = count;
        },
      },
      broadcast: () => {},
      destroy: async () => this.forget(),
      now,
      newId,
      random,
      log,
    });
    const life = { caller, controller };
    this.#life = life;
    caller.onDeath(() => {
      if (this.#life === life) this.#life = null;
    });
    return life;
  }

  #events(): Events {
    const { kept } = this;
    return {
      published: () => kept.told,
      append: (changes) => {
        for (const change of changes) {
          kept.seq++;
          kept.told = applyChange(kept.told, change);
        }
        return [];
      },
    };
  }

  #setAlarm(afterMs: number): void {
    const { kept } = this;
    const at = this.#runtime.time.now + afterMs;
    kept.alarmAt = at;
    kept.alarms++;
    this.#runtime.time.after(afterMs, () => {
      if (this.kept !== kept || kept.alarmAt !== at) return;
      kept.alarmAt = null;
      this.#ring(1);
      if (this.#runtime.faults.happens("alarm_doubled")) this.#ring(1);
    });
  }

  /** An alarm whose handling fails is repeated, six times in all. */
  #ring(nth: number): void {
    const { caller, controller } = this.#awake();
    let over = false;
    const again = () => {
      if (over) return;
      over = true;
      if (nth < MAX_ALARM_TRIES) this.#runtime.time.after(2_000 * 2 ** nth, () => this.#ring(nth + 1));
    };
    caller.onDeath(again);
    controller.wake().then(
      ({ done }) =>
        done.then(() => {
          over = true;
        }),
      again,
    );
  }

  evict(): void {
    this.#life?.caller.die();
  }

  /** A call from outside: it fails where the instance dies before it has answered. */
  #rpc<T>(work: (life: Life) => Promise<T>): Promise<T> {
    if (this.#runtime.faults.happens("object_evicted")) this.evict();
    const life = this.#awake();
    return new Promise((resolve, reject) => {
      life.caller.onDeath(() => reject(new PortFailed("The object was reset")));
      work(life).then(resolve, reject);
    });
  }

  wake(): Promise<void> {
    return this.#rpc(async ({ controller }) => {
      await controller.wake();
    });
  }

  receive(webhookId: string, wakeUp: WakeUp): Promise<void> {
    return this.#rpc(async ({ caller }) => {
      const { kept } = this;
      if (kept.receipts.has(webhookId)) return;
      await this.#depsFor(caller).queue.send([wakeUp]);
      kept.receipts.add(webhookId);
    });
  }

  forget(): void {
    this.kept = nothing();
    this.#forgotten();
  }

  seenBy(caller: Caller): Coordinator {
    const never = () => Promise.reject(new Error("The simulation does not call this"));
    return {
      wake: () => this.#runtime.call(caller, "coordinator.wake", () => this.wake()),
      receive: (id, wakeUp) =>
        this.#runtime.call(caller, "coordinator.receive", () => this.receive(id, wakeUp)),
      destroy: () =>
        this.#runtime.call(caller, "coordinator.destroy", () =>
          this.#rpc(async ({ controller }) => {
            this.forget();
            controller.invalidate();
          }),
        ),
      progress: async () => {},
      issueTicket: never,
      redeem: never,
      connect: never,
      ping: async () => {},
    };
  }
}

/** How many changes of a project the feed has not published. */
export function untoldOf(store: MemoryStore, projectId: string, told: Published): number {
  const record = store.recordOf(projectId);
  return record ? diff(told, publicView(record)).length : 0;
}

interface Stored {
  object: StoredObject;
  file: SimulatedFile;
}

export class SimulatedBucket {
  readonly objects = new Map<string, Stored>();
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  put(key: string, contentType: string, file: SimulatedFile): StoredObject {
    const object = { key, bytes: 1000, etag: `etag-${file.id}`, contentType };
    this.objects.set(key, { object, file });
    return object;
  }

  seenBy(caller: Caller): Storage {
    const call = <T>(port: string, work: () => T, most?: number) =>
      this.#runtime.call(caller, `storage.${port}`, work, { most });
    const at = (key: string, etag?: string) => {
      const found = this.objects.get(key);
      return found && (etag === undefined || found.object.etag === etag) ? found : null;
    };
    return {
      head: (key) => call("head", () => at(key)?.object ?? null),
      // The first byte says whether the file can be read, the others the number of frames and the width.
      read: (key, start, end, etag) =>
        call("read", () => {
          const found = at(key, etag);
          if (!found) return null;
          const bytes = new Uint8Array(end - start);
          const { good, foreign, frames, width = 0 } = found.file;
          bytes.set([foreign ? 2 : good ? 1 : 0, frames >> 8, frames & 255, width >> 8, width & 255]);
          return bytes;
        }),
      stream: () => Promise.reject(new Error("The simulation does not stream files")),
      open: () => Promise.reject(new Error("The simulation does not open files")),
      put: (key, body, contentType) =>
        call(
          "put",
          () => {
            const file = "body" in body ? fileOf.get(body.body) : undefined;
            return this.put(key, contentType, file ?? { id: key, good: true, frames: 0 });
          },
          3_000,
        ),
      multipart: (key, contentType) =>
        call("multipart", () => ({
          part: async () => {},
          complete: () =>
            call("complete", () => this.put(key, contentType, { id: key, good: true, frames: 0 })),
          abort: async () => {},
        })),
      delete: (keys) =>
        call("delete", () => {
          for (const key of keys) this.objects.delete(key);
        }),
      deletePrefix: (prefix) =>
        call("deletePrefix", () => {
          const found = [...this.objects.keys()].filter((key) => key.startsWith(prefix));
          for (const key of found) this.objects.delete(key);
          return found.length;
        }),
      presignPut: async () => ({ url: "https://bucket.test", headers: {} }),
      presignGet: async ({ key }) => `https://bucket.test/${key}`,
    };
  }
}
