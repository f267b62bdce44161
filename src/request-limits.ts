/** Counts requests by the platform's rate limiting bindings. */
import type { RequestPolicy } from "./domain/request-policies.ts";
import { rootCause } from "./errors.ts";
import type { Log } from "./log.ts";
import type { RequestLimits } from "./ports/work.ts";

/** What is called of the platform's binding. */
interface Binding {
  limit(options: { key: string }): Promise<{ success: boolean }>;
}

/** The platform's counters. One that fails admits every request: it protects the service, nobody's data. */
export const requestLimitsOf = (
  bindings: Readonly<Record<RequestPolicy, Binding>>,
  log: Log,
): RequestLimits => ({
  admit: async (policy, key) => {
    try {
      return (await bindings[policy].limit({ key })).success;
    } catch (error) {
      log("warn", "request_limit_unanswered", { policy, error: rootCause(error) });
      return true;
    }
  },
});
