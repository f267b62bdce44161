/** Callers, and the fate of their calls: every port call of the world goes through here. */
import { AsyncLocalStorage } from "node:async_hooks";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import type { Project } from "../../src/domain/record/record.ts";
import type { Claim } from "../../src/ports/store.ts";
import type { Faults } from "./faults.ts";
import type { Chance } from "./random.ts";
import type { Time } from "./time.ts";

/** One invocation of a Worker, or one instance of a Durable Object. A dead one gets no answer any more. */
export class Caller {
  readonly name: string;
  alive = true;
  readonly #onDeath: (() => void)[] = [];

  constructor(name: string) {
    this.name = name;
  }

  onDeath(work: () => void): void {
    this.#onDeath.push(work);
  }

  die(): void {
    if (!this.alive) return;
    this.alive = false;
    for (const work of this.#onDeath) work();
  }
}

/** The task that the running code works on: set by the store's claim, read by the simulated providers. */
export const atWork = new AsyncLocalStorage<{
  taskId: string;
  claim: Extract<Claim, { kind: "claimed" }> | null;
  /** The project as it was at the last run request before the claim. */
  asked: Project | null;
}>();

export class PortFailed extends Error {
  override name = "PortFailed";
}

export class Runtime {
  readonly time: Time;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly history: string[] = [];
  /** How many of the last lines are kept, to explain a violation. */
  readonly kept: number;

  constructor(time: Time, chance: Chance, faults: Faults, kept: number) {
    this.time = time;
    this.chance = chance;
    this.faults = faults;
    this.kept = kept;
  }

  /** Adds a line to the history. */
  note(line: string): void {
    if (this.kept === 0) return;
    const seconds = ((this.time.now - Date.parse("2026-11-22T10:00:00Z")) / 1000).toFixed(3);
    this.history.push(`${seconds.padStart(12)}  ${line}`);
    if (this.history.length > this.kept) this.history.shift();
  }

  newId = (skewMs = 0): string =>
    uuidv7(
      this.time.now + skewMs,
      Uint8Array.from({ length: 10 }, () => this.chance.whole(0, 255)),
    );

  /** Does the work in one step some milliseconds from now; its answer comes a little later, or never. */
  call<T>(
    caller: Caller,
    port: string,
    work: () => T | Promise<T>,
    { most = 60, slowest = 90_000 }: { most?: number; slowest?: number } = {},
  ): Promise<T> {
    const { time, chance, faults } = this;
    return new Promise<T>((resolve, reject) => {
      if (!caller.alive) return;
      const fault = faults.at(port);
      if (fault) this.note(`${caller.name}: ${port} ${fault}`);
      const wait = fault === "slow" ? chance.whole(15_000, slowest) : chance.whole(0, most);
      const reply = (send: () => void) => {
        if (caller.alive) send();
      };
      // Half of the answers come at once, the others later.
      const answer = (send: () => void) =>
        chance.chance(0.5) ? reply(send) : time.after(chance.whole(0, most), () => reply(send));
      time.after(wait, async () => {
        if (fault === "dies_before") return caller.die();
        if (fault === "fails_before") return answer(() => reject(new PortFailed(`${port} failed`)));
        // The call of a caller that died meanwhile still arrives.
        try {
          const result = await work();
          if (fault === "dies_after") caller.die();
          else if (fault === "fails_after")
            answer(() => reject(new PortFailed(`${port}: the answer was lost`)));
          else answer(() => resolve(result));
        } catch (error) {
          answer(() => reject(error));
        }
      });
    });
  }
}
