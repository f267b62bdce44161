import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** The variables of .dev.vars.example, by name. */
export const exampleVariables = () =>
  parseEnv(readFileSync(`${import.meta.dirname}/../../.dev.vars.example`, "utf8"));
