/** Finds imports from one folder of src to another that the table in src/README.md does not allow. */
import { posix } from "node:path";

export const LAYERS = "src/README.md";

/** For each folder of src, the folders that it may import from: the third column of the table. */
export function layersOf(readme: string): Map<string, Set<string>> {
  const rows = readme.matchAll(/^\| `([\w-]+)\/` \|[^|]*\|([^|]*)\|$/gm);
  return new Map(
    [...rows].map(([, folder = "", cell = ""]) => [
      folder,
      new Set([...cell.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name)),
    ]),
  );
}

/** What is wrong with a file, one sentence each. */
export function forbiddenImports(path: string, source: string, layers: Map<string, Set<string>>): string[] {
  const [root, folder = "", ...rest] = path.split("/");
  if (root !== "src" || rest.length === 0 || !path.endsWith(".ts")) return [];
  const allowed = layers.get(folder);
  if (!allowed) return [`${path}: the folder "${folder}" is not in the table of ${LAYERS}.`];
  return [...source.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].flatMap(([, name = ""]) => {
    const [, target = "", ...below] = posix.normalize(posix.join(posix.dirname(path), name)).split("/");
    if (below.length === 0 || target === folder || allowed.has(target)) return [];
    return [`${path}: ${folder} may not import from ${target} ("${name}"): see the table in ${LAYERS}.`];
  });
}
