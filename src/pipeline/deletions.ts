/** Deletes from the bucket what nobody needs: uploads never confirmed, replaced songs, removed projects. */
import { rootCause } from "../errors.ts";
import type { Deps } from "../ports/deps.ts";

const MOST = { keys: 200, prefixes: 20 };

/** Never rejects: what fails is logged, and tried again by a later sweep. */
export async function deleteUnneeded({ store, storage, log }: Deps): Promise<void> {
  let taken: string[] = [];
  let deleted: string[] = [];
  let firstError: unknown = null;
  const attempt = async (paths: string[], work: () => Promise<unknown>) => {
    if (paths.length === 0) return;
    try {
      await work();
      deleted = [...deleted, ...paths];
    } catch (error) {
      firstError ??= error;
    }
  };
  try {
    taken = await store.takeObjectsToDelete(MOST);
    const keys = taken.filter((path) => !path.endsWith("/"));
    await attempt(keys, () => storage.delete(keys));
    for (const path of taken.filter((path) => path.endsWith("/")))
      await attempt([path], () => storage.deletePrefix(path));
    await store.forgetObjects(deleted);
  } catch (error) {
    firstError ??= error;
    deleted = [];
  }
  const kept = taken.length - deleted.length;
  if (firstError !== null) log("warn", "unneeded_kept", { kept, error: rootCause(firstError) });
  if (deleted.length > 0) log("info", "unneeded_deleted", { paths: deleted.length });
}
