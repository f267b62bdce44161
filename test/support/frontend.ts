/** A test's client of the public API over HTTP, as one user of a local world. */
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import { z } from "zod";
import type { World } from "./world.ts";

const Upload = z.object({ key: z.string(), url: z.string(), headers: z.record(z.string(), z.string()) });
const Project = z.looseObject({ id: z.string(), status: z.string(), audio: z.unknown() });
const Asset = z.looseObject({ id: z.string(), scene_id: z.string(), status: z.string() });
const Task = z.looseObject({ id: z.string(), needs_decision: z.boolean() });
const Page = z.object({
  items: z.array(z.looseObject({ id: z.string() })),
  next_cursor: z.string().nullable(),
});

export async function frontend(world: World, user: string) {
  const token = await world.token(user);

  async function call(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; json: unknown }> {
    const answer = await fetch(`${world.apiUrl}${path}`, {
      method,
      redirect: "manual",
      headers: { Authorization: `Bearer ${token}`, ...(body ? { "Content-Type": "application/json" } : {}) },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await answer.text();
    return {
      status: answer.status,
      json: text ? JSON.parse(text) : { location: answer.headers.get("location") },
    };
  }

  async function create(name: string, settings?: unknown): Promise<string> {
    const { status, json } = await call("POST", "/api/projects", { name, settings });
    expect(status).toBe(201);
    return Project.parse(json).id;
  }

  /**
   * Presigns, stores and confirms a file. Returns the confirmation's answer, or the presign's where that
   * fails.
   */
  async function upload(projectId: string, file: string, contentType: string) {
    const bytes = await readFile(file);
    const request = {
      project_id: projectId,
      filename: basename(file),
      content_type: contentType,
      bytes: bytes.length,
    };
    const signed = await call("POST", "/api/uploads/presign", request);
    if (signed.status !== 201) return signed;
    const { key, url, headers } = Upload.parse(signed.json);
    const { "content-length": _, ...sent } = headers;
    const stored = await fetch(url, { method: "PUT", headers: sent, body: bytes });
    expect(stored.status).toBe(200);
    return call("POST", `/api/projects/${projectId}/audio`, { key });
  }

  async function list(projectId: string, what: string) {
    const { json } = await call("GET", `/api/projects/${projectId}/${what}?limit=100`);
    return Page.parse(json).items;
  }

  async function project(projectId: string) {
    return Project.parse((await call("GET", `/api/projects/${projectId}`)).json);
  }

  /** Approves the newest completed image or clip of each scene. */
  async function approveAll(projectId: string): Promise<void> {
    for (const kind of ["image", "clip"]) {
      const assets = z.array(Asset).parse(await list(projectId, `${kind}s`));
      const newest = new Map(
        assets
          .filter((a) => a.status === "completed")
          .toReversed()
          .map((a) => [a.scene_id, a.id]),
      );
      if (newest.size === 0) continue;
      const approvals = [...newest.values()].map((id) => ({ [`${kind}_id`]: id, approved: true }));
      expect((await call("PUT", `/api/projects/${projectId}/approvals`, { approvals })).status).toBe(200);
    }
  }

  /**
   * Polls until the project has one of these statuses, and returns it. `unreachable`: the Worker does not
   * answer.
   */
  async function until(projectId: string, ...states: string[]): Promise<string> {
    for (;;) {
      // Some tests kill the Worker.
      const status = await project(projectId).then(
        (p) => p.status,
        () => "unreachable",
      );
      if (states.includes(status)) return status;
      await delay(200);
    }
  }

  /**
   * Runs until the film is made: retries tasks that need a decision, and asks for another run after other
   * failures.
   */
  async function insist(projectId: string): Promise<void> {
    while ((await until(projectId, "completed", "failed")) === "failed") {
      const tasks = z.array(Task).parse(await list(projectId, "tasks"));
      const undecided = tasks.filter((task) => task.needs_decision);
      for (const { id } of undecided) await call("POST", `/api/projects/${projectId}/tasks/${id}/retry`);
      if (undecided.length === 0)
        await call("POST", `/api/projects/${projectId}/run`, { target: "assemble_video" });
    }
  }

  return { call, create, upload, list, project, approveAll, until, insist };
}
