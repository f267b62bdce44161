/** A project as the API shows it. */
import { songFrames } from "../controller/inputs.ts";
import { toPublic } from "../record/public-names.ts";
import type { Audio, BeatGrid, Lyrics, LyricWord, Pin, Project } from "../record/record.ts";
import { span } from "./common.ts";

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
  embedded_lyrics: a.embeddedLyrics
    ? {
        form: a.embeddedLyrics.form,
        language: a.embeddedLyrics.language,
        timed: a.embeddedLyrics.lines.some((line) => line.startSeconds !== null),
        text: a.embeddedLyrics.lines.map((line) => line.text).join("\n"),
      }
    : null,
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

const wordView = (word: LyricWord, fps: number) => ({ text: word.text, ...span(word, fps) });

export const lyricsView = (lyrics: Lyrics, fps: number) => ({
  source: lyrics.source,
  language: lyrics.language,
  lines: lyrics.lines.map((line) => ({
    ...wordView(line, fps),
    words: line.words.map((word) => wordView(word, fps)),
    confidence: line.confidence,
  })),
});

export type ProjectView = ReturnType<typeof projectView>;

export function projectView(p: Project) {
  const { fps } = p.settings;
  return {
    id: p.id,
    name: p.name,
    status: p.status,
    cost: { reserved_usd: p.reservedUsd, spent_usd: p.spentUsd },
    settings: toPublic(p.settings),
    target_stage: p.targetStage,
    audio: p.audio && audioView(p.audio, fps),
    lyrics: p.lyrics && lyricsView(p.lyrics, fps),
    transcript_text: p.transcriptText,
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

export type FeedProjectView = ReturnType<typeof feedProjectView>;

/**
 * The project as the feed publishes it: without lyrics, transcript and embedded text, which can be long.
 * Clients read these from the project when its `version` rises.
 */
export function feedProjectView(p: Project) {
  const { lyrics: _, transcript_text: __, audio, ...view } = projectView(p);
  const embedded = audio?.embedded_lyrics ?? null;
  const published = embedded && { form: embedded.form, language: embedded.language, timed: embedded.timed };
  return { ...view, audio: audio && { ...audio, embedded_lyrics: published } };
}
