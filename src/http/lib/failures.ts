/** The responses to requests that reach no handler, or whose handler throws. */
import type { Hook } from "@hono/zod-openapi";
import type { ErrorHandler, MiddlewareHandler, NotFoundHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { RouterRoute } from "hono/types";
import type { InputError } from "../../domain/record/errors.ts";
import { rootCause } from "../../errors.ts";
import { NOT_FOUND } from "../../operations/shared.ts";
import type { Deps } from "../../ports/deps.ts";
import { Unavailable, WriteUnconfirmed } from "../../ports/errors.ts";
import type { AppEnv } from "./app-env.ts";
import { ProblemError, problem } from "./problem.ts";

const MAX_ERRORS = 20;
const LONGEST_PATH = 100;

type ValidationHook = Hook<unknown, AppEnv, string, Response | undefined>;

/** A malformed id answers 404, like an unknown one; any other invalid input answers 400 and names each error. */
export const onInvalid: ValidationHook = (result, c) => {
  if (result.success) return undefined;
  if (result.target === "param") return problem(c, NOT_FOUND);
  const errors = result.error.issues
    .flatMap((issue): (Omit<InputError, "path"> & { path: string[] })[] => {
      const path = issue.path.map(String);
      if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message, code: issue.code }];
      const message = "There is no such member here, or it cannot be set.";
      return issue.keys.map((key) => ({ path: [...path, key], message, code: "unknown_member" }));
    })
    .slice(0, MAX_ERRORS)
    .map((e) => ({ ...e, path: e.path.join(".").slice(0, LONGEST_PATH).toWellFormed() }));
  const detail = errors.map((e) => (e.path ? `${e.path}: ${e.message}` : e.message)).join(" ");
  return problem(c, { code: "invalid_request", detail, errors });
};

/** 405 with Allow where the path has routes for other methods, else 404. */
export function onNotFound(routes: () => RouterRoute[]): NotFoundHandler<AppEnv> {
  let offered: { method: string; pattern: RegExp }[] | null = null;
  return (c) => {
    offered ??= routes()
      .filter((route) => route.method !== "ALL")
      .map(({ method, path }) => ({ method, pattern: new RegExp(`^${path.replace(/:\w+/g, "[^/]+")}$`) }));
    const methods = new Set(offered.filter((r) => r.pattern.test(c.req.path)).map((r) => r.method));
    if (methods.size === 0)
      return problem(c, {
        code: "not_found",
        detail: "There is no such path. GET /docs lists all paths.",
      });
    if (methods.has("GET")) methods.add("HEAD");
    const allow = [...methods].sort().join(", ");
    const detail = `This path supports ${allow} only.`;
    return problem(c, { code: "method_not_allowed", detail }, { Allow: allow });
  };
}

/** Refuses bodies that are not UTF-8: parsed as they are, they would be stored with replacement characters. */
export const utf8Only: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.raw.body) {
    try {
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await c.req.arrayBuffer());
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return problem(c, { code: "malformed_json", detail: "The body is not UTF-8." });
    }
  }
  return next();
};

/** Expected errors as their problems; outages as 503; anything else is logged and answers 500. */
export const onError =
  (deps: Pick<Deps, "log">): ErrorHandler<AppEnv> =>
  (error, c) => {
    if (error instanceof ProblemError) return problem(c, error.error);
    if (error instanceof HTTPException && error.status === 400)
      return problem(c, { code: "malformed_json", detail: "The body could not be read as JSON." });
    if (error instanceof HTTPException && error.status === 415)
      return problem(c, { code: "unsupported_media_type", detail: "Send the body as application/json." });
    const where = { request_id: c.get("requestId"), method: c.req.method, path: c.req.path };
    if (error instanceof WriteUnconfirmed) {
      deps.log("warn", "outage", { ...where, error: rootCause(error) });
      return problem(c, {
        code: "write_unconfirmed",
        detail:
          "The change may have been saved or not. Repeat the request with the same Idempotency-Key, or read the resource first.",
      });
    }
    if (error instanceof Unavailable) {
      deps.log("warn", "outage", { ...where, error: rootCause(error) });
      return problem(c, {
        code: "unavailable",
        detail: "A part of the service cannot be reached or is overloaded. Try again in a few seconds.",
      });
    }
    deps.log("error", "uncaught", { ...where, error: rootCause(error), stack: frames(error) });
    return problem(c, {
      code: "internal",
      detail: "Your request did not cause this. The error has been logged; trying again later may help.",
    });
  };

/** The lines of the stack without the message above them, which can hold SQL statements. */
const frames = (error: Error): string =>
  (error.stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
