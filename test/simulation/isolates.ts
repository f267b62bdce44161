/** The isolates that a Worker's invocations share: each has one memory, and so one gate of heavy work. */
import { type HeavyGate, openGate } from "../../src/pipeline/heavy-gate.ts";
import type { Caller, Runtime } from "./runtime.ts";

/** So few that invocations meet. */
const ISOLATES = 2;

interface Isolate {
  gate: HeavyGate;
  invocations: Set<Caller>;
  /** Milliseconds that its machine's clock is wrong by; null until somebody reads it. */
  skewMs: number | null;
  /** The invocations that do heavy work, and on which task. */
  heavy: Map<Caller, string>;
}

export class Isolates {
  readonly #runtime: Runtime;
  readonly #violations: string[];
  readonly #of = new WeakMap<Caller, Isolate>();
  readonly #all: Isolate[];
  /** A gate for each new isolate. */
  newGate: () => HeavyGate = openGate;

  constructor(runtime: Runtime, violations: string[]) {
    this.#runtime = runtime;
    this.#violations = violations;
    this.#all = Array.from({ length: ISOLATES }, () => this.#fresh());
  }

  #fresh(): Isolate {
    // Later, so that another gate may be put in place of ours before the first is needed.
    let gate: HeavyGate | null = null;
    const enter = (now: number) => {
      gate ??= this.newGate();
      return gate.enter(now);
    };
    return { gate: { enter }, invocations: new Set(), skewMs: null, heavy: new Map() };
  }

  /** Gives an invocation its isolate. Killed, it leaves a gate that it holds shut, or takes the isolate along. */
  enter(caller: Caller): void {
    const place = this.#runtime.chance.whole(0, ISOLATES - 1);
    const isolate = this.#all[place];
    if (!isolate) throw new Error("No such isolate");
    isolate.invocations.add(caller);
    this.#of.set(caller, isolate);
    caller.onDeath(() => {
      this.leave(caller);
      if (this.#all[place] !== isolate || this.#runtime.chance.chance(0.5)) return;
      this.#all[place] = this.#fresh();
      for (const other of [...isolate.invocations]) other.die();
    });
  }

  leave(caller: Caller): void {
    const isolate = this.#of.get(caller);
    isolate?.invocations.delete(caller);
    isolate?.heavy.delete(caller);
  }

  /** Of an invocation that no isolate was given: an object's, which does no heavy work, but for itself. */
  gateOf = (caller: Caller): HeavyGate => this.#of.get(caller)?.gate ?? openGate();

  /** All of one isolate read one clock; whoever is in none, one of their own. */
  skewOf(caller: Caller, draw: () => number): number {
    const isolate = this.#of.get(caller);
    if (!isolate) return draw();
    isolate.skewMs ??= draw();
    return isolate.skewMs;
  }

  /** An invocation took a heavy task. */
  begins(caller: Caller, taskId: string): void {
    const isolate = this.#of.get(caller);
    if (!caller.alive || !isolate) return;
    if (isolate.heavy.size > 0)
      this.#violations.push(`An isolate began heavy work on ${taskId} beside ${[...isolate.heavy.values()]}`);
    isolate.heavy.set(caller, taskId);
  }
}
