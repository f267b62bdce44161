import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { fromEnv } from "../../src/deps.ts";
import { projectPrefix } from "../../src/domain/record/keys.ts";
import { silentWav } from "../support/media.ts";

const ask = (path: string, init: RequestInit = {}) =>
  exports.default.fetch(new Request(`http://localhost:8787${path}`, init));
const read = async (response: Response) => JSON.parse(await response.text());

/** A new person, with a token of the identity provider. */
async function person() {
  const sub = crypto.randomUUID();
  const answer = await fetch(`${fromEnv(env).config.auth.issuer}/token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sub }),
  });
  const authorization = `Bearer ${(await read(answer)).access_token}`;
  const call = async (method: string, path: string, body?: object) => {
    const response = await ask(path, {
      method,
      headers: { authorization, "content-type": "application/json" },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await response.text();
    return { status: response.status, json: text ? JSON.parse(text) : null };
  };
  const project = async () => (await call("POST", "/api/projects", { name: "Night Drive" })).json;
  return { sub, authorization, call, project };
}

const upgrade = (path: string, headers: Record<string, string> = {}) =>
  ask(path, { headers: { upgrade: "websocket", ...headers } });

/** The next message of a feed, or the code that it was closed with. */
function follow({ webSocket }: Response) {
  if (!webSocket) throw new Error("No WebSocket");
  const inbox: unknown[] = [];
  let arrived = () => {};
  const keep = (message: unknown) => {
    inbox.push(message);
    arrived();
  };
  webSocket.addEventListener("message", ({ data }) => keep(JSON.parse(String(data))));
  webSocket.addEventListener("close", ({ code }) => keep({ closed: code }));
  webSocket.accept();
  return async () => {
    if (inbox.length === 0)
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    return inbox.shift();
  };
}

test("a POST that is repeated with its idempotency key gets the same answer, and is done once", async () => {
  const ada = await person();
  const send = () =>
    ask("/api/projects", {
      method: "POST",
      headers: {
        authorization: ada.authorization,
        "content-type": "application/json",
        "idempotency-key": "8e03978e-40d5-43dd-bc93-6894a57f9324",
      },
      body: JSON.stringify({ name: "Night Drive" }),
    });
  const [first, second] = [await send(), await send()];
  expect([first.status, second.status]).toEqual([201, 201]);
  expect(second.headers.get("idempotency-replayed")).toBe("true");
  expect(await second.text()).toBe(await first.text());
  expect((await ada.call("GET", "/api/projects")).json.items).toHaveLength(1);
});

test("the platform's counter refuses an address that sends too many requests", async () => {
  const send = () => ask("/", { headers: { "cf-connecting-ip": "192.0.2.77" } });
  const statuses = new Set<number>();
  for (let sent = 0; sent < 200 && !statuses.has(429); sent++) statuses.add((await send()).status);
  expect([...statuses]).toEqual([200, 429]);
});

test("every part answers", async () => {
  const response = await ask("/health");
  expect(await read(response)).toMatchObject({ status: "ok" });
  expect(response.status).toBe(200);
});

test("a token of the identity provider opens its own projects only", async () => {
  const [ada, bob] = [await person(), await person()];
  const { id } = await ada.project();
  expect((await ada.call("GET", `/api/projects/${id}`)).json).toMatchObject({ id, status: "draft" });
  expect((await bob.call("GET", `/api/projects/${id}`)).status).toBe(404);
  expect((await ask(`/api/projects/${id}`, { headers: { authorization: "Bearer x.y.z" } })).status).toBe(401);
});

describe("the feed", () => {
  test("is opened by a ticket once, and sends an edit", async () => {
    const ada = await person();
    const { id } = await ada.project();
    const { json } = await ada.call("POST", `/api/projects/${id}/feed/tickets`);
    const { pathname, search } = new URL(json.url);
    const opened = await upgrade(pathname + search);
    expect(opened.status).toBe(101);
    const next = follow(opened);
    expect(await next()).toMatchObject({ type: "snapshot", project: { id, name: "Night Drive" } });
    await ada.call("PATCH", `/api/projects/${id}`, { name: "Day Drive" });
    expect(await next()).toMatchObject({ type: "event", entity: "project", value: { name: "Day Drive" } });

    const again = await upgrade(pathname + search);
    expect([again.status, (await read(again)).code]).toEqual([401, "unauthenticated"]);
  });

  test("is opened by an Authorization header of the owner only", async () => {
    const [ada, bob] = [await person(), await person()];
    const { id } = await ada.project();
    const path = `/api/projects/${id}/feed`;
    const opened = await upgrade(path, { authorization: ada.authorization });
    expect(await follow(opened)()).toMatchObject({ type: "snapshot" });
    expect((await upgrade(path, { authorization: bob.authorization })).status).toBe(404);
    expect((await upgrade(path)).status).toBe(401);
    const elsewhere = await upgrade(path, { authorization: ada.authorization, origin: "https://evil.test" });
    expect([elsewhere.status, (await read(elsewhere)).code]).toEqual([403, "forbidden_origin"]);
  });
});

describe("a song", () => {
  async function upload(seconds: number) {
    const ada = await person();
    const { id } = await ada.project();
    const wav = silentWav(seconds);
    const presigned = await ada.call("POST", "/api/uploads/presign", {
      project_id: id,
      filename: "song.wav",
      content_type: "audio/wav",
      bytes: wav.bytes,
    });
    const { key, headers } = presigned.json;
    await env.BUCKET.put(key, wav.read(0, wav.bytes), {
      httpMetadata: { contentType: headers["content-type"] },
    });
    return { key, ...(await ada.call("POST", `/api/projects/${id}/audio`, { key })) };
  }

  test("that can be used is attached", async () => {
    const { status, json } = await upload(3);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      status: "ready",
      audio: { format: "wav", duration_seconds: 3, frames: 72 },
    });
  });

  test("that is too short is refused, and deleted from the bucket", async () => {
    const { key, status, json } = await upload(1);
    expect([status, json.errors[0].code]).toEqual([422, "audio_too_short"]);
    expect(await env.BUCKET.head(key)).toBeNull();
  });
});

test("deleting a project closes its feed and leaves nothing in the bucket or the coordinator", async () => {
  const ada = await person();
  const { id } = await ada.project();
  const key = `${projectPrefix(ada.sub, id)}clips/a.mp4`;
  await env.BUCKET.put(key, "clip");
  const next = follow(await upgrade(`/api/projects/${id}/feed`, { authorization: ada.authorization }));
  await next();
  expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(204);
  expect(await next()).toEqual({ closed: 4404 });
  expect(await env.BUCKET.head(key)).toBeNull();
  const alarm = await runInDurableObject(env.COORDINATOR.getByName(id), (_, state) =>
    state.storage.getAlarm(),
  );
  expect(alarm).toBeNull();
  expect((await ada.call("DELETE", `/api/projects/${id}`)).status).toBe(404);
});
