import { Unavailable } from "../ports/errors.ts";
import type { Coordinator, WakeUp } from "../ports/work.ts";
import { realTiming, retry, type Timing } from "../retry.ts";
import { isOverloaded, isUnreached } from "./errors.ts";

/**
 * The runtime already makes up to five attempts within ten seconds by itself, where the request never
 * arrived (durable-objects/best-practices/automatic-retries): after these, no retries are added here.
 */
const PATIENCE = {
  again: (error: Error) => isUnreached(error) && !isOverloaded(error),
  retries: 3,
  startWithinMs: 8_000,
  baseMs: 100,
  capMs: 1_000,
};

/** What is called of a `DurableObjectNamespace<ProjectCoordinator>`. */
interface Namespace {
  getByName(projectId: string): Stub;
}
interface Stub {
  wake(requestId?: string): Promise<void>;
  receive(webhookId: string, wakeUp: WakeUp): Promise<void>;
  issueTicket(): Promise<{ ticket: string; expiresAt: number }>;
  redeem(ticket: string): Promise<boolean>;
  progress(report: { jobId: string; taskId: string; fraction: number }): Promise<void>;
  destroy(): Promise<void>;
  ping(): Promise<boolean>;
  fetch(request: Request): Promise<Response>;
}

/** Throws `Unavailable` where the object could not be reached or is overloaded. */
async function reached<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!isOverloaded(error) && !isUnreached(error)) throw error;
    throw new Unavailable("A Durable Object can't be reached", { cause: error });
  }
}

/** Calls a project's Durable Object. No other file knows how the object is named and reached. */
export const coordinatorOf =
  (namespace: Namespace, timing: Timing = realTiming) =>
  (projectId: string): Coordinator => {
    // A stub that failed once keeps failing: each try gets a new one.
    const object = (): Stub => namespace.getByName(projectId);
    /** For calls that may reach the object twice without harm. */
    const ask = <T>(call: (stub: Stub) => Promise<T>): Promise<T> =>
      reached(retry(async () => call(object()), PATIENCE, timing));
    return {
      wake: (requestId) => ask((stub) => stub.wake(requestId)),
      receive: (webhookId, wakeUp) => ask((stub) => stub.receive(webhookId, wakeUp)),
      issueTicket: async () => {
        const { ticket, expiresAt } = await ask((stub) => stub.issueTicket());
        return { ticket, expiresAt: new Date(expiresAt) };
      },
      redeem: (ticket) => ask((stub) => stub.redeem(ticket)),
      connect: async (request) => {
        const response = await reached(object().fetch(request));
        if (response.status === 503) throw new Unavailable("The feed can't be read from Postgres now");
        return response;
      },
      progress: (report) => ask((stub) => stub.progress(report)),
      destroy: () => ask((stub) => stub.destroy()),
      ping: async () => {
        await ask((stub) => stub.ping());
      },
    };
  };
