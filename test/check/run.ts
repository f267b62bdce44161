/** `npm run check`: what biome, tsc and knip can't see. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { forbiddenImports, LAYERS, layersOf } from "./layers.ts";
import { missingFiles } from "./missing-files.ts";
import { oldNames } from "./old-names.ts";
import { RUNBOOK, withParts } from "./runbook.ts";
import { skippedTests } from "./skipped-tests.ts";

const ROOT = join(import.meta.dirname, "../..");
const CHECKED = /\.(ts|md|sql|toml|example)$|^(package|biome|tsconfig)\.json$|^\.(ci\/|gitignore$)/;
/** The list itself, its tests, and what the platform's history needs. */
const EXEMPT = /^(test\/check\/|test\/pure\/check\/|drizzle\/meta\/|src\/env\.d\.ts)/;

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((path) => path !== "");

const layers = layersOf(readFileSync(join(ROOT, LAYERS), "utf8"));
const problems = files
  .filter((path) => CHECKED.test(path) && !EXEMPT.test(path))
  .flatMap((path) => {
    const source = readFileSync(join(ROOT, path), "utf8");
    return [
      ...oldNames(path, source),
      ...missingFiles(path, source, files),
      ...forbiddenImports(path, source, layers),
      ...skippedTests(path, source),
    ];
  });

const runbook = readFileSync(join(ROOT, RUNBOOK), "utf8");
if (withParts(runbook) !== runbook)
  problems.push(`${RUNBOOK} differs from the catalogues that it is made from: npm run docs`);

for (const problem of problems) console.error(problem);
console.log(
  problems.length === 0
    ? "Names, references, imports, tests and generated texts are in order."
    : `${problems.length} problems.`,
);
process.exitCode = problems.length === 0 ? 0 : 1;
