/** Idempotency-Key: a POST that is sent again under the same key takes effect once. */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Context, HonoRequest, Input } from "hono";
import type { OperationError } from "../../domain/record/errors.ts";
import { uuidv7 } from "../../domain/record/ids.ts";
import type { Project } from "../../domain/record/record.ts";
import { rootCause } from "../../errors.ts";
import { getProject } from "../../operations/projects.ts";
import type { Deps } from "../../ports/deps.ts";
import type { KeptAnswer, KeyHold } from "../../ports/store.ts";
import type { AppEnv } from "./app-env.ts";
import { orProblem, ProblemError, problem } from "./problem.ts";

export const REPLAYED = "Idempotency-Replayed";
const KEPT_HEADERS = ["content-type"];

const RULE = "Use 1 to 255 visible ASCII characters, without spaces.";
/** The draft (draft-ietf-httpapi-idempotency-key-header) quotes the key by RFC 8941, most clients do not. */
const QUOTED = /^"((?:[!#-[\]-~]|\\["\\])+)"$/;
const BARE = /^[!#-~][!-~]*$/;

const Key = z
  .string()
  .transform((given, ctx) => {
    const key = QUOTED.exec(given)?.[1]?.replace(/\\(.)/g, "$1") ?? BARE.exec(given)?.[0];
    if (key !== undefined && key.length <= 255) return key;
    ctx.addIssue({ code: "custom", message: RULE, input: given });
    return z.NEVER;
  })
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: 255,
    pattern: BARE.source,
    description:
      "Makes this request safe to repeat: choose a new key for each new request, such as a UUID, and repeat the request with the same key. The key may be in double quotes.",
    example: "8e03978e-40d5-43dd-bc93-6894a57f9324",
  });

/** For the `request.headers` of every POST. */
export const IdempotencyHeader = z.object({ "idempotency-key": Key.optional() });

/** For the `headers` of a response that is stored for repeats. */
export const replayedHeader = {
  [REPLAYED]: {
    description:
      "true: an earlier request with this key took effect, or failed with this problem; this one had no effect. Absent otherwise.",
    schema: { type: "string" as const, enum: ["true"] },
  },
};

/** The errors that every POST may answer, for its `problems`. */
export const IDEMPOTENCY_PROBLEMS = ["idempotency_in_progress", "idempotency_key_reused"] as const;

const IN_PROGRESS: OperationError = {
  code: "idempotency_in_progress",
  detail: "The first request with this Idempotency-Key is still being worked on. Repeat it in a second.",
};
const REUSED: OperationError = {
  code: "idempotency_key_reused",
  detail: "This Idempotency-Key was used for another request. Choose a new key for each new request.",
};

/** Input of a route whose headers are validated by `IdempotencyHeader`. */
type Keyed = Input & { out: { header: z.output<typeof IdempotencyHeader> } };

/**
 * Does the work of a POST, once for each key; without a key, simply does it. `work` is given `deps` whose
 * `newId` makes the same ids whenever the work is done again for a key: if its effect was committed and only
 * the response lost, it finds the effect instead of making a second one. Errors are stored and answered again,
 * except those that say to try again later (429, 5xx). A success is not stored, and a repeat does the work
 * again with the same ids: for responses that are valid for a short time only. Throws `ProblemError` where the
 * key is in progress or belongs to another request, and what `work` throws.
 */
export async function once<P extends string, I extends Keyed, T>(
  c: Context<AppEnv, P, I>,
  deps: Deps,
  work: (deps: Deps) => Promise<T>,
): Promise<T> {
  const attempt = await attempted(c, deps, work, () => null);
  return attempt.kind === "done" ? attempt.result : answeredBefore<T>(c, attempt.answer);
}

/**
 * As `once`, for work that makes or changes a project. A repeat has no effect and shows the project as it is
 * by then: only its id is stored, so that a key costs few bytes, however much a project holds.
 */
export async function onceForProject<P extends string, I extends Keyed, T extends Response>(
  c: Context<AppEnv, P, I>,
  deps: Deps,
  { work, show }: { work: (deps: Deps) => Promise<Project>; show: (project: Project) => T },
): Promise<T> {
  const attempt = await attempted(
    c,
    deps,
    async (deps) => {
      const project = await work(deps);
      return { project, response: show(project) };
    },
    ({ project: { id }, response: { status } }) => ({
      status,
      headers: {},
      body: JSON.stringify({ shows_project: id } satisfies z.infer<typeof ShownProject>),
    }),
  );
  if (attempt.kind === "done") return attempt.result.response;
  const stored = ShownProject.safeParse(JSON.parse(attempt.answer.body));
  if (!stored.success) return answeredBefore<T>(c, attempt.answer);
  const response = show(orProblem(await getProject(deps, c.var.actor, stored.data.shows_project)));
  response.headers.set(REPLAYED, "true");
  return response;
}

/** The stored body of a success that shows a project; other bodies are answered as they are. */
const ShownProject = z.object({ shows_project: z.uuid() });

/** One attempt at the work of a key. `kept` is what a repeat needs of a success; null to do the work again. */
async function attempted<P extends string, I extends Keyed, T>(
  c: Context<AppEnv, P, I>,
  deps: Deps,
  work: (deps: Deps) => Promise<T>,
  kept: (result: T) => KeptAnswer | null,
): Promise<{ kind: "done"; result: T } | { kind: "answered"; answer: KeptAnswer }> {
  const key = c.req.valid("header")["idempotency-key"];
  if (key === undefined) return { kind: "done", result: await work(deps) };
  const asked = { ownerId: c.var.actor.ownerId, key, hash: await hashOf(c.req) };
  const claim = await deps.keys.claim(asked);
  if (claim.kind === "reused") throw new ProblemError(REUSED);
  if (claim.kind === "in_progress") throw new ProblemError(IN_PROGRESS);
  if (claim.kind === "answered") return claim;

  let result: T;
  try {
    result = await work({ ...deps, newId: idsOf(claim.hold) });
  } catch (error) {
    const answer = error instanceof ProblemError ? await keepable(problem(c, error.error)) : null;
    await settled(deps, claim.hold, answer);
    throw error;
  }
  await settled(deps, claim.hold, kept(result));
  return { kind: "done", result };
}

/** Hash of method, path, query and body: requests with the same hash are the same request. */
async function hashOf(request: HonoRequest): Promise<string> {
  const { pathname, search } = new URL(request.url);
  const whole = JSON.stringify([request.method, pathname + search, await request.text()]);
  return createHash("sha256").update(whole).digest("hex");
}

/** Makes UUIDv7s with the time when the key was first seen; the n-th is the same each time. */
function idsOf({ ownerId, key, since }: KeyHold): () => string {
  let n = 0;
  return () => {
    const seed = JSON.stringify([ownerId, key, n++]);
    return uuidv7(since.getTime(), createHash("sha256").update(seed).digest().subarray(0, 10));
  };
}

/** A problem as it is stored for repeats; null where it says to try again later (429, 5xx). */
async function keepable(response: Response): Promise<KeptAnswer | null> {
  const { status } = response;
  if (status >= 500 || status === 429) return null;
  const headers = [...response.headers].filter(([name]) => KEPT_HEADERS.includes(name));
  return { status, headers: Object.fromEntries(headers), body: await response.clone().text() };
}

/** Stores the answer or frees the key. Errors are only logged: the effect is committed, and the lock expires. */
async function settled(deps: Deps, hold: KeyHold, answer: KeptAnswer | null): Promise<void> {
  try {
    await (answer ? deps.keys.keep(hold, answer) : deps.keys.release(hold));
  } catch (error) {
    deps.log("warn", "idempotency_key_unsettled", { error: rootCause(error) });
  }
}

/** The stored answer as a response. The cast is safe: the key's hash holds this route's method and path. */
function answeredBefore<T>(c: Context<AppEnv>, { status, headers, body }: KeptAnswer): T {
  const init = new Response(null, { status, headers: { ...headers, [REPLAYED]: "true" } });
  return c.body(body, init) as T;
}
