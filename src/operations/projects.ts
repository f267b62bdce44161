import { fail, ok, type Result } from "../domain/record/errors.ts";
import { projectPrefix } from "../domain/record/keys.ts";
import { isLimitReached } from "../domain/record/limits.ts";
import type { Project } from "../domain/record/record.ts";
import {
  DEFAULT_SETTINGS,
  mergeSettings,
  type ProjectChange,
  type SettingsPatch,
  settingsProblems,
} from "../domain/settings.ts";
import type { ProjectWithoutText } from "../domain/views/views.ts";
import { rootCause } from "../errors.ts";
import type { Deps } from "../ports/deps.ts";
import { decodeCursor, type Page, type PageInput, toPage } from "./page.ts";
import { type Actor, limitReached, notFound, wake } from "./shared.ts";

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
  const made = await deps.store.createProject({ id: deps.newId(), ownerId, name: input.name, settings });
  return isLimitReached(made) ? limitReached(made) : ok(made);
}

/** Newest first. */
export async function listProjects(
  deps: Deps,
  actor: Actor,
  input: PageInput & { total: boolean },
): Promise<Result<Page<ProjectWithoutText>>> {
  const cursor = decodeCursor(input.cursor, "id");
  if (!cursor.ok) return cursor;
  const { limit, total } = input;
  const found = await deps.reader.projects(actor.ownerId, { after: cursor.value, limit, total });
  const page = toPage(found.rows, limit, (p) => p.id);
  return ok(found.total === null ? page : { ...page, total: found.total });
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
  const save = (settings: SettingsPatch | undefined, versions: number[] | null) =>
    deps.store.editProject(
      { ownerId: actor.ownerId, projectId },
      { name: edit.name, settings, pins: edit.pins, beat: edit.beat, expected: versions },
    );
  let { saved, current } = await save(patch, expected);
  if (!saved && current && patch && !whyNotSaved(current, expected, patch)) {
    // A stored value that this version does not accept is read as its default; the statement sees it as it is.
    const whole = mergeSettings(current.settings, patch);
    ({ saved, current } = await save(whole, [current.version]));
  }
  if (saved) {
    await wake(deps, actor, projectId);
    return ok(saved);
  }
  if (!current) return notFound();
  return (
    whyNotSaved(current, expected, patch) ??
    fail("conflict", "The project was changed at the same moment. Send the request again.")
  );
}

/** Why the edit of the project, as it is now, is refused; null if it would be saved. */
function whyNotSaved(
  current: Project,
  expected: number[] | null,
  patch: SettingsPatch | undefined,
): Result<never> | null {
  if (expected && !expected.includes(current.version))
    return fail(
      "precondition_failed",
      `The project is at version ${current.version} now. Read it again, then repeat your edit.`,
    );
  const problems = settingsProblems(mergeSettings(current.settings, patch ?? {}), patch ?? {});
  return problems.length > 0 ? badSettings(problems) : null;
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
    else await deps.coordinator(projectId).wake(actor.requestId);
  } catch (error) {
    deps.log("error", "delete_incomplete", { project: projectId, error: rootCause(error) });
    return fail(
      "unavailable",
      "The project is deleted, but some of its files may be left. Send the same request again.",
    );
  }
  return removed ? ok(null) : notFound();
}
