/**
 * The local world: Postgres, the sandbox of the providers and the Worker under `wrangler dev`, started
 * together.
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cleanups } from "./cleanups.ts";
import { type Ports, requireFree } from "./ports.ts";
import { type Services, type ServicesOptions, startServices } from "./services.ts";
import { exampleVariables, moveAddresses } from "./variables.ts";
import { startWorker, type WorkerProcess } from "./worker.ts";

/** A first start bundles the Worker on a machine with cold caches. */
const START_MS = 90_000;
/** How often the sweep is triggered by hand: cron triggers don't fire under `wrangler dev`. */
const SWEEP_MS = 60_000;

export interface WorldOptions extends Pick<ServicesOptions, "stateDir" | "database"> {
  ports: Ports;
  /** The text of a .dev.vars file, with the default addresses; without it, the example's. */
  variables?: string;
  /** Port for a debugger; any free one without it. */
  inspectorPort?: number;
  signal?: AbortSignal;
}

export interface World extends Services {
  apiUrl: string;
  logFile: string;
  /** Kills wrangler and workerd at once, whatever they are doing. */
  killWorker(): Promise<void>;
  /** Starts the Worker again over the same state, after it was ended or killed. */
  restartWorker(): Promise<void>;
}

/** Resolves once the Worker answers. Where that fails, everything that was started is stopped again. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { ports, database, signal } = options;
  const stateDir = resolve(options.stateDir);
  const logFile = join(stateDir, "wrangler.log");
  const envFile = join(stateDir, "worker.env");
  const apiUrl = `http://localhost:${ports.api}`;
  const { add, run: stop } = cleanups();
  let worker: WorkerProcess | null = null;

  async function start(): Promise<void> {
    worker = startWorker({
      port: ports.api,
      envFile,
      stateDir,
      logFile,
      inspectorPort: options.inspectorPort ?? 0,
    });
    await worker.ready(START_MS, signal);
  }

  try {
    await requireFree(ports.api);
    const services = await startServices({ stateDir, port: ports.sandbox, database });
    add(services.stop);
    signal?.throwIfAborted();
    const variables = moveAddresses(options.variables ?? (await exampleVariables()), ports);
    await writeFile(envFile, variables, { mode: 0o600 });
    await writeFile(logFile, "");
    add(async () => worker?.stop());
    await start();
    add(sweepEvery(SWEEP_MS, apiUrl));
    return {
      ...services,
      apiUrl,
      logFile,
      stop,
      killWorker: async () => worker?.kill(),
      async restartWorker() {
        await worker?.stop();
        await start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function sweepEvery(ms: number, apiUrl: string): () => Promise<void> {
  const timer = setInterval(() => {
    // Where the Worker is down, the next call makes up for it.
    fetch(`${apiUrl}/cdn-cgi/local/scheduled`).catch(() => {});
  }, ms);
  return async () => clearInterval(timer);
}
