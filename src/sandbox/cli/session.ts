import { inspect } from "node:util";
import { Refusal } from "../world/refusal.ts";

/** npm passes an interrupt on that the terminal has sent already: the second one is no impatience. */
const SAME_INTERRUPT_MS = 1_000;

/**
 * Runs a command to its end or until Ctrl-C (or SIGTERM, SIGHUP) aborts its signal, and ends the
 * process: 0, 1 with what went wrong on stderr, or 130 where it was cut short. A later second
 * Ctrl-C ends it at once.
 */
export async function session(command: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  let since = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (since > 0 && Date.now() - since > SAME_INTERRUPT_MS) process.exit(130);
      since ||= Date.now();
      interrupt.abort();
    });
  }
  let code = 0;
  try {
    await command(interrupt.signal);
  } catch (error) {
    code = interrupt.signal.aborted ? 130 : 1;
    if (code === 1) console.error(`\n${explain(error)}`);
  }
  process.exit(code);
}

/** A sentence where the person can act on it; a defect keeps its stack. */
function explain(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  return inspect(error);
}

/** Resolves when the session is interrupted. */
export const interrupted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
