import type { Doors } from "../deps.ts";
import type { Verdict } from "../domain/rate-limiter.ts";
import type { Log } from "../log.ts";

/** What is called of a `DurableObjectNamespace<ProviderDoor>`. */
interface ProviderDoors {
  getByName(provider: string): ProviderDoorStub;
}
interface ProviderDoorStub {
  pass(key: string): Promise<Verdict>;
  throttled(afterSeconds: number | null): Promise<void>;
  went(): Promise<void>;
}

/** A turn this near is waited for here: a task that is sent round by the queue can't be as punctual. */
const PATIENCE_MS = 5_000;
/** Who is sent away is told to come this much early, and waits here for the rest. */
const EARLY_MS = 2_500;
/** A door that takes longer than this to answer counts as out of reach. */
const ANSWER_MS = 3_000;

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * The only place that knows how a provider's door is named and reached. A door out of reach lets
 * everybody pass: the provider's own 429 still protects, and a report that is lost comes again.
 */
export function doorsOf(namespace: ProviderDoors, log: Log): Doors {
  async function ask<T>(
    provider: string,
    question: (door: ProviderDoorStub) => Promise<T>,
  ): Promise<T | null> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`No answer within ${ANSWER_MS / 1000} s`)), ANSWER_MS);
    });
    try {
      return await Promise.race([question(namespace.getByName(provider)), silence]);
    } catch (error) {
      log("warn", "door_unreachable", { provider, error: String(error) });
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async pass(provider, key) {
      let patience = PATIENCE_MS;
      for (;;) {
        const verdict = await ask(provider, (door) => door.pass(key));
        if (verdict === null) return { kind: "go", careful: false };
        if (verdict.kind === "go") return verdict;
        if (verdict.afterMs > patience)
          return { kind: "wait", afterMs: Math.max(1, verdict.afterMs - EARLY_MS) };
        patience -= verdict.afterMs;
        await sleep(verdict.afterMs);
      }
    },
    async throttled(provider, afterSeconds) {
      await ask(provider, (door) => door.throttled(afterSeconds));
    },
    async went(provider) {
      await ask(provider, (door) => door.went());
    },
  };
}
