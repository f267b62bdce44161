/** Every answer that is not a success: application/problem+json, RFC 9457, from one closed catalogue. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { ERRORS, type ErrorCode, type OperationError, type Result } from "../../domain/record/errors.ts";
import type { AppEnv } from "./router.ts";

const CODES = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];

const Problem = z
  .object({
    type: z.string().openapi({ description: "Identifies the kind of problem; one for each code." }),
    title: z.string().openapi({ description: "The kind of problem in words, always the same for a code." }),
    status: z.int(),
    detail: z.string().openapi({ description: "What was wrong here, and what to do." }),
    code: z.enum(CODES).openapi({ description: "For programs: one of a closed list." }),
    request_id: z.string().openapi({ description: "Also in X-Request-Id; name it when you ask for help." }),
    errors: z
      .array(z.object({ path: z.string(), message: z.string(), code: z.string().optional() }))
      .optional()
      .openapi({ description: "Each thing to correct; `path` leads to it in the body or the query." }),
  })
  .openapi("Problem", {
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

/** An expected failure on its way out of a handler; `onError` turns it into its response. */
export class Refused extends Error {
  readonly error: OperationError;
  constructor(error: OperationError) {
    super(error.code);
    this.name = "Refused";
    this.error = error;
  }
}

/** The value of a result, or out of the handler with its problem. */
export function orRefuse<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw new Refused(result.error);
}

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
    case "idempotency_in_progress":
      return { "Retry-After": "1" };
    case "unavailable":
      return { "Retry-After": "2" };
    case "upgrade_required":
      return { Upgrade: "websocket", Connection: "Upgrade" };
    default:
      return {};
  }
}

interface Documented {
  description: string;
  content: { [PROBLEM_JSON]: { schema: typeof Problem } };
}

/**
 * The problem responses of a route, for its documentation. They leave a handler by `orRefuse`,
 * never by its return type, so the type says nothing of them.
 */
export function problems(...codes: ErrorCode[]): Record<never, Documented> {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of [...codes, "internal", "unavailable"] as const) {
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
