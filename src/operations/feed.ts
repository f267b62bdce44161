import { projects } from "../db/schema.ts";
import { ok, type Result } from "../domain/record/errors.ts";
import type { Deps } from "../ports/deps.ts";
import type { FeedTicket } from "../ports/work.ts";
import { type Actor, notFound, owned } from "./shared.ts";

/** A ticket for one WebSocket, for clients that can't send an Authorization header with it. */
export async function issueFeedTicket(
  deps: Deps,
  actor: Actor,
  projectId: string,
): Promise<Result<FeedTicket>> {
  const [project] = await deps.db.select({ id: projects.id }).from(projects).where(owned(actor, projectId));
  if (!project) return notFound();
  return ok(await deps.coordinator(projectId).issueTicket());
}

/** Passes the owner's WebSocket upgrade on to the project's feed. */
export async function connectFeed(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; request: Request },
): Promise<Result<Response>> {
  const [project] = await deps.db
    .select({ id: projects.id })
    .from(projects)
    .where(owned(actor, input.projectId));
  if (!project) return notFound();
  return ok(await deps.coordinator(input.projectId).connect(input.request, true));
}
