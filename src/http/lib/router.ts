import { OpenAPIHono } from "@hono/zod-openapi";
import type { ErrorCode } from "../../domain/record/errors.ts";
import type { Actor } from "../../operations/shared.ts";
import { onInvalid } from "./failures.ts";

export interface AppEnv {
  Variables: {
    requestId: string;
    /** Set under /api by the bearer token. */
    actor: Actor;
    /** Set by the answer that is a problem. */
    problem?: ErrorCode;
  };
}

export const router = () => new OpenAPIHono<AppEnv>({ defaultHook: onInvalid });
