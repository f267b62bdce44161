/** Idempotency keys: which attempt at a request holds its key, and the kept answer. Times are Postgres'. */
import { and, eq, isNull, lte, type SQL, sql } from "drizzle-orm";
import type { IdempotencyKeys, KeptAnswer, KeyClaim, KeyedRequest, KeyHold } from "../ports/store.ts";
import type { Db } from "./client.ts";
import { writeOnce, writeRepeatable } from "./outage.ts";
import { idempotencyKeys as keys } from "./schema.ts";

/** How long an attempt at a request holds its key; then another may take over, as after a crash. */
export const LOCK_SECONDS = 60;
/** Twice what the API promises. */
const KEPT_HOURS = 48;

/** Takes a key that is new or free, or whose lock has expired; else returns its state. One round trip. */
async function claimKey(db: Db, request: KeyedRequest, now: SQL = sql`now()`): Promise<KeyClaim> {
  const { ownerId, key, hash } = request;
  const lockedUntil = sql`${now} + make_interval(secs => ${LOCK_SECONDS})`;
  const [[taken], [found]] = await db.batch([
    db
      .insert(keys)
      .values({ ownerId, key, requestHash: hash, lockedUntil, createdAt: now })
      .onConflictDoUpdate({
        target: [keys.ownerId, keys.key],
        set: { lockedUntil },
        setWhere: and(eq(keys.requestHash, hash), isNull(keys.status), lte(keys.lockedUntil, now)),
      })
      .returning({ lockedUntil: keys.lockedUntil, since: keys.createdAt }),
    db
      .select()
      .from(keys)
      .where(and(eq(keys.ownerId, ownerId), eq(keys.key, key))),
  ]);
  if (taken) return { kind: "held", hold: { ownerId, key, ...taken } };
  if (found && found.requestHash !== hash) return { kind: "reused" };
  if (!found || found.status === null) return { kind: "in_progress" };
  const { status, headers, body } = found;
  return { kind: "answered", answer: { status, headers: headers ?? {}, body: body ?? "" } };
}

const held = (hold: KeyHold) =>
  and(
    eq(keys.ownerId, hold.ownerId),
    eq(keys.key, hold.key),
    eq(keys.lockedUntil, hold.lockedUntil),
    isNull(keys.status),
  );

/** Keeps the answer for repetitions of the request; no effect where another attempt has taken over. */
async function keepAnswer(db: Db, hold: KeyHold, answer: KeptAnswer): Promise<void> {
  await db.update(keys).set(answer).where(held(hold));
}

/**
 * Lets a repetition run at once. The row stays: an attempt without a clear answer may have taken effect, and
 * only with the same `since` does a repetition make the same ids.
 */
async function releaseKey(db: Db, hold: KeyHold): Promise<void> {
  await db.update(keys).set({ lockedUntil: hold.since }).where(held(hold));
}

/** Deletes the keys that were first seen 48 hours ago or earlier; returns how many. */
async function pruneKeys(db: Db): Promise<number> {
  const deleted = await db
    .delete(keys)
    .where(lte(keys.createdAt, sql`now() - make_interval(hours => ${KEPT_HOURS})`));
  return deleted.rowCount;
}

export const postgresKeys = (db: Db): IdempotencyKeys => ({
  claim: (request) => writeOnce(() => claimKey(db, request)),
  keep: (hold, answer) => writeRepeatable(() => keepAnswer(db, hold, answer)),
  release: (hold) => writeRepeatable(() => releaseKey(db, hold)),
  prune: () => writeRepeatable(() => pruneKeys(db)),
});
