/** The feed is the difference between two readings of the record: no crash loses an event, no retry doubles one. */

/** In the order that changes are told: the project last, when all that explains its status is known. */
export const ENTITIES = [
  "scene",
  "prompt",
  "image",
  "clip",
  "approval",
  "job",
  "final_video",
  "project",
] as const;
export type Entity = (typeof ENTITIES)[number];

/** The public record, by entity and id. Values are what the API shows. */
export type View = Record<Entity, Record<string, unknown>>;

export type FeedChange =
  | { entity: Entity; op: "upsert"; id: string; value: unknown }
  | { entity: Entity; op: "remove"; id: string };

export const emptyView = (): View => ({
  project: {},
  scene: {},
  prompt: {},
  image: {},
  clip: {},
  approval: {},
  job: {},
  final_video: {},
});

/** What turns `before` into `after`, in the order of ENTITIES; removals come last, children first. */
export function diffViews(before: View, after: View): FeedChange[] {
  const upserts = ENTITIES.flatMap((entity) =>
    Object.entries(after[entity])
      .filter(([id, value]) => JSON.stringify(value) !== JSON.stringify(before[entity][id]))
      .map(([id, value]): FeedChange => ({ entity, op: "upsert", id, value })),
  );
  const removals = [...ENTITIES].reverse().flatMap((entity) =>
    Object.keys(before[entity])
      .filter((id) => !(id in after[entity]))
      .map((id): FeedChange => ({ entity, op: "remove", id })),
  );
  return [...upserts, ...removals];
}

/** The client's half: what a view becomes when a change arrives. */
export function applyChange(view: View, change: FeedChange): View {
  const rows = { ...view[change.entity] };
  if (change.op === "upsert") rows[change.id] = change.value;
  else delete rows[change.id];
  return { ...view, [change.entity]: rows };
}
