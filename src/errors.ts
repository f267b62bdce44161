/** Reading errors. */

/** An error and what caused it, outermost first; at most five. */
export function causeChain(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let e = error; e instanceof Error && chain.length < 5; e = e.cause) chain.push(e);
  return chain;
}

/** The innermost message, for the log: outer ones can repeat SQL statements and their parameters. */
export const rootCause = (error: unknown): string => String(causeChain(error).at(-1) ?? error);
