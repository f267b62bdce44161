/** Two stores, in memory and in Postgres, that are asked the same at the same moment and must agree. */
import { eq, getTableColumns } from "drizzle-orm";
import { expect } from "vitest";
import type { Db } from "../../src/db/client.ts";
import { owners, projects } from "../../src/db/schema.ts";
import { postgresStore, type Store } from "../../src/db/store.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import type { ProjectRecord } from "../../src/domain/record/record.ts";
import { MemoryStore } from "../simulation/store.ts";

type Side = "memory" | "postgres";
type Sides<T> = Record<Side, T>;
/** `side` tells which of them is asked, where the question names a claim of its own. */
type Question<T> = (store: Store, side: Side) => Promise<T>;

export class StorePair {
  readonly memory: MemoryStore;
  readonly #postgres: Store;
  readonly #db: Db;
  readonly #counts: Map<string, number>;
  #time = Date.parse("2026-11-22T10:00:00Z");
  #ids = 0;

  private constructor(db: Db, counts: Map<string, number>, ownerBudgetUsd: number | null) {
    // Names of claims are each store's own.
    const options = { newId: () => crypto.randomUUID(), ownerBudgetUsd, now: () => this.now };
    this.memory = new MemoryStore(options);
    this.#postgres = postgresStore(db, options);
    this.#db = db;
    this.#counts = counts;
  }

  /** Both empty. */
  static async open(db: Db, counts: Map<string, number>, ownerBudgetUsd: number | null): Promise<StorePair> {
    await db.batch([db.delete(projects), db.delete(owners)]);
    return new StorePair(db, counts, ownerBudgetUsd);
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

  saw(what: string): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + 1);
  }

  /** The answers of both; null where both refused with an error. What they hold of the project agrees too. */
  async dare<T>(projectId: string, question: Question<T>): Promise<Sides<T> | null> {
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

  /** As `dare`, of what no store refuses. */
  async ask<T>(projectId: string, question: Question<T>): Promise<Sides<T>> {
    const sides = await this.dare(projectId, question);
    if (!sides) throw new Error("Both stores refused");
    return sides;
  }

  /** What both hold of a project; gives what Postgres does. */
  async compare(projectId: string): Promise<ProjectRecord | null> {
    const held = await this.memory.load(projectId);
    const record = await this.#postgres.load(projectId);
    expect(normal(held), "the record").toEqual(normal(record));
    return record;
  }

  /** What both say that each owner's projects cost, of all time. */
  async compareAccounts(): Promise<void> {
    const { createdAt: _, ...columns } = getTableColumns(owners);
    const accounts = await this.#db.select(columns).from(owners);
    expect(normal([...this.memory.owners.values()]), "the accounts").toEqual(normal(accounts));
  }

  /** What an operator does. */
  async allow(ownerId: string, budgetUsd: number | null): Promise<void> {
    const owner = this.memory.owners.get(ownerId);
    if (!owner) return;
    owner.budgetUsd = budgetUsd;
    await this.#db.update(owners).set({ budgetUsd }).where(eq(owners.id, ownerId));
  }
}

/** A claim's answer: it was compared with the rest. */
const carriesRecord = (answer: unknown): boolean =>
  typeof answer === "object" && answer !== null && "record" in answer;

async function answered<T>(answer: Promise<T>) {
  try {
    return { refused: false as const, value: await answer, error: null };
  } catch (error) {
    return { refused: true as const, error };
  }
}

/** Rows in the order of their ids, times by their value; of a claim's name only whether there is one. */
function normal(value: unknown, name = ""): unknown {
  if (name === "claimId" && value !== null) return "a claim";
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((member) => normal(member)).toSorted(byId);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, normal(member, key)]));
}

const idOf = (value: unknown): string =>
  typeof value === "object" && value !== null && "id" in value ? String(value.id) : "";
/** Lists whose members have no id stay as they are. */
const byId = (a: unknown, b: unknown): number => (idOf(a) < idOf(b) ? -1 : idOf(a) > idOf(b) ? 1 : 0);
