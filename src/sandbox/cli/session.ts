import { inspect } from "node:util";
import { UserError } from "../world/user-error.ts";

/** One Ctrl-C arrives twice, from the terminal and from npm: a second one within this time is the same. */
const SAME_INTERRUPT_MS = 1_000;

/**
 * Runs a command, and then ends the process: with 0, with 1 and the error on stderr, or with 130 where the
 * command threw after an interrupt. Ctrl-C, SIGTERM and SIGHUP abort the command's signal; a second one,
 * over a second later, ends the process at once.
 */
export async function session(command: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const interrupt = new AbortController();
  let firstInterruptAt = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(name, () => {
      if (firstInterruptAt > 0 && Date.now() - firstInterruptAt > SAME_INTERRUPT_MS) process.exit(130);
      firstInterruptAt ||= Date.now();
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

/** The message of a UserError; the stack of any other error. */
function explain(error: unknown): string {
  if (error instanceof UserError) return error.message;
  return inspect(error);
}

/** Resolves when the session is interrupted. */
export const interrupted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
