/** The public record: what kinds of entities the feed publishes, of which rows, and as what JSON. */
import type { ProjectRecord } from "../record/record.ts";
import { approvalView, clipView, filmView, imageView, promptView, sceneView } from "./artifacts.ts";
import { feedLyricsView, hasLyrics } from "./lyrics.ts";
import { projectView } from "./project.ts";
import { feedTasks, feedTaskView, jobView } from "./work.ts";

/** An entity of which a project has many: an array, the member `member` of the feed's snapshot. */
const many = <const Member extends string, Row, Value extends { id: string }>(
  member: Member,
  rows: (record: ProjectRecord) => readonly Row[],
  /** `fps` is the project's. */
  view: (row: Row, fps: number) => Value,
) => ({
  member,
  single: false,
  values: (record: ProjectRecord): Value[] =>
    rows(record).map((row) => view(row, record.project.settings.fps)),
});

/** An entity of which a project has one or none: a value or null in the snapshot. Its id is the project's. */
const one = <const Member extends string, Row, Value extends { id: string }>(
  member: Member,
  row: (record: ProjectRecord) => Row | null,
  view: (row: Row) => Value,
) => ({
  member,
  single: true,
  values: (record: ProjectRecord): Value[] => {
    const found = row(record);
    return found === null ? [] : [view(found)];
  },
});

/**
 * Each entity: its member of the snapshot, its rows in the record and its view. In the order in which changes
 * are published: a job before its tasks, and the project last, after all that explains its status.
 */
const TABLE = {
  lyrics: one("lyrics", ({ project }) => (hasLyrics(project) ? project : null), feedLyricsView),
  scene: many("scenes", (record) => record.scenes, sceneView),
  prompt: many("prompts", (record) => record.prompts, promptView),
  image: many("images", (record) => record.images, imageView),
  clip: many("clips", (record) => record.clips, clipView),
  approval: many("approvals", (record) => record.approvals, approvalView),
  job: many("jobs", (record) => record.jobs, jobView),
  task: many("tasks", feedTasks, feedTaskView),
  final_video: many("final_videos", (record) => record.films, filmView),
  project: one("project", (record) => record.project, projectView),
};

export type Entity = keyof typeof TABLE;
/** The JSON of an entity, as the feed publishes it. */
export type EntityValue<E extends Entity> = ReturnType<(typeof TABLE)[E]["values"]>[number];

export const isEntity = (name: string): name is Entity => Object.hasOwn(TABLE, name);
/** In the order in which changes are published. */
export const ENTITIES: readonly Entity[] = Object.keys(TABLE).filter(isEntity);

/** A value for each entity. */
export function forEachEntity<T>(make: (entity: Entity) => T): Record<Entity, T>;
export function forEachEntity<T>(make: (entity: Entity) => T): Record<string, T> {
  return Object.fromEntries(ENTITIES.map((entity) => [entity, make(entity)]));
}

/** Where a snapshot of the feed has the entity's values. `single`: one value or null, not an array. */
export const snapshotMember = (entity: Entity): { member: string; single: boolean } => TABLE[entity];

/** The public record, by entity and id. Values are what the feed publishes. */
export type View = Record<Entity, Record<string, unknown>>;

export const publicView = (record: ProjectRecord): View =>
  forEachEntity((entity) =>
    Object.fromEntries(TABLE[entity].values(record).map((value) => [value.id, value])),
  );
