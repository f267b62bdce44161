import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { DEFAULT_PORTS } from "../world/ports.ts";
import { UserError } from "../world/user-error.ts";

/** `parseArgs` that prints `help` and ends the process on --help, and throws UserError on unknown options. */
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
    throw new UserError(`${error instanceof Error ? error.message : error}\n\n${help}`);
  }
}

export const WORLD_OPTIONS = {
  "sandbox-port": { type: "string", default: String(DEFAULT_PORTS.sandbox) },
  state: { type: "string", default: ".omvee" },
  database: { type: "string" },
} as const;

export const WORLD_HELP = `  --sandbox-port <n>  where the sandbox listens (${DEFAULT_PORTS.sandbox})
  --state <dir>       where everything is kept (.omvee)
  --database <url>    your own Postgres server instead of the embedded one; it is migrated`;

/** The port number that `text` says. Throws UserError where it is not one from 1 to 65535. */
export function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new UserError(`${text} is not a port number.`);
  return port;
}
