import type { Deps } from "../ports/deps.ts";

const IDLE_SECONDS = 300;
const MAX_PROJECTS = 200;

/**
 * Wakes projects whose wake-up may have been lost: with a target stage, and not changed for `IDLE_SECONDS`.
 */
export async function sweep(deps: Deps): Promise<void> {
  const ids = await deps.store.projectsToSweep(IDLE_SECONDS, MAX_PROJECTS);
  const woken = await Promise.allSettled(ids.map((id) => deps.coordinator(id).wake()));
  const failed = woken.filter((w) => w.status === "rejected").length;
  deps.log(failed > 0 ? "warn" : "info", "swept", { projects: ids.length, failed });
}
