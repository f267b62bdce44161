/** npm run dev: the whole product on this machine, until Ctrl-C. */
import { DEFAULT_PORTS } from "../world/ports.ts";
import { startWorld } from "../world/world.ts";
import { portOf, readOptions, WORLD_HELP, WORLD_OPTIONS } from "./options.ts";
import { interrupted, session } from "./session.ts";
import { devVars } from "./variables.ts";

const HELP = `npm run dev -- [options]

Starts the Worker and everything it needs: no account, no key.

  --port <n>          where the API listens (${DEFAULT_PORTS.api})
${WORLD_HELP}`;

await session(async (signal) => {
  const port = { type: "string", default: String(DEFAULT_PORTS.api) } as const;
  const { values } = readOptions(HELP, { ...WORLD_OPTIONS, port });
  const variables = await devVars();
  console.log("Starting the local world ...");
  const world = await startWorld({
    stateDir: values.state,
    ports: { api: portOf(values.port), sandbox: portOf(values["sandbox-port"]) },
    database: values.database ? { url: values.database } : "kept",
    variables,
    inspectorPort: 9229,
    signal,
  });
  try {
    console.log(`
OMVEE runs on this machine; Ctrl-C stops it.

  API      ${world.apiUrl}
  Docs     ${world.apiUrl}/docs
  Sandbox  ${world.sandboxUrl}
  Log      ${world.logFile}
  State    ${values.state} (delete it to start afresh)

A first request, as the user "dev":

  curl ${world.apiUrl}/api/projects -H "Authorization: Bearer ${await world.token("dev")}"

Another token, for any user:

  curl ${world.sandboxUrl}/auth/token -H "Content-Type: application/json" -d '{"sub":"dev"}'
`);
    await interrupted(signal);
  } finally {
    await world.stop();
  }
});
