import type { z } from "zod";
import { z as schema } from "zod";
import { UserError } from "../world/user-error.ts";

/** The part of the API's problem documents that is shown to the user. */
const Problem = schema.object({ detail: schema.string() });

/**
 * A client of the public API that has no more than a frontend has. Throws UserError with the problem's detail
 * on a status of 400 or more.
 */
export function apiClient(apiUrl: string, token: string, signal: AbortSignal) {
  async function send(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(new URL(path, apiUrl), {
      method,
      signal,
      // Redirects lead to presigned addresses of the bucket, which need no token: `location` returns them.
      redirect: "manual",
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (answer.status >= 400) {
      const problem = Problem.safeParse(await answer.json().catch(() => null));
      throw new UserError(problem.data?.detail ?? `${method} ${path} was answered with ${answer.status}.`);
    }
    return answer;
  }
  return {
    signal,
    async post<S extends z.ZodType>(path: string, expected: S, body?: unknown): Promise<z.infer<S>> {
      return expected.parse(await (await send("POST", path, body)).json());
    },
    async get<S extends z.ZodType>(path: string, expected: S): Promise<z.infer<S>> {
      return expected.parse(await (await send("GET", path)).json());
    },
    async put(path: string, body: unknown): Promise<void> {
      await (await send("PUT", path, body)).body?.cancel();
    },
    /** The address that a GET of `path` redirects to. */
    async location(path: string): Promise<string> {
      const location = (await send("GET", path)).headers.get("location");
      if (!location) throw new UserError(`GET ${path} did not answer with a redirect.`);
      return location;
    },
  };
}
export type Api = ReturnType<typeof apiClient>;
