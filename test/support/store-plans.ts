/**
 * What coordinators do to both stores: they plan by the record that they read, and apply it at once or late.
 */
import type { Change } from "../../src/domain/controller/change.ts";
import { plan } from "../../src/domain/controller/plan.ts";
import type { Chance } from "../simulation/random.ts";
import { oneOf, type Story, type Verb } from "./store-story.ts";

export async function apply(
  story: Story,
  projectId: string,
  changes: Change[],
  when: "at once" | "late",
): Promise<void> {
  const { stores } = story;
  const rowsOf = () => {
    const { jobs = [], tasks = [], approvals = [] } = story.record(projectId) ?? {};
    return new Map([...jobs, ...tasks, ...approvals].map((row) => [row.id, row]));
  };
  const before = rowsOf();
  const sides = await stores.tryBoth(projectId, (store) => store.apply(projectId, structuredClone(changes)));
  if (!sides) return stores.count("apply: the project is gone");
  const after = rowsOf();
  for (const change of changes) {
    const id = idOf(change);
    const done = id === null || before.get(id) !== after.get(id);
    stores.count(`apply: ${change.kind} ${done ? "done" : "refused"} ${when}`);
  }
}

/** The id of the row that it changes; null for the project's own row. */
function idOf(change: Change): string | null {
  if (change.kind === "project") return null;
  if (change.kind === "job.create") return change.job.id;
  return change.kind === "task.create" ? change.task.id : change.id;
}

/** Plans by the record of either store; null where there is no project. */
export async function look(story: Story, chance: Chance, projectId: string) {
  const { stores } = story;
  const record = chance.chance(0.3) ? await stores.compare(projectId) : await stores.memory.load(projectId);
  if (!record) return null;
  const random = chance.next();
  const made = plan(record, { newId: stores.newId, random: () => random });
  story.plans.push({ projectId, changes: structuredClone(made.changes) });
  return made;
}

export const planAndApply: Verb = async (story, chance) => {
  const { projectId } = story.project(chance);
  const made = await look(story, chance, projectId);
  if (made && chance.chance(0.7)) await apply(story, projectId, made.changes, "at once");
};

/** Applies a plan that was made before others were applied, or that was applied already. */
export const applyLate: Verb = async (story, chance) => {
  const wish = chance.pick<(plan: Story["plans"][number]) => boolean>([
    () => true,
    ({ projectId }) => story.record(projectId) === null,
    ({ changes }) => changes.some((change) => change.kind === "task.update"),
  ]);
  const kept = oneOf(chance, story.plans.slice(-10), wish);
  if (kept) await apply(story, kept.projectId, kept.changes, "late");
};
