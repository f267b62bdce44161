/** npm run sandbox: Postgres and the providers, for a Worker that is started by hand with `wrangler dev`. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DEFAULT_PORTS } from "../world/ports.ts";
import { startServices } from "../world/services.ts";
import { moveAddresses } from "../world/variables.ts";
import { portOf, readOptions, WORLD_HELP, WORLD_OPTIONS } from "./options.ts";
import { interrupted, session } from "./session.ts";
import { devVars } from "./variables.ts";

const HELP = `npm run sandbox -- [options]

Starts the sandbox: Neon's HTTP protocol over a Postgres, OpenAI, OpenRouter, Replicate and sign-in.

${WORLD_HELP}`;

await session(async (signal) => {
  const { values } = readOptions(HELP, WORLD_OPTIONS);
  const port = portOf(values["sandbox-port"]);
  const variables = await devVars();
  const services = await startServices({
    stateDir: values.state,
    port,
    database: values.database ? { url: values.database } : "kept",
  });
  try {
    let command = "npx wrangler dev";
    if (port !== DEFAULT_PORTS.sandbox) {
      const file = join(values.state, "worker.env");
      await writeFile(file, moveAddresses(variables, { ...DEFAULT_PORTS, sandbox: port }), { mode: 0o600 });
      command += ` --env-file ${file}`;
    }
    console.log(`
The sandbox runs at ${services.sandboxUrl}; Ctrl-C stops it. Start the Worker beside it:

  ${command}

A token for the user "dev":

  ${await services.token("dev")}

Another, for any user:

  curl ${services.sandboxUrl}/auth/token -H "Content-Type: application/json" -d '{"sub":"dev"}'
`);
    await interrupted(signal);
  } finally {
    await services.stop();
  }
});
