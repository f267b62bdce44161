/** Replicate's HTTP API: replicate.com/docs/reference/http, limits and errors as captured in 2026. */
import { createHash, randomUUID } from "node:crypto";
import { Hono } from "hono";
import { z } from "zod";
import { countDown, reducedRate } from "../chaos/chaos.ts";
import { keyOf, type SandboxState } from "../state.ts";
import { DropConnection } from "../world/listen.ts";
import type { HostedModel } from "./model.ts";
import { byName, byVersion } from "./models.ts";
import type { Predictions, StoredPrediction, WebhookEvent } from "./predictions.ts";
import type { UploadedFiles } from "./uploaded-files.ts";

const PAGE = 100;
const MAX_WAIT_SECONDS = 60;
const MIN_CANCEL_AFTER_MS = 5000;
const EVENTS = ["start", "output", "logs", "completed"] as const;

const Create = z.object({
  version: z.string().optional(),
  input: z.record(z.string(), z.unknown()),
  webhook: z.string().nullish(),
  webhook_events_filter: z.array(z.enum(EVENTS)).nullish(),
  stream: z.boolean().nullish(),
});

const flat = (status: number, detail: string, more: Record<string, unknown> = {}): Response =>
  Response.json({ ...more, detail, status }, { status });
const missing = () => flat(404, "The requested resource could not be found.");

/** The 429 for a create that comes `seconds` too early. */
function throttled(perMinute: number, seconds: number): Response {
  const detail = `Request was throttled. Your rate limit for creating predictions is reduced to ${perMinute} requests per minute with a burst of 1 requests while you have less than $5.0 in credit. Your rate limit resets in ~${seconds}s.`;
  return Response.json(
    { detail, status: 429, retry_after: seconds },
    { status: 429, headers: { "retry-after": String(seconds) } },
  );
}
const noCredit = () =>
  flat(
    402,
    "You have insufficient credit to run this model. Go to https://replicate.com/account/billing#billing to purchase credit. Once you purchase credit, please wait a few minutes before trying again.",
    { title: "Insufficient credit" },
  );

function invalidInput(error: z.ZodError, prefix: string): Response {
  const invalid = error.issues.map((issue) => {
    const keys = issue.code === "unrecognized_keys" ? issue.keys : issue.path.map(String);
    return {
      type: issue.code,
      field: [prefix, ...keys].filter(Boolean).join("."),
      description: issue.message,
    };
  });
  const detail = invalid.map((i) => `- ${i.field || "body"}: ${i.description}\n`).join("");
  return flat(422, detail, { title: "Input validation failed", invalid_fields: invalid });
}

/** `90s`, `5m`, `1h30m45s` or a number of seconds, in milliseconds; undefined where it is none of these. */
export function cancelAfterMs(text: string): number | undefined {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?$/.exec(text.trim());
  if (!match || text.trim() === "") return undefined;
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return ((hours ?? 0) * 3600 + (minutes ?? 0) * 60 + (seconds ?? 0)) * 1000;
}

/** Seconds that the caller waits for the result, by the `Prefer` header; 0 without it. */
function waitSeconds(prefer: string | undefined): number {
  const match = /(?:^|,)\s*wait(?:=(\d+))?/.exec(prefer ?? "");
  if (!match) return 0;
  return Math.min(MAX_WAIT_SECONDS, Math.max(1, Number(match[1] ?? MAX_WAIT_SECONDS)));
}

/** What is wrong with a webhook's address, or null. It must be https, or http on this machine. */
function webhookFault(address: string): string | null {
  if (!URL.canParse(address)) return "Must be a valid URL";
  const url = new URL(address);
  const here = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  return url.protocol === "https:" || (url.protocol === "http:" && here) ? null : "Must be an HTTPS URL";
}

const cursorOf = (p: StoredPrediction) => Buffer.from(p.id).toString("base64url");

interface Parts {
  state: SandboxState;
  predictions: Predictions;
  files: UploadedFiles;
  webhookSecret: string;
}

export function replicateRoutes({ state, predictions, files, webhookSecret }: Parts): Hono {
  /** The 429 for a create that the fault modes throttle; null for one that they let pass. */
  function throttle(): Response | null {
    if (countDown(state.chaos, "throttle")) return throttled(6, 5);
    const perMinute = reducedRate(state.chaos);
    const last = predictions.all()[0];
    if (perMinute === null || !last) return null;
    const ms = last.createdAt + 60_000 / perMinute - state.clock();
    return ms > 0 ? throttled(perMinute, Math.ceil(ms / 1000)) : null;
  }

  const offered = (name: string): HostedModel | undefined =>
    state.chaos.unknown_models.includes(name) ? undefined : byName(name);

  async function create(
    request: Request,
    pick: (body: z.infer<typeof Create>) => HostedModel | undefined,
  ): Promise<Response> {
    const json: unknown = await request.json().catch(() => undefined);
    const refused = throttle();
    if (refused) {
      state.ledger.replicate.throttled += 1;
      return refused;
    }
    if (state.chaos.out_of_credit) return noCredit();
    const body = Create.safeParse(json);
    if (!body.success) return invalidInput(body.error, "");
    const model = pick(body.data);
    if (!model) {
      return flat(
        422,
        "The specified version does not exist (or perhaps you don't have permission to use it?)",
        {
          title: "Invalid version or not permitted",
        },
      );
    }
    const { input, webhook = null, webhook_events_filter: filter } = body.data;
    const wrong = webhook === null ? null : webhookFault(webhook);
    if (wrong) {
      const invalid_fields = [{ type: "value_error", field: "webhook", description: wrong }];
      return flat(422, `- webhook: ${wrong}\n`, { title: "Input validation failed", invalid_fields });
    }
    const limit = request.headers.get("cancel-after");
    const limitMs = limit === null ? null : cancelAfterMs(limit);
    if (limitMs === undefined || (limitMs !== null && limitMs < MIN_CANCEL_AFTER_MS)) {
      return flat(422, `Cancel-After: "${limit}" is not a duration of at least 5 seconds`, {
        title: "Invalid header",
      });
    }
    const read = model.read(input);
    if (!read.ok) return invalidInput(read.error, "input");

    const events: readonly WebhookEvent[] = filter ?? ["output", "completed"];
    const prediction = predictions.create({
      model,
      work: read.work,
      input,
      webhook,
      events,
      cancelAfterMs: limitMs,
    });
    if (countDown(state.chaos, "accept_then_drop")) throw new DropConnection();
    const seconds = waitSeconds(request.headers.get("prefer") ?? undefined);
    if (seconds > 0) await Promise.race([prediction.ended, sleep(seconds)]);
    return Response.json(predictions.json(prediction), { status: 201 });
  }

  function list(url: URL): Response {
    const [after, before] = ["created_after", "created_before"].map((name) => url.searchParams.get(name));
    for (const value of [after, before]) {
      if (value && Number.isNaN(Date.parse(value))) return flat(400, `"${value}" is not an ISO 8601 date`);
    }
    const matching = predictions.all().filter((p) => {
      return !(after && p.createdAt < Date.parse(after)) && !(before && p.createdAt >= Date.parse(before));
    });
    const cursor = url.searchParams.get("cursor");
    const from = cursor === null ? 0 : matching.findIndex((p) => cursorOf(p) === cursor) + 1;
    const page = matching.slice(from, from + PAGE);
    const last = page.at(-1);
    const next = new URL(`${state.url}/replicate/v1/predictions`);
    if (after) next.searchParams.set("created_after", after);
    if (last) next.searchParams.set("cursor", cursorOf(last));
    const more = from + PAGE < matching.length;
    return Response.json({
      previous: null,
      next: more ? next.href : null,
      results: page.map(predictions.json),
    });
  }

  const modelJson = (m: HostedModel) => {
    const [owner, name] = m.name.split("/");
    const Input = z.toJSONSchema(m.schema, { io: "input", unrepresentable: "any" });
    const id = m.version ?? createHash("sha256").update(m.name).digest("hex");
    return {
      url: `https://replicate.com/${m.name}`,
      owner,
      name,
      visibility: "public",
      is_official: m.version === null,
      latest_version: { id, openapi_schema: { openapi: "3.0.2", components: { schemas: { Input } } } },
    };
  };

  return new Hono()
    .use(async (c, next) => {
      if (keyOf(state, "replicate", c.req.raw) !== null) return next();
      await c.req.arrayBuffer();
      return flat(401, "You did not pass a valid authentication token", { title: "Unauthenticated" });
    })
    .post("/models/:owner/:name/predictions", (c) => {
      const model = offered(`${c.req.param("owner")}/${c.req.param("name")}`);
      // Only official models run without a version.
      if (!model || model.version !== null) return missing();
      return create(c.req.raw, () => model);
    })
    .post("/predictions", (c) =>
      create(c.req.raw, ({ version }) => (version ? byVersion(version) : undefined)),
    )
    .get("/predictions", (c) => list(new URL(c.req.url)))
    .get("/predictions/:id", (c) => {
      const prediction = predictions.get(c.req.param("id"));
      return prediction ? c.json(predictions.json(prediction)) : missing();
    })
    .post("/predictions/:id/cancel", (c) => {
      const prediction = predictions.get(c.req.param("id"));
      if (!prediction) return missing();
      predictions.cancel(prediction);
      return c.json(predictions.json(prediction));
    })
    .get("/models/:owner/:name", (c) => {
      const model = offered(`${c.req.param("owner")}/${c.req.param("name")}`);
      return model ? c.json(modelJson(model)) : missing();
    })
    .get("/webhooks/default/secret", (c) => c.json({ key: webhookSecret }))
    .get("/account", (c) => c.json({ type: "user", username: "sandbox", name: "Sandbox", github_url: null }))
    .post("/files", async (c) => {
      const form = await c.req.raw.formData().catch(() => null);
      const content = form?.get("content");
      if (!(content instanceof File)) return flat(400, "Missing content");
      const metadata = form?.get("metadata");
      const text = metadata instanceof File ? await metadata.text() : (metadata ?? "{}");
      return c.json(files.add(randomUUID(), content, new Uint8Array(await content.arrayBuffer()), text), 201);
    })
    .get("/files", (c) => c.json({ previous: null, next: null, results: files.all() }))
    .get("/files/:id", (c) => {
      const file = files.get(c.req.param("id"));
      return file ? c.json(file) : missing();
    })
    .delete("/files/:id", (c) => (files.remove(c.req.param("id")) ? c.body(null, 204) : missing()))
    .all("*", () => missing());
}

const sleep = (seconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, seconds * 1000).unref());

/** /replicate/delivery, which stands in for replicate.delivery. */
export function deliveryRoutes(predictions: Predictions): Hono {
  return new Hono().get("/:id/:name", (c) => {
    const file = predictions.file(c.req.param("id"), c.req.param("name"));
    if (!file) return c.text("Not Found", 404);
    const { bytes, type } = file;
    const headers = {
      "content-type": type,
      "content-length": String(bytes.byteLength),
      "accept-ranges": "bytes",
    };
    const range = /^bytes=(\d+)-(\d*)$/.exec(c.req.header("range") ?? "");
    if (!range) return new Response(new Uint8Array(bytes), { headers });
    const start = Number(range[1]);
    const end = Math.min(bytes.byteLength, range[2] ? Number(range[2]) + 1 : bytes.byteLength);
    if (start >= end) {
      return new Response(null, { status: 416, headers: { "content-range": `bytes */${bytes.byteLength}` } });
    }
    return new Response(bytes.slice(start, end), {
      status: 206,
      headers: {
        ...headers,
        "content-length": String(end - start),
        "content-range": `bytes ${start}-${end - 1}/${bytes.byteLength}`,
      },
    });
  });
}
