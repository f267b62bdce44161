/** Runs workerd with one Worker in its own process, and measures CPU and memory. */
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { z } from "zod";
import type { Bundle } from "../support/bundle.ts";

/** The kernel's ticks per second, the same on every Linux that Node supports. */
const TICKS = 100;

export interface Runtime {
  url: URL;
  /** CPU seconds of the process so far. */
  cpuSeconds(): number;
  /** Milliseconds of CPU of the thread that runs all requests. */
  threadMs(): number;
  /** Current MB of the process. */
  memory(): number;
  /**
   * MB of the isolate's heap and buffers, WebAssembly included, with garbage; resolves when the isolate is
   * idle.
   */
  isolate(): Promise<number>;
  stop(): void;
}

interface Around {
  /** Port of a bucket that bucket.ts serves. */
  bucketPort?: number;
  variables?: Record<string, string>;
}

/** The runtime in wrangler's dependencies. */
function workerd(): string {
  const ofWrangler = createRequire(createRequire(import.meta.url).resolve("wrangler/package.json"));
  return ofWrangler(ofWrangler.resolve("workerd")).default;
}

const embedded = (kind: string) => (path: string) =>
  `(name = "${basename(path)}", ${kind} = embed "${basename(path)}")`;

/** Asks the inspector of a Worker (Chrome DevTools Protocol, `Runtime.getHeapUsage`). */
async function heapOf(port: number): Promise<() => Promise<number>> {
  const [worker] = z
    .array(z.object({ webSocketDebuggerUrl: z.string() }))
    .parse(await (await fetch(`http://127.0.0.1:${port}/json`)).json());
  const socket = new WebSocket(worker?.webSocketDebuggerUrl ?? "");
  await new Promise((resolve) => socket.addEventListener("open", resolve, { once: true }));
  let id = 0;
  return async () => {
    const answer = new Promise<string>((resolve) =>
      socket.addEventListener("message", ({ data }) => resolve(String(data)), { once: true }),
    );
    socket.send(JSON.stringify({ id: ++id, method: "Runtime.getHeapUsage" }));
    const { usedSize, backingStorageSize } = HeapUsage.parse(JSON.parse(await answer)).result;
    return (usedSize + backingStorageSize) / 2 ** 20;
  };
}
const HeapUsage = z.object({
  result: z.object({ usedSize: z.number(), backingStorageSize: z.number() }),
});

/** The configuration, by workerd.capnp of workerd 1.20261102.1. */
const configOf = ({ script, wasm }: Bundle, { bucketPort, variables = {} }: Around) => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${[embedded("esModule")(script), ...wasm.map(embedded("wasm"))].join(", ")}],
      compatibilityDate = "2026-11-01",
      bindings = [${[
        ...(bucketPort ? ['(name = "BUCKET", r2Bucket = "bucket")'] : []),
        ...Object.entries(variables).map(
          ([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`,
        ),
      ].join(", ")}],
    )),
    (name = "bucket", external = (address = "127.0.0.1:${bucketPort ?? 9}", http = ())),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;

/** Starts a separate process, so that its memory contains no other measurement. */
export async function startRuntime(bundle: Bundle, around: Around): Promise<Runtime> {
  const config = join(dirname(bundle.script), "workerd.capnp");
  writeFileSync(config, configOf(bundle, around));
  const child = spawn(workerd(), ["serve", config, "--control-fd=3", "--inspector-addr=127.0.0.1:0"], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const lastResort = () => void child.kill("SIGKILL");
  process.once("exit", lastResort);
  const ports = await new Promise<{ http: number; inspector: number }>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}.`)));
    let messages = "";
    child.stdio[3]?.on("data", (some: Buffer) => {
      messages += some;
      const http = /"socket":"http","port":(\d+)/.exec(messages)?.[1];
      const inspector = /"listen-inspector","port":(\d+)/.exec(messages)?.[1];
      if (http && inspector) resolve({ http: Number(http), inspector: Number(inspector) });
    });
  });
  let heap: (() => Promise<number>) | null = null;
  return {
    url: new URL(`http://127.0.0.1:${ports.http}`),
    cpuSeconds() {
      // After the program's name, which may contain blanks: proc_pid_stat(5), fields 14 and 15.
      const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      return (Number(fields[11]) + Number(fields[12])) / TICKS;
    },
    // Nanoseconds on the CPU of the first thread: proc(5), schedstat.
    threadMs: () => Number(readFileSync(`/proc/${child.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    memory: () =>
      Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    async isolate() {
      heap ??= await heapOf(ports.inspector);
      return heap();
    },
    stop() {
      process.off("exit", lastResort);
      child.kill("SIGKILL");
    },
  };
}
