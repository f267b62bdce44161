/**
 * A simulated user over HTTP: uploads a song, polls the project, approves, and asks again after a failure.
 */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ROOT } from "../../src/sandbox/world/variables.ts";
import type { World } from "../../src/sandbox/world/world.ts";
import type { Scenario } from "./scenario.ts";

const POLL_MS = 300;
/** Pauses before each further request for a run; after the last one the person gives up. */
const RERUN_PAUSES_MS = [1_000, 2_000, 4_000, 4_000, 6_000, 6_000];

const Id = z.looseObject({ id: z.string() });
const Upload = z.object({ key: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) });
const Project = z.looseObject({ status: z.string(), audio: z.object({ frames: z.number() }).nullable() });
const Failure = z.object({
  code: z.string(),
  message: z.string().min(1),
  next_action: z.string().nullable(),
});
const Job = z.object({ type: z.string(), status: z.string(), error: Failure.nullable() });
const Task = z.object({ id: z.string(), needs_decision: z.boolean() });
const Asset = z.object({ id: z.string(), scene_id: z.string(), status: z.string() });
const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export interface Watched {
  status: "completed" | "failed" | "stuck";
  /** How often the person asked for a run again. */
  reruns: number;
  /** Tasks of unknown outcome that the person retried. */
  decisions: { taskId: string; at: number }[];
  /** Why the newest run of a stage failed, by stage. */
  reasons: Map<string, string>;
}

export async function newPerson(world: World, user: string, signal: AbortSignal) {
  const token = await world.token(user);

  async function call(method: string, path: string, body?: unknown) {
    const answer = await fetch(`${world.apiUrl}${path}`, {
      method,
      redirect: "manual",
      headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]),
    });
    const text = await answer.text();
    const json: unknown = text.startsWith("{") ? JSON.parse(text) : null;
    return { status: answer.status, json, location: answer.headers.get("location") };
  }

  /** Repeats a call while the Worker is down or answers 5xx. Throws on 4xx. */
  async function callUntilDone(method: string, path: string, body?: unknown) {
    for (;;) {
      const answer = await call(method, path, body).catch(() => null);
      signal.throwIfAborted();
      if (answer && answer.status < 400) return answer;
      if (answer && answer.status < 500)
        throw new Error(
          `${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.json)}`,
        );
      await delay(POLL_MS, null, { signal });
    }
  }

  const list = async <T extends z.ZodType>(projectId: string, what: string, item: T) =>
    page(item).parse((await callUntilDone("GET", `/api/projects/${projectId}/${what}?limit=100`)).json).items;

  const run = (projectId: string) =>
    callUntilDone("POST", `/api/projects/${projectId}/run`, { target: "assemble_video" });

  /** Creates a project with the scenario's song. Returns its id. */
  async function begin({ seed, song, byHand }: Scenario): Promise<string> {
    const settings = { clip_resolution: "480p", auto_approve: !byHand, scenes: song.scenes };
    const { id } = Id.parse(
      (await callUntilDone("POST", "/api/projects", { name: `Seed ${seed}`, settings })).json,
    );
    const bytes = await readFile(join(ROOT, "test/fixtures", song.file));
    const request = { filename: basename(song.file), content_type: song.contentType, bytes: bytes.length };
    const signed = await callUntilDone("POST", "/api/uploads/presign", { project_id: id, ...request });
    const { key, url, headers } = Upload.parse(signed.json);
    const { "content-length": _, ...sent } = headers;
    const stored = await fetch(url, { method: "PUT", headers: sent, body: bytes, signal });
    if (!stored.ok) throw new Error(`The bucket answered ${stored.status}: ${await stored.text()}`);
    await callUntilDone("POST", `/api/projects/${id}/audio`, { key });
    return id;
  }

  /** Approves the newest image and clip of each scene. */
  async function approve(projectId: string): Promise<void> {
    for (const kind of ["image", "clip"]) {
      const completed = (await list(projectId, `${kind}s`, Asset)).filter((a) => a.status === "completed");
      const newest = new Map(completed.toReversed().map((a) => [a.scene_id, a.id]));
      const approvals = [...newest.values()].map((id) => ({ [`${kind}_id`]: id, approved: true }));
      if (approvals.length > 0)
        await callUntilDone("PUT", `/api/projects/${projectId}/approvals`, { approvals });
    }
  }

  /** Retries the tasks that need a decision, since their charge is unknown. Returns the decisions. */
  async function decide(projectId: string): Promise<Watched["decisions"]> {
    // Where the list can't be read, nothing is decided this time.
    const tasks = await list(projectId, "tasks", Task).catch(() => []);
    const decisions = [];
    for (const { id } of tasks.filter((task) => task.needs_decision)) {
      decisions.push({ taskId: id, at: Date.now() });
      await callUntilDone("POST", `/api/projects/${projectId}/tasks/${id}/retry`).catch(() => {
        // An earlier try of this request was done, and its answer was lost.
      });
    }
    return decisions;
  }

  async function reasons(projectId: string): Promise<Map<string, string>> {
    const newest = new Map((await list(projectId, "jobs", Job)).toReversed().map((job) => [job.type, job]));
    const failed = [...newest].filter(([, job]) => job.status === "failed");
    return new Map(failed.map(([type, { error }]) => [type, error ? `${error.code}: ${error.message}` : ""]));
  }

  /** Polls a project until it is completed, fails for good, or the deadline has passed. */
  async function watch(projectId: string, byHand: boolean, deadline: () => number): Promise<Watched> {
    const seen: Watched = { status: "stuck", reruns: 0, decisions: [], reasons: new Map() };
    for (; Date.now() < deadline(); await delay(POLL_MS, null, { signal })) {
      const answer = await call("GET", `/api/projects/${projectId}`).catch(() => null);
      signal.throwIfAborted();
      if (answer?.status !== 200) continue;
      const { status } = Project.parse(answer.json);
      if (status === "completed") return { ...seen, status };
      if (status === "awaiting_approval" && byHand) await approve(projectId);
      if (status !== "failed") continue;
      const decisions = await decide(projectId);
      seen.decisions.push(...decisions);
      if (decisions.length > 0) continue;
      const pause = RERUN_PAUSES_MS[seen.reruns];
      if (pause === undefined) return { ...seen, status, reasons: await reasons(projectId) };
      await delay(pause, null, { signal });
      await run(projectId);
      seen.reruns++;
    }
    return seen;
  }

  const frames = async (projectId: string) =>
    Project.parse((await callUntilDone("GET", `/api/projects/${projectId}`)).json).audio?.frames ?? 0;

  /** The film's download address; null where there is no film. */
  async function film(projectId: string): Promise<string | null> {
    const films = await list(projectId, "final-videos", z.object({ id: z.string(), status: z.string() }));
    const made = films.find((f) => f.status === "completed");
    if (!made) return null;
    return (await callUntilDone("GET", `/api/projects/${projectId}/final-videos/${made.id}/download`))
      .location;
  }

  return {
    begin,
    run,
    watch,
    frames,
    film,
    scenes: async (projectId: string) => (await list(projectId, "scenes", Id)).length,
  };
}
