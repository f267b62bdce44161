import type { z } from "zod";
import { ENTITIES, type Message } from "./schemas.ts";

type Entities = { [Name in keyof typeof ENTITIES]: z.infer<(typeof ENTITIES)[Name]> };

/** The client's copy of a project, kept up to date by the feed: the entities of each kind by id. */
export type View = { [Name in keyof Entities]: ReadonlyMap<string, Entities[Name]> } & {
  /** How far each running task is, by job and task: 0 to 1. */
  fractions: ReadonlyMap<string, ReadonlyMap<string, number>>;
};

const byId = <T extends { id: string }>(rows: T[]) => new Map(rows.map((row) => [row.id, row]));

export const emptyView = (): View => ({
  project: new Map(),
  scene: new Map(),
  image: new Map(),
  clip: new Map(),
  approval: new Map(),
  job: new Map(),
  final_video: new Map(),
  fractions: new Map(),
});

/** The view after a message; unknown entities change nothing. Throws ZodError on an invalid value. */
export function receive(view: View, message: Message): View {
  switch (message.type) {
    case "snapshot":
      return {
        project: byId([message.project]),
        scene: byId(message.scenes),
        image: byId(message.images),
        clip: byId(message.clips),
        approval: byId(message.approvals),
        job: byId(message.jobs),
        final_video: byId(message.final_videos),
        fractions: new Map(),
      };
    case "progress": {
      const tasks = new Map(view.fractions.get(message.job_id)).set(message.task_id, message.fraction);
      return { ...view, fractions: new Map(view.fractions).set(message.job_id, tasks) };
    }
    case "event":
      return isEntity(message.entity)
        ? { ...view, [message.entity]: changed(view, message.entity, message) }
        : view;
  }
}

const isEntity = (name: string): name is keyof Entities => Object.hasOwn(ENTITIES, name);

function changed(view: View, entity: keyof Entities, event: Extract<Message, { type: "event" }>) {
  const rows = new Map<string, unknown>(view[entity]);
  if (event.op === "remove") rows.delete(event.id);
  else rows.set(event.id, ENTITIES[entity].parse(event.value));
  return rows;
}

export const newest = <T extends { id: string }>(rows: Iterable<T>): T | undefined =>
  [...rows].sort((a, b) => (a.id < b.id ? 1 : -1))[0];
