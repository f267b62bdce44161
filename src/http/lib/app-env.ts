/** What the middleware of the API puts into a request's context. */
import type { ErrorCode } from "../../domain/record/errors.ts";
import type { Actor } from "../../operations/shared.ts";

export interface AppEnv {
  Variables: {
    requestId: string;
    /** The person that the bearer token names; set under /api only. */
    actor: Actor;
    /** Code of the problem that was answered; absent for a success. */
    problem?: ErrorCode;
  };
}
