import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "./user-error.ts";
import { ROOT } from "./variables.ts";

const WRANGLER = join(
  dirname(createRequire(import.meta.url).resolve("wrangler/package.json")),
  "bin/wrangler.js",
);
const STOP_MS = 5_000;

export interface WorkerProcess {
  /**
   * Resolves once GET /health succeeds. Throws UserError, with the end of the log, after `withinMs` or where
   * the process ends.
   */
  ready(withinMs: number, signal?: AbortSignal): Promise<void>;
  /** Sends SIGTERM, and SIGKILL after five seconds. */
  stop(): Promise<void>;
  /** Sends SIGKILL, and waits until all of its processes are gone. */
  kill(): Promise<void>;
}

/** Starts `wrangler dev`, which keeps its state under `stateDir` and appends its output to `logFile`. */
export function startWorker(at: {
  port: number;
  envFile: string;
  stateDir: string;
  logFile: string;
  /** For a debugger; 0: any free port. */
  inspectorPort: number;
}): WorkerProcess {
  const log = openSync(at.logFile, "a");
  const child = spawn(
    process.execPath,
    [
      WRANGLER,
      "dev",
      ...["--port", String(at.port)],
      ...["--inspector-port", String(at.inspectorPort)],
      ...["--persist-to", join(at.stateDir, "worker")],
      ...["--env-file", at.envFile],
      "--show-interactive-dev-session=false",
    ],
    {
      cwd: ROOT,
      stdio: ["ignore", log, log],
      // A process group of its own: wrangler starts workerd and esbuild, and all of them must end.
      detached: true,
      env: {
        ...process.env,
        CLOUDFLARE_CF_FETCH_ENABLED: "false",
        FORCE_COLOR: "0",
        WRANGLER_HIDE_BANNER: "true",
        WRANGLER_LOG_PATH: join(at.stateDir, "wrangler"),
        // Sessions that share a registry would consume each other's queues.
        WRANGLER_REGISTRY_PATH: join(at.stateDir, "registry"),
        WRANGLER_SEND_METRICS: "false",
      },
    },
  );
  closeSync(log);
  let failure: Error | null = null;
  child.on("error", (error) => {
    failure = error;
  });
  const running = () => child.exitCode === null && child.signalCode === null && failure === null;

  /** Signals the process group (0 only asks); false once no process of it is left. */
  function send(signal: NodeJS.Signals | 0): boolean {
    try {
      return child.pid !== undefined && process.kill(-child.pid, signal);
    } catch {
      return false;
    }
  }
  const lastResort = () => void send("SIGKILL");
  process.once("exit", lastResort);

  async function gone(withinMs: number): Promise<boolean> {
    for (const deadline = Date.now() + withinMs; Date.now() < deadline; await delay(25))
      if (!send(0)) return true;
    return false;
  }

  async function kill() {
    send("SIGKILL");
    await gone(STOP_MS);
    process.off("exit", lastResort);
  }

  return {
    async ready(withinMs, signal) {
      const health = `http://localhost:${at.port}/health`;
      let problem = "it did not answer";
      for (
        const deadline = Date.now() + withinMs;
        Date.now() < deadline;
        await delay(200, null, { signal })
      ) {
        if (!running()) {
          problem = failure?.message ?? `it ended with code ${child.exitCode ?? child.signalCode}`;
          break;
        }
        const answer = await fetch(health, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
        if (answer?.ok) return;
        if (answer) problem = `${health} answered ${answer.status}: ${(await answer.text()).slice(0, 500)}`;
      }
      throw new UserError(`The Worker did not start: ${problem}.\n${await tail(at.logFile)}`);
    },
    async stop() {
      send("SIGTERM");
      if (!(await gone(STOP_MS))) await kill();
      process.off("exit", lastResort);
    },
    kill,
  };
}

/** The last lines of a log, under its name. */
export async function tail(file: string): Promise<string> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return [`The end of ${file}:`, ...lines.slice(-40)].join("\n");
}
