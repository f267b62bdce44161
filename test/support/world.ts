import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "../../src/sandbox/world/ports.ts";
import { startWorld as start, type World } from "../../src/sandbox/world/world.ts";

export type { World };

/**
 * Starts a local world on free ports. With a `stateDir` it continues an earlier one; otherwise `stop` deletes
 * it.
 */
export async function startWorld(options: { stateDir?: string } = {}): Promise<World> {
  const stateDir = options.stateDir ?? (await mkdtemp(join(tmpdir(), "omvee-world-")));
  const world = await start({ stateDir, ports: await freePorts(), database: "kept" });
  return {
    ...world,
    async stop() {
      await world.stop();
      if (!options.stateDir) await rm(stateDir, { recursive: true, force: true });
    },
  };
}
