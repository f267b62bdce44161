import type { Coordinator } from "../deps.ts";
import type { ProjectCoordinator } from "./object.ts";

/** The only place that knows how a project's Durable Object is named and reached. */
export const coordinatorOf =
  (namespace: DurableObjectNamespace<ProjectCoordinator>) =>
  (projectId: string): Coordinator => {
    const object = () => namespace.getByName(projectId);
    return {
      wake: async () => object().wake(),
      issueTicket: async () => {
        const { ticket, expiresAt } = await object().issueTicket();
        return { ticket, expiresAt: new Date(expiresAt) };
      },
      connect: async (request, trusted) => {
        const stub = object();
        const ticket = new URL(request.url).searchParams.get("ticket") ?? "";
        if (!trusted && !(await stub.redeem(ticket))) return new Response(null, { status: 401 });
        return stub.fetch(request);
      },
      progress: async (report) => object().progress(report),
      destroy: async () => object().destroy(),
      ping: async () => {
        await object().ping();
      },
    };
  };
