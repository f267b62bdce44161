import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Deps } from "../ports/deps.ts";
import type { FeedTicket } from "../ports/work.ts";
import { type Actor, notFound } from "./shared.ts";

/** A ticket for one WebSocket, for clients that can't send an Authorization header with it. */
export async function issueFeedTicket(
  deps: Deps,
  actor: Actor,
  projectId: string,
): Promise<Result<FeedTicket>> {
  if (!(await deps.reader.ownsProject({ ownerId: actor.ownerId, projectId }))) return notFound();
  return ok(await deps.coordinator(projectId).issueTicket());
}

/** Who opens a socket: the person of a token, or the holder of a ticket. */
export type Caller = { actor: Actor } | { ticket: string };

/** Opens the project's feed for its owner or for a ticket's holder. Decides alone who is let in. */
export async function connectFeed(
  deps: Deps,
  caller: Caller,
  { projectId, request }: { projectId: string; request: Request },
): Promise<Result<Response>> {
  const coordinator = deps.coordinator(projectId);
  if ("actor" in caller) {
    const { ownerId } = caller.actor;
    if (!(await deps.reader.ownsProject({ ownerId, projectId }))) return notFound();
  } else if (!(await coordinator.redeem(caller.ticket)))
    return fail("unauthenticated", "The ticket is unknown, used or expired. Get a new one.");
  return ok(await coordinator.connect(request));
}
