/** A project as the API shows it. */
import { songFrames } from "../controller/inputs.ts";
import { toPublic } from "../record/public-names.ts";
import type { Audio, BeatGrid, Pin, Project } from "../record/record.ts";
import { embeddedView } from "./lyrics.ts";

const audioView = (a: Audio, fps: number) => ({
  format: a.format,
  codec: a.codec,
  content_type: a.contentType,
  bytes: a.bytes,
  duration_seconds: a.durationSeconds,
  frames: songFrames(a, fps),
  sample_rate: a.sampleRate,
  channels: a.channels,
  title: a.title,
  artist: a.artist,
  bit_rate: a.bitRate ?? null,
  embedded_lyrics: a.embeddedLyrics ? embeddedView(a.embeddedLyrics) : null,
  cover_art: a.coverArt
    ? {
        content_type: a.coverArt.contentType,
        bytes: a.coverArt.bytes,
        width: a.coverArt.width,
        height: a.coverArt.height,
      }
    : null,
});

export const beatView = (beat: BeatGrid) => ({
  bpm: beat.bpm,
  offset_seconds: beat.offsetSeconds,
  beats_per_bar: beat.beatsPerBar,
  confidence: beat.confidence,
  source: beat.source,
});

const pinView = (pin: Pin) =>
  pin.kind === "cut"
    ? { kind: pin.kind, frame: pin.frame }
    : { kind: pin.kind, start_frame: pin.startFrame, end_frame: pin.endFrame };

export type ProjectView = ReturnType<typeof projectView>;

/** A project without its parts that can be large, none of which is in its JSON. */
export type ProjectWithoutText = Omit<
  Project,
  "lyrics" | "transcriptText" | "partialTranscription" | "proposal" | "retiming"
>;

/** Without the lyrics, which can be long: they are a resource and an entity of their own (`lyrics.ts`). */
export function projectView(p: ProjectWithoutText) {
  const { fps } = p.settings;
  return {
    id: p.id,
    name: p.name,
    status: p.status,
    cost: { reserved_usd: p.reservedUsd, spent_usd: p.spentUsd },
    settings: toPublic(p.settings),
    target_stage: p.targetStage,
    audio: p.audio && audioView(p.audio, fps),
    beat: p.beat && beatView(p.beat),
    pins: p.pins.map(pinView),
    model_notices: p.modelNotices.map((notice) => ({
      kind: notice.kind,
      stage: notice.stage,
      model: notice.model,
      replaced_by: notice.kind === "replaced" ? notice.by : null,
      message: notice.message,
      at: notice.at,
    })),
    version: p.version,
    created_at: p.createdAt.toISOString(),
    updated_at: p.updatedAt.toISOString(),
  };
}
