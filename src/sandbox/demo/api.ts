import type { z } from "zod";
import { z as schema } from "zod";
import { Refusal } from "../world/refusal.ts";

/** What the API says to the person when it can't do what was asked. */
const Problem = schema.object({ detail: schema.string() });

/** A client of the public API, with nothing that a frontend would not have. */
export function apiClient(apiUrl: string, token: string, signal: AbortSignal) {
  async function send(method: string, path: string, body?: unknown): Promise<Response> {
    const answer = await fetch(new URL(path, apiUrl), {
      method,
      signal,
      // A redirect leads to the bucket, where the token would be one credential too many.
      redirect: "manual",
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (answer.status >= 400) {
      const problem = Problem.safeParse(await answer.json().catch(() => null));
      throw new Refusal(problem.data?.detail ?? `${method} ${path} was answered with ${answer.status}.`);
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
    /** Where a redirect leads. */
    async location(path: string): Promise<string> {
      const location = (await send("GET", path)).headers.get("location");
      if (!location) throw new Refusal(`GET ${path} led nowhere.`);
      return location;
    },
  };
}
export type Api = ReturnType<typeof apiClient>;
