/** `npm run docs`: writes the generated parts of the runbook. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { RUNBOOK, withParts } from "./runbook.ts";

const path = join(import.meta.dirname, "../..", RUNBOOK);
writeFileSync(path, withParts(readFileSync(path, "utf8")));
