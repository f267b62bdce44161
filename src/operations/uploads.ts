import { fail, ok, type Result } from "../domain/record/errors.ts";
import { audioKey, UPLOAD_EXTENSIONS, uploadType } from "../domain/record/keys.ts";
import { isLimitReached, UPLOAD_SECONDS } from "../domain/record/limits.ts";
import type { Deps } from "../ports/deps.ts";
import { type Actor, limitReached, notFound } from "./shared.ts";

export interface PresignedUpload {
  key: string;
  url: string;
  headers: Record<string, string>;
  expiresAt: Date;
}

/**
 * Presigns an upload of one song of exactly this type and size. The project changes when it is confirmed; an
 * upload that is not is deleted.
 */
export async function presignUpload(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; filename: string; contentType: string; bytes: number },
): Promise<Result<PresignedUpload>> {
  const type = uploadType(input.filename, input.contentType);
  if (!type) {
    const message = `The file name must end in one of ${UPLOAD_EXTENSIONS.map((e) => `.${e}`).join(", ")}, and content_type must be a type of that format.`;
    return fail("invalid_request", message, [{ path: "content_type", code: "not_a_song", message }]);
  }
  const { projectId } = input;
  const whose = { ownerId: actor.ownerId, projectId };
  const key = audioKey(actor.ownerId, projectId, deps.newId(), type.extension);
  const announced = await deps.store.announceUpload(whose, { key, bytes: input.bytes });
  if (!announced) return notFound();
  if (isLimitReached(announced)) return limitReached(announced);
  const now = deps.now();
  const { url, headers } = await deps.storage.presignPut({
    key,
    contentType: type.contentType,
    bytes: input.bytes,
    expiresSeconds: UPLOAD_SECONDS,
    now,
  });
  return ok({ key, url, headers, expiresAt: new Date(now.getTime() + UPLOAD_SECONDS * 1000) });
}
