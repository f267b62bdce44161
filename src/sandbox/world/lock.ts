import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Refusal } from "./refusal.ts";

/** Lock files of this process: one that bears its id and is not here is from an earlier process of that id. */
const held = new Set<string>();

/**
 * Takes a state directory for this caller alone; gives what frees it again. Two Postgres or two
 * workerd over the same files would ruin them. Throws Refusal where it is taken.
 */
export async function lock(stateDir: string): Promise<() => Promise<void>> {
  const file = join(stateDir, "lock");
  const take = () => writeFile(file, String(process.pid), { flag: "wx" });
  try {
    await take();
  } catch {
    const owner = Number.parseInt(await readFile(file, "utf8").catch(() => ""), 10);
    if (held.has(file) || isAnother(owner)) {
      throw new Refusal(
        `${stateDir} is in use by process ${owner}: stop it first, or use another directory.`,
      );
    }
    // Its owner was killed before it could tidy up.
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
