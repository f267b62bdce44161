/** What the parts of one sandbox share. */
import type { PaidCall } from "./chaos/calls.ts";
import { type Chaos, noFaults } from "./chaos/chaos.ts";
import { emptyLedger, type Ledger } from "./chaos/ledger.ts";

export interface SandboxState {
  /** Milliseconds since 1970. */
  clock: () => number;
  chaos: Chaos;
  ledger: Ledger;
  /** Oldest first. */
  calls: PaidCall[];
  /** The API key that each provider accepts; a provider without one here accepts any key. */
  keys: Partial<Record<"openai" | "openrouter" | "replicate", string>>;
  /** `http://host:port`; empty until the sandbox listens. */
  url: string;
}

export const newState = (clock: () => number, keys: SandboxState["keys"]): SandboxState => ({
  clock,
  keys,
  chaos: noFaults(),
  ledger: emptyLedger(),
  calls: [],
  url: "",
});

/** The request's bearer key where `provider` accepts it; null for a wrong or missing one. */
export function keyOf(
  state: SandboxState,
  provider: keyof SandboxState["keys"],
  request: Request,
): string | null {
  const key = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
  const only = state.keys[provider];
  return only === undefined || key === only ? key : null;
}
