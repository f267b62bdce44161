/** Sandboxes that are closed when their test ends, and a receiver of webhooks. */
import { onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { listen } from "../../src/sandbox/world/listen.ts";

/** Starts a sandbox without waits, on a free port. */
export async function sandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const started = await startSandbox({ port: 0, pace: 0, ...options });
  onTestFinished(() => started.close());
  return started;
}

export interface Arrived {
  headers: Record<string, string>;
  body: string;
}

/** A receiver that keeps the webhooks that arrive. `answers`: statuses for the first deliveries; then 200. */
export async function inbox(...answers: number[]) {
  const arrived: Arrived[] = [];
  let wake = () => {};
  const server = await listen(
    async (request) => {
      arrived.push({ headers: Object.fromEntries(request.headers), body: await request.text() });
      wake();
      return new Response(null, { status: answers.shift() ?? 200 });
    },
    0,
    "127.0.0.1",
  );
  onTestFinished(() => server.close());
  return {
    url: `${server.url}/hook`,
    arrived,
    /** Resolves once `many` deliveries have come. */
    async until(many: number): Promise<Arrived[]> {
      while (arrived.length < many) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return arrived.slice(0, many);
    },
  };
}
