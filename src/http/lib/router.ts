import { OpenAPIHono } from "@hono/zod-openapi";
import type { ErrorCode } from "../../domain/record/errors.ts";
import type { Actor } from "../../operations/shared.ts";
import { onInvalid } from "./failures.ts";

export interface AppEnv {
  Variables: {
    requestId: string;
    /** The person that the bearer token names; set under /api only. */
    actor: Actor;
    /** Code of the problem that was answered; absent for a success. */
    problem?: ErrorCode;
  };
}

/** A router whose invalid requests answer as problems. */
export const router = () => new OpenAPIHono<AppEnv>({ defaultHook: onInvalid });
