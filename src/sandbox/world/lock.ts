import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "./user-error.ts";

/**
 * Lock files that this process holds. Any other one with its id is from an earlier process that had the same
 * id.
 */
const held = new Set<string>();

/**
 * Locks a state directory, because two Postgres or two workerd over the same files would corrupt them.
 * Returns the function that unlocks it. Throws UserError where it is locked by a process that runs.
 */
export async function lock(stateDir: string): Promise<() => Promise<void>> {
  const file = join(stateDir, "lock");
  const take = () => writeFile(file, String(process.pid), { flag: "wx" });
  try {
    await take();
  } catch {
    const owner = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
    if (held.has(file) || isAnother(owner)) {
      throw new UserError(
        `${stateDir} is in use by process ${owner}: stop it first, or use another directory.`,
      );
    }
    // The process that locked it was killed before it could unlock it.
    await rm(file, { force: true });
    await take();
  }
  held.add(file);
  return async () => {
    held.delete(file);
    await rm(file, { force: true });
  };
}

function isAnother(pid: number): boolean {
  try {
    return pid > 0 && pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}
