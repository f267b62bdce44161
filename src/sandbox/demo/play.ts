import { openAsBlob } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, extname } from "node:path";
import type { z } from "zod";
import { UserError } from "../world/user-error.ts";
import type { Api } from "./api.ts";
import { follow } from "./feed.ts";
import { type Asset, type Job, Project, type Task, TaskPage, Upload } from "./schemas.ts";
import { newest, type View } from "./view.ts";

/** By file extension, as browsers send them. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  ".mp3": "audio/mpeg",
  ".wav": "audio/wav",
  ".m4a": "audio/mp4",
  ".mp4": "video/mp4",
  ".aac": "audio/aac",
  ".ogg": "audio/ogg",
  ".flac": "audio/flac",
  ".webm": "audio/webm",
};

/** The most approvals that the API takes in one request. */
const MAX_APPROVALS = 200;

export interface Watcher {
  /** The project as it is now. */
  changed(view: View): void;
  note(line: string): void;
}

/**
 * Makes a song's film through the public API: creates a project, uploads the song, runs to the film, approves
 * what waits for approval. Returns the last view, in which the project is completed. Throws UserError with a
 * message for the user where that fails.
 */
export async function play(api: Api, song: string, watcher: Watcher): Promise<View> {
  const created = await api.post("/api/projects", Project, { name: basename(song, extname(song)) });
  await upload(api, created.id, song, watcher);
  await api.post(`/api/projects/${created.id}/run`, Project, { target: "assemble_video" });

  const approved = new Set<string>();
  for await (const view of follow(api, created.id)) {
    watcher.changed(view);
    const status = view.project.get(created.id)?.status;
    if (status === "awaiting_approval" && isIdle(view))
      await approve(api, created.id, view, approved, watcher);
    // One change of the record is sent as several events: the project's may come before those of its jobs and
    // films.
    if (status === "failed" && failures(view).length > 0) throw new UserError(reason(failures(view)));
    if (status === "completed" && isWhole(view)) return view;
  }
  throw new UserError("The feed ended before the film was made.");
}

/** All tasks of the project, read page by page. */
export async function tasksOf(api: Api, projectId: string): Promise<Task[]> {
  const tasks: Task[] = [];
  let cursor: string | null = null;
  do {
    const after: string = cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<typeof TaskPage> = await api.get(
      `/api/projects/${projectId}/tasks?limit=100${after}`,
      TaskPage,
    );
    tasks.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null);
  return tasks;
}

async function upload(api: Api, projectId: string, song: string, watcher: Watcher): Promise<void> {
  const file = await openAsBlob(song);
  const { key, url, headers } = await api.post("/api/uploads/presign", Upload, {
    project_id: projectId,
    filename: basename(song),
    content_type: CONTENT_TYPES[extname(song).toLowerCase()] ?? "application/octet-stream",
    bytes: (await stat(song)).size,
  });
  const stored = await fetch(url, { method: "PUT", headers, body: file, signal: api.signal });
  if (!stored.ok) throw new UserError(`The bucket refused the upload: ${await stored.text()}`);
  const { audio } = await api.post(`/api/projects/${projectId}/audio`, Project, { key });
  if (!audio) throw new UserError("The song was not attached.");
  const name = [audio.title ?? basename(song), audio.artist].filter(Boolean).join(" by ");
  watcher.note(`The song: ${name}, ${audio.format.toUpperCase()}, ${audio.duration_seconds.toFixed(2)} s`);
}

/**
 * Approves the newest image and the newest clip of each scene, once each; of either kind only when every
 * scene has one.
 */
async function approve(api: Api, projectId: string, view: View, approved: Set<string>, watcher: Watcher) {
  for (const [kind, assets] of [["image", view.image] as const, ["clip", view.clip] as const]) {
    const ready = newestOfEachScene(assets.values());
    const waiting = ready.filter((asset) => !approved.has(asset.id));
    if (ready.length < view.scene.size || waiting.length === 0) continue;
    const decisions = waiting.map((asset) => ({ [`${kind}_id`]: asset.id, approved: true }));
    for (let i = 0; i < decisions.length; i += MAX_APPROVALS) {
      const approvals = decisions.slice(i, i + MAX_APPROVALS);
      await api.put(`/api/projects/${projectId}/approvals`, { approvals });
    }
    for (const asset of waiting) approved.add(asset.id);
    watcher.note(`Approved ${waiting.length} ${kind}s`);
  }
}

function newestOfEachScene(assets: Iterable<Asset>): Asset[] {
  const completed = [...assets].filter((asset) => asset.status === "completed");
  const scenes = new Set(completed.map((asset) => asset.scene_id));
  return [...scenes].flatMap((scene) => newest(completed.filter((asset) => asset.scene_id === scene)) ?? []);
}

const isIdle = (view: View): boolean => [...view.job.values()].every((job) => job.finished_at !== null);

const isWhole = (view: View): boolean =>
  isIdle(view) && [...view.final_video.values()].some((film) => film.status === "completed");

const failures = (view: View): Job[] => [...view.job.values()].filter((job) => job.status === "failed");

function reason(failed: Job[]): string {
  const error = newest(failed)?.error;
  if (!error) return "The project failed without a reason.";
  return [error.message, error.next_action].filter(Boolean).join(" ");
}
