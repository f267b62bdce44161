/** Two stores, in memory and in Postgres, that get the same calls at the same moment and must agree. */
import { eq, getTableColumns, sql } from "drizzle-orm";
import { expect } from "vitest";
import type { Db } from "../../src/db/client.ts";
import { objectsToDelete, owners, projects, spending, sweeps } from "../../src/db/schema.ts";
import { postgresStore } from "../../src/db/store.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import type { OwnerLimits } from "../../src/domain/record/limits.ts";
import type { ProjectRecord } from "../../src/domain/record/record.ts";
import type { Store } from "../../src/ports/store.ts";
import { MemoryStore } from "../simulation/store.ts";

type Side = "memory" | "postgres";
type Sides<T> = Record<Side, T>;
/** `side` says which store is called, for calls that name a claim: claim ids differ. */
type Question<T> = (store: Store, side: Side) => Promise<T>;

/** One Postgres: as the store under test reaches it, and as the test does. */
type Databases = Record<"store" | "test", Db>;

export class StorePair {
  readonly memory: MemoryStore;
  readonly #postgres: Store;
  readonly #db: Db;
  readonly #counts: Map<string, number>;
  #time = Date.parse("2026-11-22T10:00:00Z");
  #ids = 0;

  private constructor(
    dbs: Databases,
    counts: Map<string, number>,
    ownerBudgetUsd: number | null,
    limits: Partial<OwnerLimits>,
  ) {
    // Each store makes its own claim ids.
    const options = { newId: () => crypto.randomUUID(), ownerBudgetUsd, limits, now: () => this.now };
    this.memory = new MemoryStore(options);
    this.#postgres = postgresStore(dbs.store, options);
    this.#db = dbs.test;
    this.#counts = counts;
  }

  /** Opens two empty stores. */
  static async open(
    dbs: Databases,
    counts: Map<string, number>,
    ownerBudgetUsd: number | null,
    limits: Partial<OwnerLimits> = {},
  ): Promise<StorePair> {
    const { test: db } = dbs;
    await db.batch([
      db.delete(projects),
      db.delete(owners),
      db.delete(spending),
      db.delete(sweeps),
      db.delete(objectsToDelete),
    ]);
    return new StorePair(dbs, counts, ownerBudgetUsd, limits);
  }

  get now(): Date {
    return new Date(this.#time);
  }

  wait(ms: number): void {
    this.#time += ms;
  }

  /** Ids in the order in which they were made. */
  newId = (): string => {
    const bytes = new Uint8Array(10);
    new DataView(bytes.buffer).setUint32(6, ++this.#ids);
    return uuidv7(this.#time, bytes);
  };

  count(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /**
   * The answers of both; null where both rejected. Checks that the answers and the project's records agree.
   */
  async tryBoth<T>(projectId: string, question: Question<T>): Promise<Sides<T> | null> {
    this.#time++;
    const memory = await answered(question(this.memory, "memory"));
    const postgres = await answered(question(this.#postgres, "postgres"));
    if (memory.refused || postgres.refused) {
      if (!memory.refused || !postgres.refused)
        throw new Error(memory.refused ? "Only the memory refused" : "Only Postgres refused", {
          cause: memory.error ?? postgres.error,
        });
      await this.compare(projectId);
      return null;
    }
    expect(normal(memory.value), "the answer").toEqual(normal(postgres.value));
    if (!carriesRecord(memory.value)) await this.compare(projectId);
    return { memory: memory.value, postgres: postgres.value };
  }

  /** As `dare`, for calls that must not reject. */
  async both<T>(projectId: string, question: Question<T>): Promise<Sides<T>> {
    const sides = await this.tryBoth(projectId, question);
    if (!sides) throw new Error("Both stores refused");
    return sides;
  }

  /** Checks that both have the same record of a project; returns the one of Postgres. */
  async compare(projectId: string): Promise<ProjectRecord | null> {
    const held = await this.memory.load(projectId);
    const record = await this.#postgres.load(projectId);
    expect(normal(held), "the record").toEqual(normal(record));
    return record;
  }

  /** Checks that both would delete the same objects. */
  async compareDeletions(): Promise<void> {
    const rows = await this.#db.select().from(objectsToDelete);
    const held = [...this.memory.objectsToDelete].map(([path, row]) => ({ path, ...row }));
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    expect(held.toSorted(byPath), "the objects to delete").toEqual(rows.toSorted(byPath));
  }

  /** Checks that both have the same sums for each owner. */
  async compareAccounts(): Promise<void> {
    const { createdAt: _, ...columns } = getTableColumns(owners);
    const accounts = await this.#db.select(columns).from(owners);
    expect(normal([...this.memory.owners.values()]), "the accounts").toEqual(normal(accounts));
    const days = await this.#db
      .select({ id: spending.ownerId, usd: sql`sum(${spending.usd})`.mapWith(Number) })
      .from(spending)
      .groupBy(spending.ownerId);
    const spent = accounts.filter((a) => a.spentUsd > 0).map((a) => ({ id: a.id, usd: a.spentUsd }));
    const byId = (a: { id: string }, b: { id: string }) => a.id.localeCompare(b.id);
    expect(days.toSorted(byId), "what the days add up to").toEqual(spent.toSorted(byId));
  }

  /** Sets an owner's budget, as an operator does. */
  async allow(ownerId: string, budgetUsd: number | null): Promise<void> {
    const owner = this.memory.owners.get(ownerId);
    if (!owner) return;
    owner.budgetUsd = budgetUsd;
    await this.#db.update(owners).set({ budgetUsd }).where(eq(owners.id, ownerId));
  }
}

/** Whether it is a claim's answer with a record, which is compared with the rest. */
const carriesRecord = (answer: unknown): boolean =>
  typeof answer === "object" && answer !== null && "record" in answer;

async function answered<T>(answer: Promise<T>) {
  try {
    return { refused: false as const, value: await answer, error: null };
  } catch (error) {
    return { refused: true as const, error };
  }
}

/** Rows in the order of their ids, times as text; of a claim id only whether there is one. */
function normal(value: unknown, name = ""): unknown {
  if (name === "claimId" && value !== null) return "a claim";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((member) => normal(member)).toSorted(byId);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normal(member, key)]));
}

const idOf = (value: unknown): string =>
  typeof value === "object" && value !== null && "id" in value ? String(value.id) : "";
/** Orders rows by id; lists whose members have no id keep their order. */
const byId = (a: unknown, b: unknown): number => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0);
