/** Another owner with very many tasks, who fills the queues of the providers' rate limiters. */
import { Caller } from "./runtime.ts";
import type { World } from "./world.ts";

const PROVIDERS = ["openrouter", "replicate"];
const TASKS = 150;
/** How often each task is called in the end: one after the other, so that the queues stay full for minutes. */
const CALLS = 12;

/** Lets the other owner's tasks acquire slots from now on; some fail, die, come late or are answered 429. */
export function rush(world: World): void {
  for (const provider of PROVIDERS)
    for (let task = 0; task < TASKS; task++) void busy(world, provider, `rush ${provider} ${task}`);
}

async function busy(world: World, provider: string, key: string): Promise<void> {
  const { chance, time } = world;
  await time.sleep(chance.whole(0, 60_000));
  for (let calls = 0; calls < CALLS; ) {
    const limiters = world.depsFor(new Caller("rush")).rateLimiters;
    const answer = await limiters
      .acquire(provider, { key, ownerId: "rush" })
      .catch(() => ({ kind: "wait" as const, afterMs: 5_000 }));
    if (answer.kind === "wait") {
      await time.sleep(answer.afterMs + (chance.chance(0.1) ? chance.whole(0, 10_000) : 0));
      continue;
    }
    calls += 1;
    if (chance.chance(0.002)) void limiters.penalize(provider, chance.pick([null, 1, 10])).catch(() => {});
    else if (answer.probing) void limiters.reportSuccess(provider).catch(() => {});
  }
}
