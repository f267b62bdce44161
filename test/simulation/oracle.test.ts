/** Tests of the oracle itself: it finds each of these planted defects within a few seeds. */
import { expect, test } from "vitest";
import { requestOf } from "../../src/domain/controller/run-request.ts";
import type { Settlement } from "../../src/domain/controller/settlement.ts";
import { NEWEST_TASKS_READ } from "../../src/domain/controller/tasks.ts";
import type { ProjectRecord } from "../../src/domain/record/record.ts";
import { newHeavyGate } from "../../src/pipeline/heavy-gate.ts";
import { burden } from "./burden.ts";
import { rush } from "./rush.ts";
import { simulate } from "./simulate.ts";
import type { World } from "./world.ts";

const SEEDS = 200;

async function foundIn(sabotage: (world: World) => void, from: number): Promise<string[]> {
  for (let seed = from; seed < from + SEEDS; seed++) {
    const { violations } = await simulate({ seed, sabotage });
    if (violations.length > 0) return violations;
  }
  return [];
}

/** The third element: the first seed to try, where earlier seeds take long and find nothing. */
const defects: [string, (world: World) => void, number?][] = [
  [
    "a settlement without a fence",
    ({ store }) => {
      const settle = store.settle.bind(store);
      store.settle = async (task, settlement) => {
        for (const rows of store.projects.values())
          rows.tasks = rows.tasks.map((t) =>
            t.id === task.id ? { ...t, status: "running", attempt: task.attempt, claimId: task.claimId } : t,
          );
        return settle(task, settlement);
      };
    },
    130,
  ],
  [
    "a budget that is not checked",
    ({ store }) => {
      const claim = store.claim.bind(store);
      store.claim = async (ids) => {
        const claimed = await claim(ids);
        const rows = store.projects.get(ids.projectId);
        if (claimed.kind !== "over_budget" || !rows) return claimed;
        const { settings } = rows.project;
        rows.project = { ...rows.project, settings: { ...settings, budgetUsd: null } };
        const anyway = await claim(ids);
        const { project } = rows;
        rows.project = { ...project, settings };
        return anyway;
      };
    },
  ],
  [
    "a reservation that is not freed",
    ({ store }) => {
      const settle = store.settle.bind(store);
      store.settle = (task, settlement: Settlement) =>
        settle(
          task,
          settlement.reservation.kind === "free"
            ? { ...settlement, reservation: { kind: "keep" } }
            : settlement,
        );
    },
  ],
  [
    "an order whose answer was lost, and that is not searched for",
    ({ cloud, store }) => {
      const claim = store.claim.bind(store);
      store.claim = ({ projectId, taskId, lightOnly }) => claim({ projectId, taskId, lightOnly });
      const seenBy = cloud.seenBy.bind(cloud);
      cloud.seenBy = (caller) => {
        const { predictions, ...others } = seenBy(caller);
        const find = async () => ({ kind: "ok" as const, value: null, costUsd: null, requestId: null });
        return { ...others, predictions: { ...predictions, find } };
      };
    },
  ],
  [
    "a claim that does not check whether another worker has the task",
    ({ store }) => {
      const claim = store.claim.bind(store);
      store.claim = async (ids) => {
        const first = await claim(ids);
        if (first.kind !== "not_now" || first.task.status !== "running") return first;
        const record = await store.load(ids.projectId);
        return record ? { kind: "claimed", was: "pending", task: first.task, record } : first;
      };
    },
  ],
  [
    "a record that reads the newest tasks only",
    (world) => {
      burden(world);
      const { store } = world;
      const newest = (record: ProjectRecord): ProjectRecord => {
        const ids = record.tasks.map((t) => t.id).sort();
        const read = new Set(ids.slice(-NEWEST_TASKS_READ));
        return { ...record, tasks: record.tasks.filter((t) => read.has(t.id)) };
      };
      const load = store.load.bind(store);
      store.load = async (id) => {
        const record = await load(id);
        return record && newest(record);
      };
      const claim = store.claim.bind(store);
      store.claim = async (ids) => {
        const claimed = await claim(ids);
        if (claimed.kind !== "claimed") return claimed;
        const record = newest(claimed.record);
        return record.tasks.some((t) => t.id === ids.taskId) ? { ...claimed, record } : { kind: "gone" };
      };
    },
    12,
  ],
  [
    "a heavy gate that lets every task in",
    ({ isolates }) => {
      isolates.newGate = () => ({ enter: () => ({ seen: () => {}, leave: () => {} }) });
    },
  ],
  [
    "heavy work that is begun by a message of either queue",
    ({ store }) => {
      const claim = store.claim.bind(store);
      store.claim = (ids) => claim({ ...ids, lightOnly: false });
    },
    70,
  ],
  [
    "a heavy gate that stays taken once its holder was killed",
    ({ isolates }) => {
      isolates.newGate = () => {
        const gate = newHeavyGate();
        return { enter: () => gate.enter(0) };
      };
    },
    140,
  ],
  [
    "rate limiters with one queue for all owners",
    (world) => {
      rush(world);
      world.turnOwner = () => "one";
    },
  ],
  [
    "a rejection that is recorded as an approval",
    ({ store }) => {
      const record = store.recordApprovals.bind(store);
      store.recordApprovals = (whose, verdicts) =>
        record(
          whose,
          verdicts.map((v) => ({ ...v, approved: true })),
        );
    },
  ],
  [
    "decisions in the order of their ids, which carry the clocks of whoever made them",
    ({ store }) => {
      const madeAt = (id: string) => new Date(Number.parseInt(id.replace("-", "").slice(0, 12), 16));
      const record = store.recordApprovals.bind(store);
      store.recordApprovals = async (whose, decisions) => {
        const recorded = await record(whose, decisions);
        const rows = store.projects.get(whose.projectId);
        if (rows) rows.approvals = rows.approvals.map((a) => ({ ...a, createdAt: madeAt(a.id) }));
        return recorded;
      };
    },
    280,
  ],
  [
    "an approval that is answered and not recorded",
    ({ store }) => {
      const record = store.recordApprovals.bind(store);
      store.recordApprovals = async (whose, verdicts) => {
        const rows = store.projects.get(whose.projectId);
        const before = rows?.approvals ?? [];
        const recorded = await record(whose, verdicts);
        if (rows) rows.approvals = before;
        return recorded;
      };
    },
  ],
  [
    "a plan that makes what no run request covers",
    ({ store }) => {
      const edit = store.editProject.bind(store);
      store.editProject = async (whose, change) => {
        const answer = await edit(whose, change);
        const rows = store.projects.get(whose.projectId);
        if (rows?.project.runRequest)
          rows.project = {
            ...rows.project,
            runRequest: requestOf(rows.project, rows.scenes, {
              ...rows.project.runRequest,
              at: new Date(rows.project.runRequest.at),
            }),
          };
        return answer;
      };
    },
  ],
];

test.for(defects)("%s is found", { timeout: 120_000 }, async ([, sabotage, from = 1]) => {
  expect(await foundIn(sabotage, from)).not.toEqual([]);
});
