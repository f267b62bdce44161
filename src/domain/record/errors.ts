/** The closed catalogue of what an operation may answer instead of its result. */
export const ERRORS = {
  invalid_request: { status: 400, title: "The request is not valid" },
  malformed_json: { status: 400, title: "The body is not valid JSON" },
  invalid_cursor: { status: 400, title: "The cursor is not one of ours" },
  unauthenticated: { status: 401, title: "A valid access token is needed" },
  webhook_forged: { status: 401, title: "The signature does not verify" },
  forbidden_origin: { status: 403, title: "This origin may not connect" },
  not_found: { status: 404, title: "There is no such thing here" },
  method_not_allowed: { status: 405, title: "This method is not offered here" },
  conflict: { status: 409, title: "The state does not allow this" },
  upload_missing: { status: 409, title: "The file has not arrived" },
  audio_missing: { status: 409, title: "The project has no song yet" },
  idempotency_in_progress: { status: 409, title: "The same request is still being answered" },
  precondition_failed: { status: 412, title: "It was changed in the meantime" },
  payload_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "This media type is not accepted" },
  audio_rejected: { status: 422, title: "This file can not be used as a song" },
  idempotency_key_reused: { status: 422, title: "This Idempotency-Key belongs to another request" },
  upgrade_required: { status: 426, title: "This rate limiter speaks WebSocket only" },
  internal: { status: 500, title: "Something went wrong on our side" },
  unavailable: { status: 503, title: "A part of the service does not answer" },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** `detail` is for the reader of the response: what was wrong and what to do. */
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
