/** The isolates that a Worker's invocations share: each has one memory, and so one heavy gate. */
import { newHeavyGate } from "../../src/pipeline/heavy-gate.ts";
import type { HeavyGate } from "../../src/ports/work.ts";
import type { Caller, Runtime } from "./runtime.ts";

/** Few, so that invocations often share one. */
const ISOLATES = 2;

interface Isolate {
  gate: HeavyGate;
  invocations: Set<Caller>;
  /** By how many milliseconds its machine's clock is wrong; null until it is read. */
  skewMs: number | null;
  /** The invocations that do heavy work, each with its task. */
  heavy: Map<Caller, string>;
}

export class Isolates {
  readonly #runtime: Runtime;
  readonly #violations: string[];
  readonly #of = new WeakMap<Caller, Isolate>();
  readonly #all: Isolate[];
  /** Makes the gate of a new isolate. */
  newGate: () => HeavyGate = newHeavyGate;

  constructor(runtime: Runtime, violations: string[]) {
    this.#runtime = runtime;
    this.#violations = violations;
    this.#all = Array.from({ length: ISOLATES }, () => this.#fresh());
  }

  #fresh(): Isolate {
    // Made when it is first needed, so that a test can replace `newGate` before that.
    let gate: HeavyGate | null = null;
    const enter = (now: number) => {
      gate ??= this.newGate();
      return gate.enter(now);
    };
    return { gate: { enter }, invocations: new Set(), skewMs: null, heavy: new Map() };
  }

  /**
   * Gives an invocation its isolate. When it is killed, it does not free the gate, or its isolate ends too.
   */
  enter(caller: Caller): void {
    const index = this.#runtime.chance.whole(0, ISOLATES - 1);
    const isolate = this.#all[index];
    if (!isolate) throw new Error("No such isolate");
    isolate.invocations.add(caller);
    this.#of.set(caller, isolate);
    caller.onDeath(() => {
      this.leave(caller);
      if (this.#all[index] !== isolate || this.#runtime.chance.chance(0.5)) return;
      this.#all[index] = this.#fresh();
      for (const other of [...isolate.invocations]) other.die();
    });
  }

  leave(caller: Caller): void {
    const isolate = this.#of.get(caller);
    isolate?.invocations.delete(caller);
    isolate?.heavy.delete(caller);
  }

  /**
   * The gate of the caller's isolate; a free one for a caller without an isolate, such as a Durable Object.
   */
  gateOf = (caller: Caller): HeavyGate => this.#of.get(caller)?.gate ?? newHeavyGate();

  /** The clock error of the caller's isolate; a new one from `draw` for a caller without an isolate. */
  skewOf(caller: Caller, draw: () => number): number {
    const isolate = this.#of.get(caller);
    if (!isolate) return draw();
    isolate.skewMs ??= draw();
    return isolate.skewMs;
  }

  /** An invocation claimed a heavy task: it must be the only one in its isolate. */
  begins(caller: Caller, taskId: string): void {
    const isolate = this.#of.get(caller);
    if (!caller.alive || !isolate) return;
    if (isolate.heavy.size > 0)
      this.#violations.push(`An isolate began heavy work on ${taskId} beside ${[...isolate.heavy.values()]}`);
    isolate.heavy.set(caller, taskId);
  }
}
