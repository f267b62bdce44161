import { and, count, desc, eq, getTableColumns, lt, sql } from "drizzle-orm";
import { rootCause } from "../db/errors.ts";
import { projects } from "../db/schema.ts";
import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Project } from "../domain/record/record.ts";
import {
  DEFAULT_SETTINGS,
  mergeSettings,
  type ProjectChange,
  type SettingsPatch,
  settingsProblems,
} from "../domain/settings.ts";
import type { ProjectWithoutText } from "../domain/views/views.ts";
import type { Deps } from "../ports/deps.ts";
import { projectPrefix } from "../storage/keys.ts";
import { decodeCursor, type Page, type PageInput, toPage } from "./page.ts";
import { type Actor, notFound, wake } from "./shared.ts";

const badSettings = (problems: ReturnType<typeof settingsProblems>): Result<never> =>
  fail("invalid_request", problems.map((p) => p.message).join(" "), problems);

export async function createProject(
  deps: Deps,
  { ownerId }: Actor,
  input: { name: string; settings: SettingsPatch },
): Promise<Result<Project>> {
  const settings = mergeSettings(DEFAULT_SETTINGS, input.settings);
  const problems = settingsProblems(settings, input.settings);
  if (problems.length > 0) return badSettings(problems);
  return ok(await deps.store.createProject({ id: deps.newId(), ownerId, name: input.name, settings }));
}

const { lyrics, transcriptText, partialTranscription, proposal, retiming, ...small } =
  getTableColumns(projects);
/**
 * What a list reads of a project. Of the lyrics in the song file's tags, which can be long, it reads the
 * first line with a time: it tells whether they have times.
 */
const LISTED = {
  ...small,
  audio: sql<Project["audio"]>`jsonb_set(${projects.audio}, '{embeddedLyrics,lines}',
    jsonb_path_query_array(jsonb_path_query_array(${projects.audio},
      '$.embeddedLyrics.lines[*] ? (@.startSeconds != null)'), '$[0]'))`.as("audio"),
};

/** Newest first. */
export async function listProjects(
  deps: Deps,
  actor: Actor,
  input: PageInput & { total: boolean },
): Promise<Result<Page<ProjectWithoutText>>> {
  const cursor = decodeCursor(input.cursor, "id");
  if (!cursor.ok) return cursor;
  const mine = eq(projects.ownerId, actor.ownerId);
  const rows = deps.db
    .select(LISTED)
    .from(projects)
    .where(and(mine, cursor.value ? lt(projects.id, cursor.value) : undefined))
    .orderBy(desc(projects.id))
    .limit(input.limit + 1);
  const page = (found: ProjectWithoutText[]) => toPage(found, input.limit, (p) => p.id);
  if (!input.total) return ok(page(await rows));
  const [found, [counted]] = await deps.db.batch([
    rows,
    deps.db.select({ total: count() }).from(projects).where(mine),
  ]);
  return ok({ ...page(found), total: counted?.total ?? 0 });
}

export async function getProject(
  deps: Deps,
  { ownerId }: Actor,
  projectId: string,
): Promise<Result<Project>> {
  const project = await deps.store.findProject({ ownerId, projectId });
  return project ? ok(project) : notFound();
}

export interface ProjectEdit extends ProjectChange {
  projectId: string;
  /** True: settings that are not given are reset to their defaults. False: they stay. */
  replace: boolean;
  /** Versions to which the edit may be applied; null for any. */
  expected: number[] | null;
}

/** Saves if the version is expected and the settings are valid; else the error says why nothing was saved. */
export async function editProject(deps: Deps, actor: Actor, edit: ProjectEdit): Promise<Result<Project>> {
  const { projectId, expected } = edit;
  const patch = edit.replace ? mergeSettings(DEFAULT_SETTINGS, edit.settings ?? {}) : edit.settings;
  if (edit.replace && patch) {
    const problems = settingsProblems(mergeSettings(DEFAULT_SETTINGS, patch), patch);
    if (problems.length > 0) return badSettings(problems);
  }
  const { saved, current } = await deps.store.editProject(
    { ownerId: actor.ownerId, projectId },
    { name: edit.name, settings: patch, pins: edit.pins, beat: edit.beat, expected },
  );
  if (saved) {
    await wake(deps, projectId);
    return ok(saved);
  }
  return current ? whyNotSaved(current, expected, patch) : notFound();
}

function whyNotSaved(
  current: Project,
  expected: number[] | null,
  patch: SettingsPatch | undefined,
): Result<never> {
  if (expected && !expected.includes(current.version))
    return fail(
      "precondition_failed",
      `The project is at version ${current.version} now. Read it again, then repeat your edit.`,
    );
  const problems = settingsProblems(mergeSettings(current.settings, patch ?? {}), patch ?? {});
  if (problems.length > 0) return badSettings(problems);
  return fail("conflict", "The project was changed at the same moment. Send the request again.");
}

/**
 * Deletes the rows first: then the pipeline can't claim or commit anything, since both update these rows. The
 * files are under a prefix of this owner, so they are deleted even where the row did not exist any more: a
 * repeated request finishes an interrupted one.
 */
export async function removeProject(deps: Deps, actor: Actor, projectId: string): Promise<Result<null>> {
  const removed = await deps.store.removeProject({ ownerId: actor.ownerId, projectId });
  try {
    await deps.storage.deletePrefix(projectPrefix(actor.ownerId, projectId));
    // Without the row, the owner of the object is not known: a wake makes it check by itself.
    if (removed) await deps.coordinator(projectId).destroy();
    else await deps.coordinator(projectId).wake();
  } catch (error) {
    deps.log("error", "delete_incomplete", { project: projectId, error: rootCause(error) });
    return fail(
      "unavailable",
      "The project is deleted, but some of its files may be left. Send the same request again.",
    );
  }
  return removed ? ok(null) : notFound();
}
