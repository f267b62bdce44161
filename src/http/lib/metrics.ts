/** A line in the log and a point in the metrics for every request. Neither holds anything of its contents. */
import type { Context, MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import { requestPoint } from "../../metrics.ts";
import type { Deps } from "../../ports/deps.ts";
import type { AppEnv } from "./app-env.ts";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const requestMetrics =
  (deps: Pick<Deps, "metrics" | "log" | "now">): MiddlewareHandler<AppEnv> =>
  async (c, next) => {
    const start = deps.now().getTime();
    await next();
    const milliseconds = deps.now().getTime() - start;
    const { method } = c.req;
    const route = routeOf(c);
    const { status } = c.res;
    const problem = c.get("problem") ?? null;
    deps.metrics(requestPoint({ method, route, status, problem, milliseconds, bytes: bytesOf(c.res) }));
    const project = projectOf(route, c.req.path);
    deps.log("info", "request", {
      method,
      route,
      status,
      problem,
      ms: milliseconds,
      request_id: c.get("requestId"),
      ...(project ? { project } : {}),
    });
  };

/** The pattern of the requested route, also where middleware answered in its place; null where none matches. */
const routeOf = (c: Context): string | null =>
  matchedRoutes(c).findLast((route) => route.method !== "ALL")?.path ?? null;

/** The project's id in the path; null unless it is a UUID, because callers can write anything into a path. */
function projectOf(route: string | null, path: string): string | null {
  const at = route?.split("/").indexOf(":project_id") ?? -1;
  const id = at < 0 ? "" : (path.split("/")[at] ?? "");
  return UUID.test(id) ? id : null;
}

function bytesOf(response: Response): number | null {
  const length = response.headers.get("content-length");
  return length === null ? null : Number(length);
}
