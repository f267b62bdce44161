import type { Coordinator } from "../deps.ts";
import { realTiming, retry, type Timing } from "../retry.ts";
import { isOverloaded, isUnreached } from "./errors.ts";
import type { ProjectCoordinator } from "./project-coordinator.ts";

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

type Stub = DurableObjectStub<ProjectCoordinator>;

/** Calls a project's Durable Object. No other file knows how the object is named and reached. */
export const coordinatorOf =
  (namespace: DurableObjectNamespace<ProjectCoordinator>, timing: Timing = realTiming) =>
  (projectId: string): Coordinator => {
    // A stub that failed once keeps failing: each try gets a new one.
    const object = (): Stub => namespace.getByName(projectId);
    /** For calls that may reach the object twice without harm. */
    const ask = <T>(call: (stub: Stub) => Promise<T>): Promise<T> =>
      retry(async () => call(object()), PATIENCE, timing);
    return {
      wake: () => ask((stub) => stub.wake()),
      receive: (webhookId, wakeUp) => ask((stub) => stub.receive(webhookId, wakeUp)),
      issueTicket: async () => {
        const { ticket, expiresAt } = await ask((stub) => stub.issueTicket());
        return { ticket, expiresAt: new Date(expiresAt) };
      },
      connect: async (request, trusted) => {
        const ticket = new URL(request.url).searchParams.get("ticket") ?? "";
        if (!trusted && !(await ask((stub) => stub.redeem(ticket))))
          return new Response(null, { status: 401 });
        return object().fetch(request);
      },
      progress: (report) => ask((stub) => stub.progress(report)),
      destroy: () => ask((stub) => stub.destroy()),
      ping: async () => {
        await ask((stub) => stub.ping());
      },
    };
  };
