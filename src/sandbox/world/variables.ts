import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_PORTS, type Ports } from "./ports.ts";

export const ROOT = join(import.meta.dirname, "../../..");
export const EXAMPLE_FILE = join(ROOT, ".dev.vars.example");
export const DEV_VARS_FILE = join(ROOT, ".dev.vars");

/**
 * The text of .dev.vars.example: variables of the local world, with keys of the sandbox only, so that nothing
 * costs money.
 */
export const exampleVariables = (): Promise<string> => readFile(EXAMPLE_FILE, "utf8");

const LOCAL_ADDRESS = new RegExp(
  `\\b(localhost|127\\.0\\.0\\.1):(${DEFAULT_PORTS.api}|${DEFAULT_PORTS.sandbox})\\b`,
  "g",
);

/** The text of a .dev.vars file with every address of the local world moved to other ports. */
export function moveAddresses(variables: string, ports: Ports): string {
  return variables.replace(LOCAL_ADDRESS, (_, host: string, port: string) => {
    return `${host}:${Number(port) === DEFAULT_PORTS.api ? ports.api : ports.sandbox}`;
  });
}
