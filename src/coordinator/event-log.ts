import { isEntity } from "../domain/views/entities.ts";
import { type FeedChange, nothingPublished, type Published } from "../domain/views/feed.ts";
import { migrate } from "./storage-steps.ts";

export interface Position {
  epoch: string;
  seq: number;
}
type FeedEvent = Position & { type: "event"; at: string } & FeedChange;

/** Positions further back than this get a snapshot. */
const KEPT_EVENTS = 1_000;

/** Longer than any provider repeats a webhook. */
const RECEIPTS_KEPT_MS = 7 * 86_400_000;

/**
 * How the object's tables came to be, oldest first. Only ever added to: an object runs the steps that it has not run
 * yet. The first one finds the tables of objects from before there were steps.
 */
const STEPS = [
  `create table if not exists head (one integer primary key check (one = 1), epoch text not null, seq integer not null);
   create table if not exists view (entity text not null, id text not null, value text not null, primary key (entity, id));
   create table if not exists events (seq integer primary key, event text not null);
   create table if not exists tickets (ticket text primary key, expires_at integer not null);
   create table if not exists receipts (id text primary key, at integer not null);`,
];

/**
 * The feed's log in the object's SQLite: numbered events (epoch and sequence number), and the published view
 * that they add up to. If it is lost, the view is made again from Postgres, under a new epoch.
 */
export class EventLog {
  readonly #sql: SqlStorage;
  readonly #storage: DurableObjectStorage;

  constructor(storage: DurableObjectStorage, newEpoch: () => string) {
    this.#storage = storage;
    this.#sql = storage.sql;
    migrate(storage, STEPS);
    this.#sql.exec("insert or ignore into head values (1, ?, 0)", newEpoch());
  }

  head(): Position {
    return this.#sql.exec<{ epoch: string; seq: number }>("select epoch, seq from head").one();
  }

  published(): Published {
    const published = nothingPublished();
    // An entity that only a later version publishes, which was deployed before this one, is left out.
    for (const row of this.#sql.exec<{ entity: string; id: string; value: string }>("select * from view"))
      if (isEntity(row.entity)) published[row.entity][row.id] = row.value;
    return published;
  }

  /** Appends changes as events and updates the view, in one transaction; returns the messages to send. */
  append(changes: FeedChange[], at: Date): string[] {
    return this.#storage.transactionSync(() => {
      const { epoch, seq } = this.head();
      const events = changes.map(
        (change, i): FeedEvent => ({
          type: "event",
          epoch,
          seq: seq + i + 1,
          at: at.toISOString(),
          ...change,
        }),
      );
      const messages = events.map((event) => JSON.stringify(event));
      for (const [i, event] of events.entries()) {
        this.#sql.exec("insert into events values (?, ?)", event.seq, messages[i] ?? "");
        if (event.op === "remove")
          this.#sql.exec("delete from view where entity = ? and id = ?", event.entity, event.id);
        else
          this.#sql.exec(
            "insert or replace into view values (?, ?, ?)",
            event.entity,
            event.id,
            JSON.stringify(event.value),
          );
      }
      this.#sql.exec("update head set seq = ?", seq + events.length);
      this.#sql.exec("delete from events where seq <= ?", seq + events.length - KEPT_EVENTS);
      return messages;
    });
  }

  /** The messages of the events after a position; null where the log does not go back to it. */
  since(position: Position): string[] | null {
    const { epoch, seq } = this.head();
    if (position.epoch !== epoch || position.seq > seq) return null;
    const rows = this.#sql
      .exec<{ event: string }>("select event from events where seq > ? order by seq", position.seq)
      .toArray();
    return rows.length === seq - position.seq ? rows.map((row) => row.event) : null;
  }

  /** Whether this object has a log, without creating one for an id of no project. */
  static isIn(storage: DurableObjectStorage): boolean {
    return storage.sql.exec("select 1 from sqlite_master where name = 'tickets'").toArray().length > 0;
  }

  hasReceipt(id: string): boolean {
    return this.#sql.exec("select 1 from receipts where id = ?", id).toArray().length > 0;
  }

  addReceipt(id: string, now: Date): void {
    this.#sql.exec("delete from receipts where at < ?", now.getTime() - RECEIPTS_KEPT_MS);
    this.#sql.exec("insert or ignore into receipts values (?, ?)", id, now.getTime());
  }

  addTicket(ticket: string, expiresAt: Date): void {
    this.#sql.exec("insert into tickets values (?, ?)", ticket, expiresAt.getTime());
  }

  /** Deletes the ticket; true if it was valid, so only once. */
  redeem(ticket: string, now: Date): boolean {
    const found = this.#sql
      .exec("delete from tickets where ticket = ? and expires_at > ? returning 1", ticket, now.getTime())
      .toArray();
    this.#sql.exec("delete from tickets where expires_at <= ?", now.getTime());
    return found.length === 1;
  }
}
