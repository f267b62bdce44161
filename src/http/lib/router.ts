import { OpenAPIHono } from "@hono/zod-openapi";
import type { AppEnv } from "./app-env.ts";
import { onInvalid } from "./failures.ts";

/** A router whose invalid requests answer as problems. */
export const router = () => new OpenAPIHono<AppEnv>({ defaultHook: onInvalid });
