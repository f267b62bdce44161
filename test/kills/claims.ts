import type { Stage } from "../../src/domain/record/record.ts";
import type { TaskMove } from "./audit.ts";

/**
 * One attempt of a task, from the claim before the paid call to its end. Times in milliseconds since 1970.
 */
export interface Claim {
  taskId: string;
  attempt: number;
  stage: Stage;
  provider: string;
  /** The same for every claim that would buy the same thing. */
  unit: string;
  estimateUsd: number;
  /** Its one paid call may be made between these; `until` is infinite while the task still runs. */
  from: number;
  until: number;
  /** How the attempt ended; null while it is open. */
  end: {
    at: number;
    transaction: string;
    status: TaskMove["status"];
    charged: string;
    code: string | null;
  } | null;
}

/** The claims that could buy, in order. A poll of a prediction that is under way is not a new claim. */
export function claimsFrom(moves: readonly TaskMove[]): Claim[] {
  const claims: Claim[] = [];
  const open = new Map<string, Claim>();
  for (const move of moves) {
    const { at, transaction, status, charged, code } = move;
    const claim = open.get(move.task_id);
    if (move.was === "pending" && status === "running" && move.provider !== null) {
      const begun: Claim = {
        taskId: move.task_id,
        attempt: move.attempt,
        stage: move.stage,
        provider: move.provider,
        unit: `${move.stage} ${move.subject} ${move.input_hash}`,
        estimateUsd: move.estimated_usd,
        from: at,
        until: Number.POSITIVE_INFINITY,
        end: null,
      };
      claims.push(begun);
      open.set(move.task_id, begun);
    } else if (claim && status !== "running") {
      claim.until = Math.min(claim.until, at);
      if (status === "waiting") continue;
      claim.end = { at, transaction, status, charged, code };
      open.delete(move.task_id);
    }
  }
  return claims;
}
