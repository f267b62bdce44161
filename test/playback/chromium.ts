/** A headless Chromium, spoken to through a pipe by the DevTools protocol. */
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { setTimeout } from "node:timers/promises";
import { z } from "zod";

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--remote-debugging-pipe",
];

const READY = 'location.protocol === "http:" && document.readyState === "complete"';

const Answer = z.object({
  id: z.number().optional(),
  sessionId: z.string().optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ message: z.string() }).optional(),
});
const Evaluated = z.object({
  result: z.object({ value: z.unknown().optional() }),
  exceptionDetails: z
    .object({ exception: z.object({ description: z.string().default("") }).optional() })
    .optional(),
});

export interface Page {
  /** The value of an expression, which may be a promise. */
  evaluate(expression: string): Promise<unknown>;
}

/** Opens the address in a browser of its own for as long as `work` takes. */
export async function withPage<T>(binary: string, url: string, work: (page: Page) => Promise<T>): Promise<T> {
  const profile = await mkdtemp(join(tmpdir(), "omvee-playback-"));
  const browser = spawn(binary, [...FLAGS, `--user-data-dir=${profile}`, "about:blank"], {
    stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
  });
  const exited = new Promise<void>((resolve) => browser.once("close", () => resolve()));
  const [, , , input, output] = browser.stdio;
  if (!(input instanceof Writable) || !(output instanceof Readable)) throw new Error("There is no pipe.");
  const send = (message: object) => input.write(`${JSON.stringify(message)}\0`);
  const waiting = new Map<number, PromiseWithResolvers<Record<string, unknown>>>();
  let unread = "";
  output.setEncoding("utf8");
  output.on("data", (text: string) => {
    const messages = (unread + text).split("\0");
    unread = messages.pop() ?? "";
    for (const message of messages) {
      const { id = -1, result, error } = Answer.parse(JSON.parse(message));
      if (error) waiting.get(id)?.reject(new Error(error.message));
      else waiting.get(id)?.resolve(result ?? {});
    }
  });
  let last = 0;
  function call(method: string, params: object, sessionId?: string): Promise<Record<string, unknown>> {
    const answer = Promise.withResolvers<Record<string, unknown>>();
    waiting.set(++last, answer);
    send({ id: last, method, params, sessionId });
    return answer.promise;
  }
  try {
    const { targetId } = await call("Target.createTarget", { url });
    const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
    const evaluate = async (expression: string) => {
      const params = { expression, awaitPromise: true, returnByValue: true };
      const { result, exceptionDetails } = Evaluated.parse(
        await call("Runtime.evaluate", params, z.string().parse(sessionId)),
      );
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description);
      return result.value;
    };
    // The page may still be on its way.
    while ((await evaluate(READY).catch(() => false)) !== true) await setTimeout(50);
    return await work({ evaluate });
  } finally {
    browser.kill();
    await exited;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
