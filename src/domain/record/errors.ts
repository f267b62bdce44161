/** The errors of operations: problems, which the API answers with, and the errors of single inputs. */
import type { z } from "zod";
import type { SongRefusalCode } from "./failures.ts";

/**
 * All problems that the API may answer with, by code: HTTP status, title, what it means for the caller, and
 * what to do. Markdown, of which only `code` is used.
 */
export const ERRORS = {
  invalid_request: {
    status: 400,
    title: "The request is not valid",
    meaning: "The body, the query or a header does not follow the schema or a rule of the operation.",
    action: "Correct what `errors` names, and send it again.",
  },
  malformed_json: {
    status: 400,
    title: "The body is not valid JSON",
    meaning: "The body could not be read as JSON.",
    action: "Correct the body, and send it again.",
  },
  invalid_cursor: {
    status: 400,
    title: "The cursor is not valid",
    meaning: "`cursor` is not a `next_cursor` of this list.",
    action: "Read the list from its first page, without `cursor`.",
  },
  unauthenticated: {
    status: 401,
    title: "A valid access token is required",
    meaning: "The access token, or the ticket of a feed, is missing, expired or not valid.",
    action: "Get a new token from the identity provider, or a new ticket, and send the request again.",
  },
  webhook_forged: {
    status: 401,
    title: "The webhook is not genuine",
    meaning: "The signature, the time or the callback token of a provider's webhook is wrong.",
    action: "Clients never see it. The operator checks the secret of the webhooks.",
  },
  forbidden_origin: {
    status: 403,
    title: "This origin may not connect",
    meaning: "The page that opened the feed is on an origin that this service does not allow.",
    action: "The operator adds the origin to the allowed ones.",
  },
  not_found: {
    status: 404,
    title: "There is no such resource",
    meaning: "The path or the id is unknown or malformed, or the resource is another user's.",
    action: "Check the path and the id.",
  },
  method_not_allowed: {
    status: 405,
    title: "The method is not supported here",
    meaning: "The path exists, but not with this method.",
    action: "Use one of the methods in the header `Allow`.",
  },
  conflict: {
    status: 409,
    title: "The current state does not allow this",
    meaning: "The request is valid, but the resource is not in a state that allows it.",
    action: "Do what `detail` says, or read the resource again.",
  },
  limit_reached: {
    status: 409,
    title: "You have as many as you may have",
    meaning:
      "It would exceed a limit of one person: `detail` names it. `GET /api/me` shows all limits, and what you use.",
    action:
      "Do what `detail` says, then send the request again, under a new `Idempotency-Key` if it had one.",
  },
  upload_missing: {
    status: 409,
    title: "The file has not been uploaded",
    meaning: "There is no file under the key that was to be confirmed.",
    action: "PUT the file to its presigned URL first, or ask for a new one.",
  },
  audio_missing: {
    status: 409,
    title: "The project has no song yet",
    meaning: "The operation needs the project's song, and none was confirmed.",
    action: "Upload a song and confirm it, then send the request again.",
  },
  idempotency_in_progress: {
    status: 409,
    title: "The first request with this Idempotency-Key is still being worked on",
    meaning: "The same request came twice, and the first has no response yet.",
    action: "Wait for as many seconds as `Retry-After` says, and send the same request again.",
  },
  precondition_failed: {
    status: 412,
    title: "It has been changed in the meantime",
    meaning: "The resource is at another version than the one in `If-Match`.",
    action: "Read it again, and repeat the edit on what it is now.",
  },
  payload_too_large: {
    status: 413,
    title: "The body is too large",
    meaning: "The body has more bytes than the operation accepts.",
    action: "Send less at once.",
  },
  unsupported_media_type: {
    status: 415,
    title: "The media type is not supported",
    meaning: "The body was sent with another `Content-Type` than the operation accepts.",
    action: "Send it as `application/json`.",
  },
  audio_rejected: {
    status: 422,
    title: "The file cannot be used as a song",
    meaning: "The file was measured, refused and deleted: the code in `errors` says why.",
    action: "Show `detail` to the user, and upload another file.",
  },
  idempotency_key_reused: {
    status: 422,
    title: "The Idempotency-Key was used for another request",
    meaning: "A different request was sent under this key before.",
    action: "Choose a new key for each new request.",
  },
  upgrade_required: {
    status: 426,
    title: "A WebSocket upgrade is required",
    meaning: "The feed was requested as a page.",
    action: "Open its URL as a WebSocket.",
  },
  internal: {
    status: 500,
    title: "Something went wrong on our side",
    meaning: "A defect of the service. It was logged.",
    action: "Send the request again later. If it fails again, give the operator the `request_id`.",
  },
  write_unconfirmed: {
    status: 503,
    title: "It is unknown whether the change was saved",
    meaning: "The answer of the database was lost: the change may have been saved or not.",
    action: "Repeat the request with the same `Idempotency-Key`, or read the resource first.",
  },
  too_many_requests: {
    status: 429,
    title: "Too many requests",
    meaning:
      "You, or your address, sent more requests in a few seconds than the header `RateLimit-Policy` allows.",
    action: "Wait for `Retry-After` seconds, then go on with fewer requests. Nothing was changed.",
  },
  unavailable: {
    status: 503,
    title: "A part of the service is not available",
    meaning: "A part of the service could not be reached, or is overloaded.",
    action: "Wait for as many seconds as `Retry-After` says, and send the same request again.",
  },
} as const;
export type ErrorCode = keyof typeof ERRORS;

/** What this service itself finds wrong with an input, by code. */
export const OWN_INPUT_ERRORS = {
  unknown_member: "There is no such member here, or it cannot be set.",
  unknown_model: "There is no model of this name.",
  retired_model: "The model is not offered any more, and cannot be chosen anew.",
  aspect_ratio_not_made: "The chosen clip model makes no clips of this aspect ratio.",
  scene_lengths: "The shortest scene length is above the longest.",
  scene_too_long: "The chosen clip model makes no clips as long as the longest scene.",
  not_a_song: "The file's name or its type is not one of a song format.",
  foreign_key: "The key is not one of an upload to this project.",
  named_twice: "The image or clip is in the list more than once.",
  not_found: "There is no such image or clip.",
} as const;

/** What the validation by schema finds wrong with an input, by zod's codes. */
const SCHEMA_ERRORS = {
  invalid_type: "The value has another type than it should have, or is missing.",
  invalid_value: "The value is not one of the allowed ones.",
  invalid_format: "The text does not have the required format.",
  invalid_union: "The value has none of the allowed forms.",
  invalid_key: "A member's name is not valid.",
  invalid_element: "An element is not valid.",
  too_small: "The value is too small, or too short.",
  too_big: "The value is too large, or too long.",
  not_multiple_of: "The number is not a multiple of the required step.",
  custom: "The value breaks a rule, which `message` states.",
} as const satisfies Record<Exclude<z.core.$ZodIssue["code"], "unrecognized_keys">, string>;

/**
 * What each code of an input error means, in one sentence, except those of a file that can't be used as a song
 * (`SONG_REFUSALS`).
 */
export const INPUT_ERRORS = { ...OWN_INPUT_ERRORS, ...SCHEMA_ERRORS };
export type InputErrorCode = keyof typeof INPUT_ERRORS | SongRefusalCode;

/** What is wrong with one input. `path`: where it is in the request, such as `settings.fps`. */
export interface InputError {
  path: string;
  message: string;
  code?: InputErrorCode;
}

/** `detail` says what was wrong and what to do, to whoever reads the response; `errors` names each wrong input. */
export interface OperationError {
  code: ErrorCode;
  detail: string;
  errors?: InputError[];
}

export type Result<T> = { ok: true; value: T } | { ok: false; error: OperationError };

export const ok = <T>(value: T): Result<T> => ({ ok: true, value });
export const fail = (code: ErrorCode, detail: string, errors?: InputError[]): Result<never> => ({
  ok: false,
  error: errors ? { code, detail, errors } : { code, detail },
});
