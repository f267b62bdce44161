import { currentOf } from "../../domain/current.ts";
import { songFrames } from "../../domain/inputs.ts";
import type { Clip, Film } from "../../domain/record.ts";
import { failed, type StepResult } from "../../domain/settlement.ts";
import { failure } from "../../domain/tasks.ts";
import { checkCover } from "../../domain/timeline.ts";
import { type MediaFile, storedFile } from "../../media/source.ts";
import { filmKey } from "../../storage/keys.ts";
import type { Storage } from "../../storage/port.ts";
import type { StepContext } from "../step.ts";

/** Joins the approved clips and the song into the film, inside the Worker, into the bucket. */
export async function assembleVideo({ deps, task, record, now, progress }: StepContext): Promise<StepResult> {
  const { project } = record;
  const { audio } = project;
  const { cuts } = currentOf(record);
  if (!audio || !cuts) return failed(NOT_READY);
  const { fps } = project.settings;
  const edits = cuts.flatMap(({ etag: _, ...edit }) => {
    const clip = record.clips.find((c) => c.id === edit.clipId);
    const file = clip && clipFile(deps.storage, clip);
    return file ? [{ ...edit, file }] : [];
  });
  const certificate = checkCover(edits, songFrames(audio, fps));
  if (certificate.gaps > 0 || certificate.overlaps > 0) return failed(BROKEN_COVER);

  const id = deps.newId();
  const made = await deps.media.assembleFilm({
    song: storedFile(deps.storage, audio),
    edits,
    fps,
    tags: { title: audio.title ?? project.name, artist: audio.artist },
    upload: () => deps.storage.multipart(filmKey(project.ownerId, project.id, id), "video/mp4"),
    onProgress: progress,
  });
  if (!made.ok) return failed(made.failure);
  const { object, frames, durationSeconds, width, height, editList } = made;
  const film: Film = {
    id,
    projectId: project.id,
    taskId: task.id,
    status: "completed",
    objectKey: object.key,
    etag: object.etag,
    bytes: object.bytes,
    durationSeconds,
    frames,
    width,
    height,
    editList,
    certificate,
    inputHash: task.inputHash,
    error: null,
    createdAt: now(),
  };
  return { kind: "made", facts: [{ kind: "film", film }], costUsd: 0 };
}

function clipFile(storage: Storage, { objectKey, etag, bytes }: Clip): MediaFile | null {
  return objectKey && etag && bytes ? storedFile(storage, { key: objectKey, etag, bytes }) : null;
}

const NOT_READY = failure("clips_not_approved", "Not every scene has an approved clip any more.");
const BROKEN_COVER = failure("cover_broken", "The scenes do not cover the song without gap or overlap.", {
  nextAction: "Plan the scenes again.",
});
