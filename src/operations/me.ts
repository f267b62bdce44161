import { ok, type Result } from "../domain/record/errors.ts";
import { MAX_OF_OWNER, type OwnerLimits } from "../domain/record/limits.ts";
import type { Deps } from "../ports/deps.ts";
import type { Actor } from "./shared.ts";

export interface Me {
  id: string;
  /** `spend_usd` is null where nothing limits it. */
  limits: OwnerLimits & { spend_usd: number | null };
  used: OwnerLimits & { spend_usd: number };
  spentTodayUsd: number;
}

/** What the person has, and the most that they may have. */
export async function getMe(deps: Deps, { ownerId }: Actor): Promise<Result<Me>> {
  const { used, budgetUsd, reservedUsd, spentUsd, spentTodayUsd } = await deps.reader.usage(ownerId);
  return ok({
    id: ownerId,
    limits: { ...MAX_OF_OWNER, spend_usd: budgetUsd ?? deps.config.ownerBudgetUsd },
    used: { ...used, spend_usd: Number((reservedUsd + spentUsd).toFixed(6)) },
    spentTodayUsd,
  });
}
