/**
 * The feed's events are the diff between what was published and the record: a crash loses no event, a retry
 * repeats none.
 */
import { ENTITIES, type Entity, forEachEntity, snapshotMember, type View } from "./entities.ts";

/** What was published of the record so far: each value as its JSON. */
export type Published = Record<Entity, Record<string, string>>;

export type FeedChange =
  | { entity: Entity; op: "upsert"; id: string; value: unknown }
  | { entity: Entity; op: "remove"; id: string };

export const nothingPublished = (): Published => forEachEntity(() => ({}));

/** The changes from `published` to `view`, in the order of ENTITIES; removals come last, children first. */
export function diff(published: Published, view: View): FeedChange[] {
  const upserts = ENTITIES.flatMap((entity) =>
    Object.entries(view[entity])
      .filter(([id, value]) => JSON.stringify(value) !== published[entity][id])
      .map(([id, value]): FeedChange => ({ entity, op: "upsert", id, value })),
  );
  const removals = [...ENTITIES].reverse().flatMap((entity) =>
    Object.keys(published[entity])
      .filter((id) => !(id in view[entity]))
      .map((id): FeedChange => ({ entity, op: "remove", id })),
  );
  return [...upserts, ...removals];
}

/** What is published after this change. */
export function applyChange(published: Published, change: FeedChange): Published {
  const rows = { ...published[change.entity] };
  if (change.op === "upsert") rows[change.id] = JSON.stringify(change.value);
  else delete rows[change.id];
  return { ...published, [change.entity]: rows };
}

/** All that was published, as one message: what a client needs before it follows events. */
export function snapshot(published: Published, { epoch, seq }: { epoch: string; seq: number }): string {
  const members = ENTITIES.map((entity) => {
    const { member, single } = snapshotMember(entity);
    const values = Object.values(published[entity]);
    return `"${member}":${single ? (values[0] ?? "null") : `[${values.join(",")}]`}`;
  });
  return `{"type":"snapshot","epoch":${JSON.stringify(epoch)},"seq":${seq},${members.join(",")}}`;
}
