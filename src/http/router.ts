import { OpenAPIHono } from "@hono/zod-openapi";
import type { Actor } from "../operations/shared.ts";
import { onInvalid } from "./failures.ts";

export interface AppEnv {
  Variables: {
    requestId: string;
    /** Set under /api by the bearer token. */
    actor: Actor;
  };
}

export const router = () => new OpenAPIHono<AppEnv>({ defaultHook: onInvalid });
