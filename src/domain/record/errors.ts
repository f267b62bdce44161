/** All errors that the API may answer with, by code: HTTP status and title. */
export const ERRORS = {
  invalid_request: { status: 400, title: "The request is not valid" },
  malformed_json: { status: 400, title: "The body is not valid JSON" },
  invalid_cursor: { status: 400, title: "The cursor is not valid" },
  unauthenticated: { status: 401, title: "A valid access token is required" },
  webhook_forged: { status: 401, title: "The webhook is not genuine" },
  forbidden_origin: { status: 403, title: "This origin may not connect" },
  not_found: { status: 404, title: "There is no such resource" },
  method_not_allowed: { status: 405, title: "The method is not supported here" },
  conflict: { status: 409, title: "The current state does not allow this" },
  upload_missing: { status: 409, title: "The file has not been uploaded" },
  audio_missing: { status: 409, title: "The project has no song yet" },
  idempotency_in_progress: {
    status: 409,
    title: "The first request with this Idempotency-Key is still being worked on",
  },
  precondition_failed: { status: 412, title: "It has been changed in the meantime" },
  payload_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The media type is not supported" },
  audio_rejected: { status: 422, title: "The file cannot be used as a song" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key was used for another request" },
  upgrade_required: { status: 426, title: "A WebSocket upgrade is required" },
  internal: { status: 500, title: "Something went wrong on our side" },
  write_unconfirmed: { status: 503, title: "It is unknown whether the change was saved" },
  unavailable: { status: 503, title: "A part of the service is not available" },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** `detail` says what was wrong and what to do, to whoever reads the response; `errors` names each wrong input. */
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
