/** What the parts of one sandbox share. */
import type { PaidCall } from "./chaos/calls.ts";
import { type Chaos, calm } from "./chaos/chaos.ts";
import { emptyLedger, type Ledger } from "./chaos/ledger.ts";

export interface SandboxState {
  /** Milliseconds since 1970. */
  clock: () => number;
  chaos: Chaos;
  ledger: Ledger;
  /** Oldest first. */
  calls: PaidCall[];
  /** The keys that are let in; a provider without one lets any key in. */
  keys: Partial<Record<"openai" | "openrouter" | "replicate", string>>;
  /** Where the sandbox is reached; known once it listens. */
  url: string;
}

export const newState = (clock: () => number, keys: SandboxState["keys"]): SandboxState => ({
  clock,
  keys,
  chaos: calm(),
  ledger: emptyLedger(),
  calls: [],
  url: "",
});

/** The bearer key that `provider` lets in, or null. */
export function keyOf(
  state: SandboxState,
  provider: keyof SandboxState["keys"],
  request: Request,
): string | null {
  const key = /^Bearer\s+(\S+)$/i.exec(request.headers.get("authorization") ?? "")?.[1] ?? null;
  const only = state.keys[provider];
  return only === undefined || key === only ? key : null;
}
