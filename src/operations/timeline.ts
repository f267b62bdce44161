/** The timeline of a project, to play at any stage or to export to an editing program. */

import { fail, ok, type Result } from "../domain/record/errors.ts";
import type { Audio, ProjectRecord } from "../domain/record/record.ts";
import { type Timeline, type TimelineScene, timelineOf } from "../domain/timeline.ts";
import { toEdl } from "../domain/views/exports/edl.ts";
import { toFcpxml } from "../domain/views/exports/fcpxml.ts";
import { toLrc } from "../domain/views/exports/lrc.ts";
import { toOtio } from "../domain/views/exports/otio.ts";
import { toSrt } from "../domain/views/exports/srt.ts";
import type { ExportMedia, ExportTimeline } from "../domain/views/exports/timeline-model.ts";
import { toVtt } from "../domain/views/exports/vtt.ts";
import type { Deps } from "../ports/deps.ts";
import { type Actor, notFound } from "./shared.ts";

/** A day: an exported file is opened more than once. */
const EXPORTED_SECONDS = 24 * 60 * 60;
const SHOWN_SECONDS = 60 * 60;

export type TimelineSceneWithUrl = TimelineScene & { url: string | null };
export interface TimelineWithUrls extends Omit<Timeline, "scenes"> {
  record: ProjectRecord;
  audio: Audio;
  songUrl: string;
  scenes: TimelineSceneWithUrl[];
}

export const getTimeline = (
  deps: Deps,
  actor: Actor,
  input: { projectId: string },
): Promise<Result<TimelineWithUrls>> => timelineFor(deps, actor, input, SHOWN_SECONDS);

async function timelineFor(
  deps: Deps,
  { ownerId }: Actor,
  { projectId }: { projectId: string },
  expiresSeconds: number,
): Promise<Result<TimelineWithUrls>> {
  const record = await deps.reader.record({ ownerId, projectId });
  if (!record) return notFound();
  const { audio } = record.project;
  const timeline = timelineOf(record);
  if (!audio || !timeline)
    return fail("audio_missing", "There is no timeline without a song. Upload one first.");
  const now = deps.now();
  const urlOf = (key: string) => deps.storage.presignGet({ key, expiresSeconds, now });
  const scenes = await Promise.all(
    timeline.scenes.map(async (scene) => {
      const key = keyOf(scene);
      return { ...scene, url: key && (await urlOf(key)) };
    }),
  );
  return ok({ ...timeline, record, audio, songUrl: await urlOf(audio.key), scenes });
}

function keyOf({ shown }: TimelineScene): string | null {
  if (shown.kind === "clip") return shown.clip.objectKey;
  return shown.kind === "still" ? shown.image.objectKey : null;
}

const EXPORTERS = {
  srt: { write: toSrt, contentType: "application/x-subrip", extension: "srt" },
  vtt: { write: toVtt, contentType: "text/vtt", extension: "vtt" },
  lrc: { write: toLrc, contentType: "text/plain", extension: "lrc" },
  otio: { write: toOtio, contentType: "application/json", extension: "otio" },
  fcpxml: { write: toFcpxml, contentType: "application/xml", extension: "fcpxml" },
  edl: {
    write: (timeline: ExportTimeline) => toEdl(timeline).join("\n"),
    contentType: "text/plain",
    extension: "edl",
  },
} as const;
export type ExportFormat = keyof typeof EXPORTERS;
export const EXPORT_FORMATS = [
  "srt",
  "vtt",
  "lrc",
  "otio",
  "fcpxml",
  "edl",
] as const satisfies ExportFormat[];

export interface Exported {
  text: string;
  contentType: string;
  filename: string;
}

/** The timeline in the format of another program; addresses in it are valid for a day. */
export async function exportTimeline(
  deps: Deps,
  actor: Actor,
  { projectId, format }: { projectId: string; format: ExportFormat },
): Promise<Result<Exported>> {
  const timeline = await timelineFor(deps, actor, { projectId }, EXPORTED_SECONDS);
  if (!timeline.ok) return timeline;
  const { write, contentType, extension } = EXPORTERS[format];
  const { name } = timeline.value.record.project;
  return ok({ text: write(exportedOf(timeline.value)), contentType, filename: `${name}.${extension}` });
}

function exportedOf({ record, audio, songUrl, scenes, fps, frames }: TimelineWithUrls): ExportTimeline {
  const { project } = record;
  const measured = scenes.map(({ shown }) => (shown.kind === "clip" ? shown.clip : null));
  const size = measured.find((clip) => clip?.width && clip.height);
  return {
    title: audio.title ?? project.name,
    artist: audio.artist,
    fps,
    frames,
    width: size?.width ?? 1280,
    height: size?.height ?? 720,
    song: {
      name: `song.${audio.format}`,
      url: songUrl,
      sampleRate: audio.sampleRate,
      channels: audio.channels,
      durationSeconds: audio.durationSeconds,
    },
    scenes: scenes.map((scene, i) => ({
      id: scene.scene?.id ?? `card-${i + 1}`,
      name: scene.title,
      startFrame: scene.startFrame,
      endFrame: scene.endFrame,
      lyric: scene.lyric,
      media: mediaOf(scene, i),
    })),
    lines: project.lyrics?.lines ?? [],
  };
}

function mediaOf({ shown, url }: TimelineSceneWithUrl, index: number): ExportMedia {
  const name = `scene-${String(index + 1).padStart(3, "0")}`;
  if (shown.kind === "card") return { kind: "card", url: null, name, frames: null, fps: null, fill: null };
  if (shown.kind === "still") {
    const { width, height, objectKey } = shown.image;
    const extension = objectKey?.split(".").at(-1) ?? "jpg";
    const still = {
      kind: "still" as const,
      name: `${name}.${extension}`,
      frames: null,
      fps: null,
      fill: null,
    };
    return { ...still, url, width, height };
  }
  const { frames, fps, width, height } = shown.clip;
  return { kind: "clip", url, name: `${name}.mp4`, frames, fps, fill: shown.fill, width, height };
}
