/** Sandboxes of a test's own, closed when the test is over, and a place where webhooks arrive. */
import { onTestFinished } from "vitest";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../src/sandbox/server.ts";
import { listen } from "../../src/sandbox/world/listen.ts";

/** As fast as it can be, on a free port. */
export async function sandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  const started = await startSandbox({ port: 0, pace: 0, ...options });
  onTestFinished(() => started.close());
  return started;
}

export interface Arrived {
  headers: Record<string, string>;
  body: string;
}

/** A web hook that keeps what arrives. `answers` are the statuses of the first deliveries; 200 after them. */
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
