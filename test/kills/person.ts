/** A person with a frontend: uploads a song, looks now and then, approves, and asks again after a failure. */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { ROOT } from "../../src/sandbox/world/variables.ts";
import type { World } from "../../src/sandbox/world/world.ts";
import type { Scenario } from "./scenario.ts";

const LOOK_MS = 300;
/** Before each further request for a run; a person who was told why waits a little, and gives up at last. */
const PATIENCE_MS = [1_000, 2_000, 4_000, 4_000, 6_000, 6_000];

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
  /** How often a run was asked for again. */
  asked: number;
  /** Tasks of unknown outcome that were asked for again. */
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

  /** Until the Worker is there to answer. Throws where it says no. */
  async function insist(method: string, path: string, body?: unknown) {
    for (;;) {
      const answer = await call(method, path, body).catch(() => null);
      signal.throwIfAborted();
      if (answer && answer.status < 400) return answer;
      if (answer && answer.status < 500)
        throw new Error(
          `${method} ${path} was answered with ${answer.status}: ${JSON.stringify(answer.json)}`,
        );
      await delay(LOOK_MS, null, { signal });
    }
  }

  const list = async <T extends z.ZodType>(projectId: string, what: string, item: T) =>
    page(item).parse((await insist("GET", `/api/projects/${projectId}/${what}?limit=100`)).json).items;

  const run = (projectId: string) =>
    insist("POST", `/api/projects/${projectId}/run`, { target: "assemble_video" });

  /** A project with its song, asked to run to the film. */
  async function begin({ seed, song, byHand }: Scenario): Promise<string> {
    const settings = { clip_resolution: "480p", auto_approve: !byHand, scenes: song.scenes };
    const { id } = Id.parse((await insist("POST", "/api/projects", { name: `Seed ${seed}`, settings })).json);
    const bytes = await readFile(join(ROOT, "test/fixtures", song.file));
    const wish = { filename: basename(song.file), content_type: song.contentType, bytes: bytes.length };
    const signed = await insist("POST", "/api/uploads/presign", { project_id: id, ...wish });
    const { key, url, headers } = Upload.parse(signed.json);
    const { "content-length": _, ...sent } = headers;
    const stored = await fetch(url, { method: "PUT", headers: sent, body: bytes, signal });
    if (!stored.ok) throw new Error(`The bucket answered ${stored.status}: ${await stored.text()}`);
    await insist("POST", `/api/projects/${id}/audio`, { key });
    return id;
  }

  /** Says yes to the newest picture and clip of each scene. */
  async function approve(projectId: string): Promise<void> {
    for (const kind of ["image", "clip"]) {
      const completed = (await list(projectId, `${kind}s`, Asset)).filter((a) => a.status === "completed");
      const newest = new Map(completed.toReversed().map((a) => [a.scene_id, a.id]));
      const approvals = [...newest.values()].map((id) => ({ [`${kind}_id`]: id, approved: true }));
      if (approvals.length > 0) await insist("PUT", `/api/projects/${projectId}/approvals`, { approvals });
    }
  }

  /** Asks again for what nobody knows whether it was paid for. Gives what was decided. */
  async function decide(projectId: string): Promise<Watched["decisions"]> {
    // A product without such a list has no such question.
    const tasks = await list(projectId, "tasks", Task).catch(() => []);
    const decisions = [];
    for (const { id } of tasks.filter((task) => task.needs_decision)) {
      decisions.push({ taskId: id, at: Date.now() });
      await insist("POST", `/api/projects/${projectId}/tasks/${id}/retry`).catch(() => {
        // Its earlier request was heard, and the answer lost.
      });
    }
    return decisions;
  }

  async function reasons(projectId: string): Promise<Map<string, string>> {
    const newest = new Map((await list(projectId, "jobs", Job)).toReversed().map((job) => [job.type, job]));
    const failed = [...newest].filter(([, job]) => job.status === "failed");
    return new Map(failed.map(([type, { error }]) => [type, error ? `${error.code}: ${error.message}` : ""]));
  }

  /** Follows a project to its film, to a failure that stays, or to the end of the time that it has. */
  async function watch(projectId: string, byHand: boolean, deadline: () => number): Promise<Watched> {
    const seen: Watched = { status: "stuck", asked: 0, decisions: [], reasons: new Map() };
    for (; Date.now() < deadline(); await delay(LOOK_MS, null, { signal })) {
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
      const pause = PATIENCE_MS[seen.asked];
      if (pause === undefined) return { ...seen, status, reasons: await reasons(projectId) };
      await delay(pause, null, { signal });
      await run(projectId);
      seen.asked++;
    }
    return seen;
  }

  const frames = async (projectId: string) =>
    Project.parse((await insist("GET", `/api/projects/${projectId}`)).json).audio?.frames ?? 0;

  /** Where the film is downloaded from; null where there is none. */
  async function film(projectId: string): Promise<string | null> {
    const films = await list(projectId, "final-videos", z.object({ id: z.string(), status: z.string() }));
    const made = films.find((f) => f.status === "completed");
    if (!made) return null;
    return (await insist("GET", `/api/projects/${projectId}/final-videos/${made.id}/download`)).location;
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
