import { DurableObject } from "cloudflare:workers";
import { fromEnv } from "../deps.ts";
import { snapshot } from "../domain/views/feed.ts";
import type { Deps } from "../ports/deps.ts";
import { Unavailable } from "../ports/errors.ts";
import type { WakeUp } from "../ports/work.ts";
import { sharedFor } from "../retry.ts";
import { Controller } from "./controller.ts";
import { EventLog, type Position } from "./event-log.ts";

const TICKET_MS = 30_000;
/** Clients that connect within this time share one reading of the record. */
const LOOK_MS = 1_000;
const FAILURES = "failures";
/** How a socket of a deleted project is closed. */
const DELETED = [4404, "The project was deleted"] as const;

/**
 * One project's coordinator, a Durable Object: runs the controller, with its alarm and storage, and holds the
 * sockets of the feed. It stores the feed's log, tickets and receipts of webhooks; the work is in Postgres.
 */
export class ProjectCoordinator extends DurableObject<Env> {
  readonly #deps: Deps;
  readonly #controller: Controller;
  readonly #look: () => ReturnType<Controller["wake"]>;
  #log: EventLog | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#deps = fromEnv(env);
    const { name } = ctx.id;
    if (!name) throw new Error("A coordinator must be addressed by its project id");
    const { store, queue, now, newId, random, log } = this.#deps;
    this.#controller = new Controller({
      projectId: name,
      store,
      queue,
      events: () => this.#events(),
      alarm: {
        set: (afterMs) => ctx.storage.setAlarm(now().getTime() + Math.max(1, afterMs)),
        clear: () => ctx.storage.deleteAlarm(),
      },
      failures: {
        read: () => ctx.storage.kv.get<number>(FAILURES) ?? 0,
        write: (count) => {
          if (count > 0) ctx.storage.kv.put(FAILURES, count);
          else ctx.storage.kv.delete(FAILURES);
        },
      },
      broadcast: (message) => this.#broadcast(message),
      destroy: () => this.#forget(),
      now,
      newId,
      random,
      log,
    });
    this.#look = sharedFor(
      LOOK_MS,
      () => this.#deps.now().getTime(),
      async () => {
        const woken = await this.#controller.wake();
        ctx.waitUntil(woken.done);
        return woken;
      },
    );
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  #events(): EventLog {
    this.#log ??= new EventLog(this.ctx.storage, this.#deps.newId);
    return this.#log;
  }

  /** Returns once the wake-up can't be lost; the work continues after that. */
  async wake(requestId?: string): Promise<void> {
    const { done } = await this.#controller.wake(requestId);
    this.ctx.waitUntil(done);
  }

  override async alarm(): Promise<void> {
    await (await this.#controller.wake()).done;
  }

  /** The receipt is written last: until the wake-up is in the queue, a repeated webhook is taken again. */
  async receive(webhookId: string, wakeUp: WakeUp): Promise<void> {
    const log = this.#events();
    if (log.hasReceipt(webhookId)) return;
    await this.#deps.queue.send([wakeUp]);
    log.addReceipt(webhookId, this.#deps.now());
  }

  #broadcast(message: string): void {
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(message);
      } catch {
        socket.close(1011, "A message could not be sent");
      }
    }
  }

  /** Sends a task's progress to the sockets. It is never stored: a client that misses one gets the next. */
  progress(report: { jobId: string; taskId: string; fraction: number }): void {
    this.#broadcast(
      JSON.stringify({
        type: "progress",
        job_id: report.jobId,
        task_id: report.taskId,
        fraction: report.fraction,
      }),
    );
  }

  issueTicket(): { ticket: string; expiresAt: number } {
    const ticket = Array.from(crypto.getRandomValues(new Uint8Array(24)), (b) =>
      b.toString(16).padStart(2, "0"),
    ).join("");
    const expiresAt = new Date(this.#deps.now().getTime() + TICKET_MS);
    this.#events().addTicket(ticket, expiresAt);
    return { ticket, expiresAt: expiresAt.getTime() };
  }

  redeem(ticket: string): boolean {
    return EventLog.isIn(this.ctx.storage) && this.#events().redeem(ticket, this.#deps.now());
  }

  ping(): boolean {
    return this.ctx.storage.sql.exec("select 1 as one").one().one === 1;
  }

  /**
   * Opens a WebSocket: sends the missed events or a snapshot, then events. The caller has authenticated. A
   * client that connects is a reason to look for a change whose wake-up was lost, though not for each of many.
   */
  override async fetch(request: Request): Promise<Response> {
    const { published } = await this.#look();
    const after = parsePosition(new URL(request.url).searchParams.get("after"));
    let exists = true;
    if (!after || !this.#events().since(after)) {
      try {
        exists = await published;
      } catch (error) {
        // An error that leaves the object loses its class on the way.
        if (error instanceof Unavailable) return new Response(null, { status: 503 });
        throw error;
      }
    }
    // No `await` from here to the last send: the socket gets no event before its snapshot.
    const { 0: client, 1: server } = new WebSocketPair();
    if (!exists) {
      server.accept();
      server.close(...DELETED);
      return new Response(null, { status: 101, webSocket: client });
    }
    const log = this.#events();
    const missed = (after && log.since(after)) ?? [snapshot(log.published(), log.head())];
    this.ctx.acceptWebSocket(server);
    for (const message of missed) server.send(message);
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.send(
      JSON.stringify({
        type: "error",
        detail: "The feed takes no messages. Use the API to change the project.",
      }),
    );
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /** The project was deleted; safe to repeat. A run that has read the record before reads it again. */
  async destroy(): Promise<void> {
    await this.#forget();
    this.#controller.invalidate();
  }

  /** Closes the sockets and deletes the alarm and everything stored. */
  async #forget(): Promise<void> {
    for (const socket of this.ctx.getWebSockets()) socket.close(...DELETED);
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#log = null;
  }
}

/** Parses `<epoch>.<seq>`, a position that a client has stored; null where it is not one. */
function parsePosition(text: string | null): Position | null {
  const dot = text?.lastIndexOf(".") ?? -1;
  if (!text || dot < 1) return null;
  const seq = Number(text.slice(dot + 1));
  return Number.isSafeInteger(seq) && seq >= 0 ? { epoch: text.slice(0, dot), seq } : null;
}
