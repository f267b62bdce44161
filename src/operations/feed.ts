import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Deps } from "../ports/deps.ts";
import type { FeedTicket } from "../ports/work.ts";
import { type Actor, notFound } from "./shared.ts";

/**
 * A ticket for one WebSocket, for clients that can't send an Authorization header with it. It is signed, so
 * that a made-up one is refused before any Durable Object is asked, which would start one.
 */
export async function issueFeedTicket(
  deps: Deps,
  actor: Actor,
  projectId: string,
): Promise<Result<FeedTicket>> {
  if (!(await deps.reader.ownsProject({ ownerId: actor.ownerId, projectId }))) return notFound();
  const { ticket, expiresAt } = await deps.coordinator(projectId).issueTicket();
  return ok({ ticket: `${ticket}.${signatureOf(deps, projectId, ticket).toString("hex")}`, expiresAt });
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
  } else {
    const ticket = signedTicket(deps, projectId, caller.ticket);
    if (ticket === null || !(await coordinator.redeem(ticket)))
      return fail("unauthenticated", "The ticket is unknown, used or expired. Get a new one.");
  }
  return ok(await coordinator.connect(request));
}

/** The ticket as the coordinator knows it; null where the signature is not this service's for this project. */
function signedTicket(deps: Deps, projectId: string, signed: string): string | null {
  const parts = /^([0-9a-f]{48})\.([0-9a-f]{32})$/.exec(signed);
  const [ticket, signature] = [parts?.[1], parts?.[2]];
  if (!ticket || !signature) return null;
  const own = signatureOf(deps, projectId, ticket);
  return timingSafeEqual(own, Buffer.from(signature, "hex")) ? ticket : null;
}

/** 16 bytes. The name keeps it apart from other uses of the secret. */
const signatureOf = ({ config }: Deps, projectId: string, ticket: string): Buffer =>
  createHmac("sha256", config.callbackSecret)
    .update(JSON.stringify(["feed-ticket", projectId, ticket]))
    .digest()
    .subarray(0, 16);
