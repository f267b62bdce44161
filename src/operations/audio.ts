import { fail, ok, type Result } from "../domain/record/errors.ts";
import { isAudioKey } from "../domain/record/keys.ts";
import type { Project } from "../domain/record/record.ts";
import { rootCause } from "../errors.ts";
import { storedFile } from "../media/lib/source.ts";
import type { Deps } from "../ports/deps.ts";
import type { OwnedProject } from "../ports/store.ts";
import { type Actor, notFound, wake } from "./shared.ts";

const missing = () =>
  fail(
    "upload_missing",
    "The file has not been uploaded. PUT it to the presigned URL first, or ask for a new one.",
  );

/**
 * Attaches an uploaded song after it was measured; a refused one is deleted. Needs two round trips to
 * Postgres: the owner must be checked before anything is read or deleted. Confirming the same song again
 * changes nothing.
 */
export async function confirmAudio(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; key: string; keepScenes: boolean },
): Promise<Result<Project>> {
  const whose = { ownerId: actor.ownerId, projectId: input.projectId };
  const held = await deps.store.holdUpload(whose, input.key);
  if (!held) return notFound();
  const { project } = held;
  if (project.audio?.key === input.key) return ok(project);
  if (!isAudioKey(input.key, actor.ownerId, input.projectId)) {
    const message =
      "This is not the key of an upload to this project. Send the `key` of the presigned upload.";
    return fail("invalid_request", message, [{ path: "key", code: "foreign_key", message }]);
  }

  const object = held.deleting ? null : await deps.storage.head(input.key);
  if (!object) return missing();
  const { key, etag, bytes, contentType } = object;
  const probe = await deps.media.probeSong(storedFile(deps.storage, object), {
    filename: key,
    contentType: contentType ?? "",
    bytes,
  });
  if (!probe.ok) {
    const { code, message, nextAction } = probe.failure;
    if (code === "media_gone") return missing();
    await discard(deps, whose, key);
    return fail("audio_rejected", [message, nextAction].filter(Boolean).join(" "), [
      { path: "key", code, message },
    ]);
  }

  const attached = await deps.store.attachAudio(whose, {
    audio: { key, etag, ...probe.audio },
    keepScenes: input.keepScenes,
  });
  if (!attached) return notFound();
  await wake(deps, actor, input.projectId);
  return ok(attached);
}

/** The song is refused even if this fails; then the sweep deletes the file. */
async function discard(deps: Deps, whose: OwnedProject, key: string): Promise<void> {
  try {
    await deps.storage.delete([key]);
    await deps.store.refuseUpload(whose, key);
  } catch (error) {
    deps.log("warn", "refused_upload_kept", { error: rootCause(error) });
  }
}
