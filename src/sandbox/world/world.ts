/** The local world: Postgres, the sandbox of the providers and the Worker under `wrangler dev`, as one. */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cleanups } from "./cleanups.ts";
import { type Clouds, type CloudsOptions, startClouds } from "./clouds.ts";
import { claimable, type Ports } from "./ports.ts";
import { exampleVariables, moveAddresses } from "./variables.ts";
import { startWorker, type WorkerProcess } from "./worker.ts";

/** A first start bundles the Worker on a machine with cold caches. */
const START_MS = 90_000;
/** Cron triggers don't fire under `wrangler dev`. */
const SWEEP_MS = 60_000;

export interface WorldOptions extends Pick<CloudsOptions, "stateDir" | "database"> {
  ports: Ports;
  /** The text of a .dev.vars file, with the default addresses; without it, the example's. */
  variables?: string;
  /** Where a debugger can attach; any free port without it. */
  inspectorPort?: number;
  signal?: AbortSignal;
}

export interface World extends Clouds {
  apiUrl: string;
  logFile: string;
  /** Ends wrangler and workerd at once, in the middle of whatever they do. */
  killWorker(): Promise<void>;
  /** Starts the Worker again over the same state, after it was ended or killed. */
  restartWorker(): Promise<void>;
}

/** Resolves once the Worker is well. Everything that was started is stopped again where that fails. */
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
    await claimable(ports.api);
    const clouds = await startClouds({ stateDir, port: ports.sandbox, database });
    add(clouds.stop);
    signal?.throwIfAborted();
    const variables = moveAddresses(options.variables ?? (await exampleVariables()), ports);
    await writeFile(envFile, variables, { mode: 0o600 });
    await writeFile(logFile, "");
    add(async () => worker?.stop());
    await start();
    add(sweepEvery(SWEEP_MS, apiUrl));
    return {
      ...clouds,
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
    // A Worker that is down is swept the next time.
    fetch(`${apiUrl}/cdn-cgi/local/scheduled`).catch(() => {});
  }, ms);
  return async () => clearInterval(timer);
}
