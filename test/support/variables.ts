import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";

/** What .dev.vars.example says, by name. */
export const exampleVariables = () =>
  parseEnv(readFileSync(`${import.meta.dirname}/../../.dev.vars.example`, "utf8"));
