/** Every error response: application/problem+json (RFC 9457), with a code of the closed list `ERRORS`. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import {
  ERRORS,
  type ErrorCode,
  INPUT_ERRORS,
  type InputErrorCode,
  type OperationError,
  type Result,
} from "../../domain/record/errors.ts";
import { SONG_REFUSALS } from "../../domain/record/failure-codes.ts";
import type { AppEnv } from "./app-env.ts";

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);
const isInputErrorCode = (code: string): code is InputErrorCode =>
  Object.hasOwn(INPUT_ERRORS, code) || Object.hasOwn(SONG_REFUSALS, code);
/** A Markdown list of codes with what each means, under a sentence. */
export const explained = (sentence: string, meanings: [string, string][]): string =>
  [sentence, "", ...meanings.map(([code, meaning]) => `- \`${code}\`: ${meaning}`)].join("\n");

const ProblemCode = z.enum(Object.keys(ERRORS).filter(isErrorCode)).openapi("ProblemCode", {
  description: explained(
    "The kind of problem, for programs. Each code is explained at its `type`.",
    Object.entries(ERRORS).map(([code, { meaning }]) => [code, meaning]),
  ),
});

const SONG_ERRORS = Object.entries(SONG_REFUSALS).map(([code, { meaning }]): [string, string] => [
  code,
  meaning,
]);
const InputCode = z
  .enum(Object.keys({ ...INPUT_ERRORS, ...SONG_REFUSALS }).filter(isInputErrorCode))
  .openapi("InputErrorCode", {
    description: explained("What is wrong with an input, for programs.", [
      ...Object.entries(INPUT_ERRORS),
      ...SONG_ERRORS,
    ]),
  });

const Problem = z
  .object({
    type: z.string().openapi({
      description:
        "Identifies the kind of problem, one for each `code`: the path of its explanation in this service's reference.",
    }),
    title: z.string().openapi({ description: "The kind of problem in words: one for each `code`." }),
    status: z.int().openapi({ description: "The HTTP status." }),
    detail: z
      .string()
      .openapi({ description: "What was wrong with this request and what to do, in sentences." }),
    code: ProblemCode,
    request_id: z.string().openapi({ description: "Also in X-Request-Id; quote it when you ask for help." }),
    errors: z
      .array(
        z.object({
          path: z.string().openapi({
            description: "Where it is in the body, the query or the headers: `settings.fps`, say.",
          }),
          message: z.string().openapi({ description: "What is wrong, in a sentence." }),
          code: InputCode.optional(),
        }),
      )
      .optional()
      .openapi({ description: "Each thing to correct; absent where the problem has no parts." }),
  })
  .openapi("Problem", {
    description: "Why a request failed (RFC 9457).",
    example: {
      type: "/docs#problem-audio_missing",
      title: ERRORS.audio_missing.title,
      status: 409,
      detail: "Upload a song and confirm it, then start the run.",
      code: "audio_missing",
      request_id: "7f0d3c52-3f0e-4a6e-9a57-0d0a51b0f3f6",
    },
  });

const PROBLEM_JSON = "application/problem+json";

/** An expected error, thrown by a handler; `onError` makes it the problem response. */
export class ProblemError extends Error {
  readonly error: OperationError;
  constructor(error: OperationError) {
    super(error.code);
    this.name = "ProblemError";
    this.error = error;
  }
}

/** The value of a result; throws a `ProblemError` with its error. */
export function orProblem<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new ProblemError(result.error);
}

/** The problem response of an error, with the headers that its code needs (Retry-After, WWW-Authenticate). */
export function problem(
  c: Context<AppEnv>,
  error: OperationError,
  headers: Record<string, string> = {},
): Response {
  const { status, title } = ERRORS[error.code];
  c.set("problem", error.code);
  const body: z.infer<typeof Problem> = {
    type: `/docs#problem-${error.code}`,
    title,
    status,
    detail: error.detail,
    code: error.code,
    request_id: c.get("requestId"),
    ...(error.errors ? { errors: error.errors } : {}),
  };
  return c.body(JSON.stringify(body), status, {
    "Content-Type": PROBLEM_JSON,
    ...headersOf(error.code, c),
    ...headers,
  });
}

function headersOf(code: ErrorCode, c: Context<AppEnv>): Record<string, string> {
  switch (code) {
    case "unauthenticated": {
      const invalid = c.req.header("authorization") ? ', error="invalid_token"' : "";
      return { "WWW-Authenticate": `Bearer realm="omvee"${invalid}` };
    }
    case "too_many_requests":
      return { "Retry-After": "10" };
    case "idempotency_in_progress":
      return { "Retry-After": "1" };
    case "unavailable":
    case "write_unconfirmed":
      return { "Retry-After": "2" };
    case "upgrade_required":
      return { Upgrade: "websocket", Connection: "Upgrade" };
    default:
      return {};
  }
}

/** The problems of a request with a JSON body. */
export const BODY_PROBLEMS = [
  "invalid_request",
  "malformed_json",
  "payload_too_large",
  "unsupported_media_type",
] as const satisfies readonly ErrorCode[];

interface Documented {
  description: string;
  content: { [PROBLEM_JSON]: { schema: typeof Problem } };
}

/**
 * The problem responses of a route, for the OpenAPI document; `too_many_requests`, `internal` and `unavailable` are added. Handlers
 * throw problems (`orProblem`) and never return them, so the type leaves them out of a handler's return type.
 */
export function problems(...codes: ErrorCode[]): Record<never, Documented> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, "too_many_requests", "internal", "unavailable"] as const) {
    const { status } = ERRORS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const response = ([status, same]: [number, ErrorCode[]]) => [
    status,
    {
      description: same.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join(" "),
      content: { [PROBLEM_JSON]: { schema: Problem } },
    },
  ];
  return Object.fromEntries([...byStatus].map(response));
}
