import { currentOf } from "../../domain/controller/current.ts";
import { songFrames } from "../../domain/controller/inputs.ts";
import { failedStep, type StepResult } from "../../domain/controller/settlement.ts";
import { checkCover } from "../../domain/cover/solve.ts";
import { failure } from "../../domain/record/failures.ts";
import { filmKey, sidecarKey } from "../../domain/record/keys.ts";
import type { Clip, Film, Image, ProjectRecord, Sidecars } from "../../domain/record/record.ts";
import { toVtt } from "../../domain/views/exports/vtt.ts";
import { releaseSheet } from "../../domain/views/release-sheet.ts";
import type { AlternativeFile } from "../../media/film/film-file.ts";
import { joined } from "../../media/lib/mp4-boxes.ts";
import { type MediaFile, storedFile } from "../../media/lib/source.ts";
import { type MarkedPoster, markedPoster } from "../../media/marks/poster.ts";
import type { Storage } from "../../ports/storage.ts";
import type { StageSteps, StepContext } from "../lib/step.ts";

export const assembleVideo: StageSteps<"assemble_video"> = { start };

/**
 * Joins the approved clips and the song into the film, and writes it and its sidecar files into the bucket.
 */
async function start(step: StepContext): Promise<StepResult> {
  const { deps, task, record, now, progress } = step;
  const { project } = record;
  const { audio, lyrics, settings } = project;
  const { cuts, scenes } = currentOf(record);
  if (!audio || !cuts) return failedStep(NOT_READY);
  const { fps, clipFill, clipAudio, filmSound } = settings;
  const files = clipFiles(deps.storage, record);
  const edits = cuts.flatMap(({ etag: _, ...edit }) => {
    const file = files.get(edit.clipId);
    return file ? [{ ...edit, file }] : [];
  });
  const certificate = checkCover(edits, songFrames(audio, fps));
  if (certificate.gaps > 0 || certificate.overlaps > 0) return failedStep(BROKEN_COVER);

  const id = deps.newId();
  // The image of the scene with the most energy is the poster.
  const picture = scenes.toSorted((a, b) => b.scene.energy - a.scene.energy)[0]?.image ?? null;
  const poster = picture && (await readPoster(deps.storage, picture));
  const made = await deps.media.assembleFilm({
    song: storedFile(deps.storage, audio),
    edits,
    fps,
    tags: { title: audio.title ?? project.name, artist: audio.artist },
    fill: clipFill === "refuse" ? null : clipFill,
    clipAudio,
    sound: filmSound,
    chapters: scenes.map(({ scene }) => ({ title: scene.theme, startFrame: scene.startFrame })),
    captions: lyrics?.lines ?? [],
    language: lyrics?.language ?? null,
    poster: poster?.bytes ?? null,
    upload: () => deps.storage.multipart(filmKey(project.ownerId, project.id, id), "video/mp4"),
    onProgress: progress,
  });
  if (!made.ok) return failedStep(made.failure);
  const { object, frames, durationSeconds, width, height, editList, silentScenes, notes } = made;
  const silent = silentScenes.map(
    ({ scene, reason }) => `The clip of scene ${scene} has sound that the film leaves out: ${reason}`,
  );
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
    certificate: { ...certificate, repairs: project.coverCertificate?.repairs ?? [] },
    warnings: [...notes, ...silent],
    sidecars: null,
    inputHash: task.inputHash,
    error: null,
    createdAt: now(),
  };
  const sidecars = await writeSidecars(step, film, {
    poster: poster && picture ? { ...poster, picture } : null,
    withoutEdits: made.withoutEdits,
  });
  return { kind: "completed", facts: [{ kind: "film", film: { ...film, sidecars } }], costUsd: 0 };
}

/** The files by clip id: one for each clip, also where several scenes show it. */
function clipFiles(storage: Storage, { clips }: ProjectRecord): Map<string, MediaFile> {
  const fileOf = ({ objectKey, etag, bytes }: Clip) =>
    objectKey && etag && bytes ? storedFile(storage, { key: objectKey, etag, bytes }) : null;
  return new Map(
    clips.flatMap((clip) => {
      const file = fileOf(clip);
      return file ? [[clip.id, file] as const] : [];
    }),
  );
}

/** The film gets no poster where the picture is larger: it is held in memory while the film is made. */
const POSTER_BYTES = 8 * 1024 * 1024;

/**
 * The poster's bytes, marked as made by AI unless the person uploaded the picture; null where they can't be
 * read.
 */
async function readPoster(
  storage: Storage,
  { objectKey, etag, bytes, origin }: Image,
): Promise<MarkedPoster | null> {
  if (!objectKey || !bytes || bytes > POSTER_BYTES) return null;
  const read = await storage.read(objectKey, 0, bytes, etag ?? undefined);
  return read && (origin === "uploaded" ? { bytes: read, by: null } : markedPoster(read));
}

interface Beside {
  poster: (MarkedPoster & { picture: Image }) | null;
  withoutEdits: AlternativeFile | null;
}

async function writeSidecars(
  { deps: { storage }, record }: StepContext,
  film: Film,
  { poster, withoutEdits }: Beside,
): Promise<Sidecars> {
  const { id, ownerId, lyrics, settings } = record.project;
  const write = async (
    name: Parameters<typeof sidecarKey>[3],
    extension: string,
    bytes: Uint8Array,
    contentType: string,
  ) => (await storage.put(sidecarKey(ownerId, id, film.id, name, extension), bytes, contentType)).key;
  const text = (content: string) => new TextEncoder().encode(content);
  const lines = lyrics?.lines ?? [];
  const extension = poster?.picture.objectKey?.split(".").at(-1) ?? "jpg";
  return {
    poster:
      poster && (await write("poster", extension, poster.bytes, poster.picture.contentType ?? "image/jpeg")),
    captions:
      lines.length > 0
        ? await write("captions", "vtt", text(toVtt({ lines, fps: settings.fps })), "text/vtt; charset=utf-8")
        : null,
    releaseSheet: await write(
      "release",
      "json",
      text(JSON.stringify(releaseSheet(record, film, poster?.by ?? null), null, 2)),
      "application/json",
    ),
    withoutEdits: withoutEdits && {
      key: await write(
        "without-edits",
        "bin",
        joined([withoutEdits.head, withoutEdits.tail]),
        "application/octet-stream",
      ),
      bytes: withoutEdits.head.length + withoutEdits.tail.length,
      headBytes: withoutEdits.head.length,
      from: withoutEdits.from,
      to: withoutEdits.to,
    },
  };
}

const NOT_READY = failure("clips_not_approved", "Some scenes no longer have an approved clip.");
const BROKEN_COVER = failure("cover_broken", "The scenes do not cover the song without gap or overlap.", {
  nextAction: "Plan the scenes again.",
});
