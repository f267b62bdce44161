/** Faults of providers and actions of users that once cost money or films, and what they may cost at most. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import { frontend } from "../support/frontend.ts";
import { startWorld, type World } from "../support/world.ts";

/** Twelve seconds of drums. */
const SONG = "test/fixtures/audio/drums.mp3";
const SHORT_SCENES = { auto_approve: true, scenes: { min_seconds: 2, max_seconds: 3 } };
const { clipModel: FIRST, clipFallbacks } = DEFAULT_SETTINGS;
const [SECOND = ""] = clipFallbacks;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

const Project = z.looseObject({ status: z.string(), cost: z.object({ spent_usd: z.number() }) });
const Listed = z.object({
  results: z.array(z.object({ model: z.string(), webhook: z.string().optional(), status: z.string() })),
  next: z.string().nullable(),
});
type User = Awaited<ReturnType<typeof frontend>>;

async function chaos(change: object): Promise<void> {
  const url = `${world.sandboxUrl}/_sandbox/chaos`;
  await fetch(url, { method: "DELETE" });
  const { status } = await fetch(url, { method: "POST", body: JSON.stringify(change) });
  expect(status).toBe(200);
}

/** Number of a project's orders for each model, as Replicate lists them. */
async function orders(projectId: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  let next: string | null = `${world.sandboxUrl}/replicate/v1/predictions`;
  while (next) {
    const answer = await fetch(next, { headers: { authorization: "Bearer r8_sandbox" } });
    const page: z.infer<typeof Listed> = Listed.parse(await answer.json());
    for (const { model, webhook = "" } of page.results)
      if (webhook.includes(projectId)) counts[model] = (counts[model] ?? 0) + 1;
    next = page.next;
  }
  return counts;
}

async function begin(user: User, settings: object = {}): Promise<string> {
  const id = await user.create("Drums", { ...SHORT_SCENES, ...settings });
  expect((await user.upload(id, SONG, "audio/mpeg")).status).toBe(200);
  await run(user, id);
  return id;
}
const run = async (user: User, id: string) =>
  expect((await user.call("POST", `/api/projects/${id}/run`, { target: "assemble_video" })).status).toBe(202);
const spent = async (user: User, id: string) => Project.parse(await user.project(id)).cost.spent_usd;
const change = async (user: User, id: string, settings: object) =>
  expect((await user.call("PATCH", `/api/projects/${id}`, { settings })).status).toBe(200);

describe("a clip model", () => {
  test("that its maker withdrew costs a film three orders at most, not three for each scene", async () => {
    const ada = await frontend(world, "ada");
    await chaos({ dead_models: [FIRST] });
    const id = await begin(ada);
    expect(await ada.until(id, "completed", "failed")).toBe("completed");
    const scenes = await ada.list(id, "scenes");
    expect(scenes.length).toBeGreaterThan(3);
    const made = await orders(id);
    expect(made[FIRST]).toBeLessThanOrEqual(3);
    expect((made[FIRST] ?? 0) + (made[SECOND] ?? 0)).toBeLessThanOrEqual(3 + scenes.length);
  });

  test("that its provider does not know is skipped, and the next one makes the film", async () => {
    const ada = await frontend(world, "ada");
    await chaos({ unknown_models: [FIRST, "openai/gpt-6-luna"] });
    const id = await begin(ada);
    expect(await ada.until(id, "completed", "failed")).toBe("completed");
    expect(await orders(id)).not.toHaveProperty([FIRST]);
  });

  test("that gives WebM is ordered from once for each scene at most, and never again for this project", async () => {
    const ada = await frontend(world, "ada");
    await chaos({ clip_form: Object.fromEntries([FIRST, ...clipFallbacks].map((model) => [model, "webm"])) });
    const id = await begin(ada);
    expect(await ada.until(id, "completed", "failed")).toBe("failed");
    const scenes = (await ada.list(id, "scenes")).length;
    const first = await orders(id);
    for (const model of [FIRST, ...clipFallbacks]) expect(first[model] ?? 0).toBeLessThanOrEqual(scenes);
    const paid = await spent(ada, id);
    await run(ada, id);
    await ada.until(id, "running");
    expect(await ada.until(id, "completed", "failed")).toBe("failed");
    expect(await orders(id)).toEqual(first);
    expect(await spent(ada, id)).toBe(paid);
    const [job] = (await ada.list(id, "jobs")).filter((j) => j.type === "generate_clips");
    expect(JSON.stringify(job)).toMatch(/WebM/);
  });

  test("whose clips can't be joined to the others is given up after its first clip", async () => {
    const ada = await frontend(world, "ada");
    await chaos({});
    const id = await begin(ada);
    expect(await ada.until(id, "completed", "failed")).toBe("completed");
    const before = await orders(id);
    await chaos({ clip_form: { [FIRST]: "other_size" } });
    const [clip] = await ada.list(id, "clips");
    await ada.call("PUT", `/api/projects/${id}/approvals`, {
      approvals: [{ clip_id: clip?.id, approved: false }],
    });
    await ada.until(id, "running");
    expect(await ada.until(id, "completed", "failed")).toBe("completed");
    const after = await orders(id);
    expect((after[FIRST] ?? 0) - (before[FIRST] ?? 0)).toBe(1);
    expect((after[SECOND] ?? 0) - (before[SECOND] ?? 0)).toBe(1);
  });
});

test.each(["keyed", "data_uri"])("a clip in the form %s is read", async (form) => {
  const ada = await frontend(world, "ada");
  await chaos({ clip_form: { [FIRST]: form } });
  const id = await begin(ada, { scenes: { min_seconds: 4, max_seconds: 9 } });
  expect(await ada.until(id, "completed", "failed")).toBe("completed");
  expect(await orders(id)).not.toHaveProperty([SECOND]);
});

test("five edits of a finished film's style cost nothing, and neither does undoing them", async () => {
  const ada = await frontend(world, "ada");
  await chaos({});
  const id = await begin(ada);
  expect(await ada.until(id, "completed", "failed")).toBe("completed");
  const paid = await spent(ada, id);
  const before = await orders(id);
  const films = await ada.list(id, "final-videos");
  for (const style of ["o", "oil", "oil pa", "oil paint", "oil painting"]) await change(ada, id, { style });
  expect(await ada.until(id, "ready", "failed")).toBe("ready");
  await change(ada, id, { style: "" });
  expect(await ada.until(id, "completed", "failed")).toBe("completed");
  expect(await spent(ada, id)).toBe(paid);
  expect(await orders(id)).toEqual(before);
  const ids = (list: { id: string }[]) => list.map((film) => film.id);
  expect(ids(await ada.list(id, "final-videos"))).toEqual(ids(films));
});
