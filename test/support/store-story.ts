/** The state of one differential test: people, their projects, and the claims and plans that are held. */

import type { Change } from "../../src/domain/controller/change.ts";
import type { ProjectRecord, Task } from "../../src/domain/record/record.ts";
import type { OwnedProject } from "../../src/ports/store.ts";
import type { Chance } from "../simulation/random.ts";
import type { Rows } from "../simulation/rows.ts";
import type { StorePair } from "./store-differential.ts";

export const OWNERS = ["ada", "bob"] as const;

/** A claim that a worker has, or believes to have: the task as each store returned it. */
export interface Hand {
  memory: Task;
  postgres: Task;
  record: ProjectRecord;
}

export class Story {
  readonly stores: StorePair;
  /** All projects, deleted ones included. */
  readonly projects: OwnedProject[] = [];
  readonly hands: Hand[] = [];
  /** Plans that were made, applied or not. */
  readonly plans: { projectId: string; changes: Change[] }[] = [];

  constructor(stores: StorePair) {
    this.stores = stores;
  }

  lives(): boolean {
    return this.projects.some((whose) => this.isTheirs(whose));
  }

  /** Mostly a project that exists, and of these mostly the oldest. */
  project(chance: Chance): OwnedProject {
    const living = this.projects.filter((whose) => this.isTheirs(whose));
    const [first] = living;
    if (!first || chance.chance(0.05)) return chance.pick(this.projects);
    return chance.chance(0.7) ? first : chance.pick(living);
  }

  isTheirs({ ownerId, projectId }: OwnedProject): boolean {
    return this.stores.memory.projects.get(projectId)?.project.ownerId === ownerId;
  }

  record(projectId: string): Rows | null {
    return this.stores.memory.projects.get(projectId) ?? null;
  }

  tasks(projectId: string): Task[] {
    return (this.record(projectId)?.tasks ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }
}

export type Verb = (story: Story, chance: Chance) => Promise<void>;

/** One of the items, mostly a preferred one; undefined where there is none. */
export function oneOf<T>(
  chance: Chance,
  items: readonly T[],
  preferred: (item: T) => boolean,
): T | undefined {
  const better = items.filter(preferred);
  const from = better.length > 0 && chance.chance(0.75) ? better : items;
  return from.length > 0 ? chance.pick(from) : undefined;
}
