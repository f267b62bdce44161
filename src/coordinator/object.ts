import { DurableObject } from "cloudflare:workers";
import { applyChanges } from "../db/apply.ts";
import { loadRecord } from "../db/record.ts";
import { type Deps, fromEnv } from "../deps.ts";
import { diffViews } from "../domain/feed.ts";
import { plan } from "../domain/plan.ts";
import { EventLog, type Position } from "./log.ts";
import { publicView, snapshot } from "./view.ts";

/** A wake that was cut short is found again after this. */
const GUARD_MS = 10_000;
/** One wake settles the record in a few rounds; more means two writers, and the alarm comes back. */
const MOST_ROUNDS = 8;
const TICKET_MS = 30_000;

/**
 * One project's coordinator: looks at the record, decides with `plan`, applies, dispatches,
 * publishes, and sets its own next wake-up. It owns the order of events and nothing else.
 */
export class ProjectCoordinator extends DurableObject<Env> {
  readonly #deps: Deps;
  #log: EventLog | null = null;
  #running: Promise<void> | null = null;
  #again = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#deps = fromEnv(env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  get #projectId(): string {
    const name = this.ctx.id.name;
    if (!name) throw new Error("A coordinator is reached by its project id");
    return name;
  }

  #events(): EventLog {
    this.#log ??= new EventLog(this.ctx.storage, this.#deps.newId);
    return this.#log;
  }

  /** Returns once the wake-up can't be lost; the work goes on behind. Calls during a run fold into one more. */
  async wake(): Promise<void> {
    await this.ctx.storage.setAlarm(this.#deps.now().getTime() + GUARD_MS);
    this.#again = true;
    this.#running ??= this.#run();
    this.ctx.waitUntil(this.#running);
  }

  override async alarm(): Promise<void> {
    await this.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      while (this.#again) {
        this.#again = false;
        await this.#settle();
      }
    } catch (error) {
      // The guard alarm is armed: this project is looked at again in a moment.
      this.#deps.log("error", "wake_failed", { project: this.#projectId, error: String(error) });
    } finally {
      this.#running = null;
    }
  }

  async #settle(): Promise<void> {
    const { db, queue, now, newId } = this.#deps;
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const record = await loadRecord(db, this.#projectId);
      if (!record) return this.destroy();
      this.#publish(publicView(record));
      const next = plan(record, { now: now(), newId, random: Math.random });
      if (next.changes.length > 0) await applyChanges(db, this.#projectId, next.changes, now());
      if (next.dispatch.length > 0)
        await queue.send(next.dispatch.map((taskId) => ({ projectId: this.#projectId, taskId })));
      if (next.changes.length > 0) continue;
      if (this.#again) return;
      if (next.wakeAt) await this.ctx.storage.setAlarm(next.wakeAt);
      else await this.ctx.storage.deleteAlarm();
      return;
    }
  }

  #publish(view: ReturnType<typeof publicView>): void {
    const log = this.#events();
    const changes = diffViews(log.view(), view);
    if (changes.length === 0) return;
    for (const event of log.append(changes, this.#deps.now())) this.#broadcast(JSON.stringify(event));
  }

  #broadcast(message: string): void {
    for (const socket of this.ctx.getWebSockets()) {
      try {
        socket.send(message);
      } catch {
        socket.close(1011, "The connection could not be written to");
      }
    }
  }

  /** Fast-moving and never stored: a client that misses one sees the next. */
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

  /** The WebSocket door. The caller has checked who may come in. */
  override async fetch(request: Request): Promise<Response> {
    const log = this.#events();
    const after = parsePosition(new URL(request.url).searchParams.get("after"));
    let missed = after && log.since(after);
    if (!missed) {
      const record = await loadRecord(this.#deps.db, this.#projectId);
      if (record) this.#publish(publicView(record));
      missed = [snapshot(log.view(), log.head())];
    }
    // From here to the last send nothing else runs: the socket sees no event before its snapshot.
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    for (const message of missed) server.send(message);
    await this.wake();
    return new Response(null, { status: 101, webSocket: client });
  }

  override webSocketMessage(socket: WebSocket): void {
    socket.send(
      JSON.stringify({ type: "error", detail: "This feed only sends. Use the API to change things." }),
    );
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /** Forgets everything, alarm included; safe to repeat. */
  async destroy(): Promise<void> {
    for (const socket of this.ctx.getWebSockets()) socket.close(4404, "The project was deleted");
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.#log = null;
  }
}

/** `<epoch>.<seq>`, as a client remembers it. */
function parsePosition(text: string | null): Position | null {
  const dot = text?.lastIndexOf(".") ?? -1;
  if (!text || dot < 1) return null;
  const seq = Number(text.slice(dot + 1));
  return Number.isSafeInteger(seq) && seq >= 0 ? { epoch: text.slice(0, dot), seq } : null;
}
