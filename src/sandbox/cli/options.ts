import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { DEFAULT_PORTS } from "../world/ports.ts";
import { Refusal } from "../world/refusal.ts";

/** `parseArgs` that prints `help` and ends on --help, and refuses in one sentence what it does not know. */
export function readOptions<const O extends ParseArgsOptionsConfig>(
  help: string,
  options: O,
  allowPositionals = false,
) {
  try {
    const all = { ...options, help: { type: "boolean" as const, short: "h" } };
    const parsed = parseArgs({ options: all, allowPositionals });
    if (process.argv.includes("--help") || process.argv.includes("-h")) {
      console.log(help);
      process.exit(0);
    }
    return parsed;
  } catch (error) {
    throw new Refusal(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
}

export const WORLD_OPTIONS = {
  "sandbox-port": { type: "string", default: String(DEFAULT_PORTS.sandbox) },
  state: { type: "string", default: ".omvee" },
  database: { type: "string" },
} as const;

export const WORLD_HELP = `  --sandbox-port <n>  where the sandbox listens (${DEFAULT_PORTS.sandbox})
  --state <dir>       where everything is kept (.omvee)
  --database <url>    a Postgres server of yours, in place of the embedded one; it is migrated`;

/** Throws Refusal on anything that is no port. */
export function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Refusal(`${text} is not a port.`);
  return port;
}
