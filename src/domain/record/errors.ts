/**
 * The errors that an operation may return instead of its result: by code, the HTTP status and the problem's
 * title.
 */
export const ERRORS = {
  invalid_request: { status: 400, title: "The request is not valid" },
  malformed_json: { status: 400, title: "The body is not valid JSON" },
  invalid_cursor: { status: 400, title: "The cursor is not valid" },
  unauthenticated: { status: 401, title: "A valid access token is needed" },
  webhook_forged: { status: 401, title: "The webhook signature is not valid" },
  forbidden_origin: { status: 403, title: "This origin is not allowed" },
  not_found: { status: 404, title: "Not found" },
  method_not_allowed: { status: 405, title: "This method is not allowed here" },
  conflict: { status: 409, title: "The current state does not allow this" },
  upload_missing: { status: 409, title: "The file has not been uploaded" },
  audio_missing: { status: 409, title: "The project has no song yet" },
  idempotency_in_progress: { status: 409, title: "A request with this Idempotency-Key is still in progress" },
  precondition_failed: { status: 412, title: "The resource was changed in the meantime" },
  payload_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "This media type is not accepted" },
  audio_rejected: { status: 422, title: "This file cannot be used as a song" },
  idempotency_key_reused: { status: 422, title: "This Idempotency-Key was used for a different request" },
  upgrade_required: { status: 426, title: "This address accepts WebSocket connections only" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "A part of the service does not answer" },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** `detail` tells the caller of the API what was wrong and what to do. */
export interface OperationError {
  code: ErrorCode;
  detail: string;
  errors?: { path: string; message: string; code?: string }[];
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: OperationError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (code: ErrorCode, detail: string, errors?: OperationError["errors"]): Result<never> => ({
  ok: false,
  error: errors ? { code, detail, errors } : { code, detail },
});
