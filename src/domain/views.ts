/**
 * The public JSON of each entity, for HTTP and the feed alike: snake_case, times as ISO 8601,
 * song time in frames and in seconds. Keys of objects, etags, owners, hashes and ids at
 * providers stay inside; so do addresses of files, which expire.
 */
import { z } from "zod";
import { songFrames } from "./inputs.ts";
import type {
  Approval,
  Audio,
  BeatGrid,
  Clip,
  CoverCertificate,
  Failure,
  Film,
  Image,
  Job,
  Lyrics,
  LyricWord,
  Pin,
  Project,
  Prompt,
  ProvenanceMark,
  Scene,
  Settings,
  Task,
} from "./record.ts";
import { needsDecision } from "./tasks.ts";

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** Seconds of a frame, to the microsecond. */
const seconds = (frame: number, fps: number): number => Math.round((frame / fps) * 1e6) / 1e6;

export const span = (s: { startFrame: number; endFrame: number }, fps: number) => ({
  start_frame: s.startFrame,
  end_frame: s.endFrame,
  start_seconds: seconds(s.startFrame, fps),
  end_seconds: seconds(s.endFrame, fps),
});

function failureView(failure: Failure | null) {
  if (!failure) return null;
  const { code, message, retryable, nextAction } = failure;
  return { code, message, retryable, next_action: nextAction };
}

export const settingsView = (s: Settings) => ({
  fps: s.fps,
  aspect_ratio: s.aspectRatio,
  style: s.style,
  mood: s.mood,
  scenes: { min_seconds: s.scenes.minSeconds, max_seconds: s.scenes.maxSeconds },
  image_model: s.imageModel,
  image_fallbacks: s.imageFallbacks,
  clip_model: s.clipModel,
  clip_fallbacks: s.clipFallbacks,
  clip_resolution: s.clipResolution,
  budget_usd: s.budgetUsd,
  auto_approve: s.autoApprove,
  soften_refused: s.softenRefused,
  repeat_unknown_up_to_usd: s.repeatUnknownUpToUsd,
  embedded_lyrics: s.embeddedLyrics,
  motifs: s.motifs,
  clip_fill: s.clipFill,
  clip_audio: s.clipAudio,
  film_sound: s.filmSound,
});

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
  cover: a.cover
    ? {
        content_type: a.cover.contentType,
        bytes: a.cover.bytes,
        width: a.cover.width,
        height: a.cover.height,
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
    settings: settingsView(p.settings),
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
/** The project as the feed tells it: what is sung can be long, and is read from the project; `version` rises with it. */
export function feedProjectView(p: Project) {
  const { lyrics: _, transcript_text: __, audio, ...view } = projectView(p);
  const carried = audio?.embedded_lyrics ?? null;
  const told = carried && { form: carried.form, language: carried.language, timed: carried.timed };
  return { ...view, audio: audio && { ...audio, embedded_lyrics: told } };
}

export type SceneView = ReturnType<typeof sceneView>;
/** `fps` is the project's. */
export const sceneView = (s: Scene, fps: number) => ({
  id: s.id,
  project_id: s.projectId,
  order_idx: s.orderIdx,
  ...span(s, fps),
  lyric_excerpt: s.lyricExcerpt,
  theme: s.theme,
  ai_reasoning: s.aiReasoning,
  energy: s.energy,
  origin: s.origin,
  motif: s.motif,
  version: s.version,
});

export type PromptView = ReturnType<typeof promptView>;
export const promptView = (p: Prompt) => ({
  id: p.id,
  project_id: p.projectId,
  scene_id: p.sceneId,
  version: p.version,
  image_prompt: p.imagePrompt,
  motion_prompt: p.motionPrompt,
  negative_prompt: p.negativePrompt,
  style_notes: p.styleNotes,
  setting: p.setting,
  shot_type: p.shotType,
  mood: p.mood,
  palette: p.palette,
  generated_by_model: p.generatedByModel,
  edited: p.edited,
  rung: p.rung,
  created_at: p.createdAt.toISOString(),
});

export const provenanceView = (mark: ProvenanceMark) => ({
  kind: mark.kind,
  bytes: mark.bytes,
  name: mark.name,
  digital_source_types: mark.sources,
  watermark: mark.watermark,
});

const assetView = (a: Image | Clip) => ({
  id: a.id,
  project_id: a.projectId,
  scene_id: a.sceneId,
  status: a.status,
  model: a.model,
  width: a.width,
  height: a.height,
  bytes: a.bytes,
  content_type: a.contentType,
  provenance: a.provenance?.map(provenanceView) ?? null,
  error: failureView(a.error),
  created_at: a.createdAt.toISOString(),
});

export type ImageView = ReturnType<typeof imageView>;
export const imageView = (i: Image) => ({ ...assetView(i), prompt_id: i.promptId, origin: i.origin });

export type ClipView = ReturnType<typeof clipView>;
export const clipView = (c: Clip) => ({
  ...assetView(c),
  image_id: c.imageId,
  frames: c.frames,
  fps: c.fps,
  duration_seconds: c.frames !== null && c.fps ? seconds(c.frames, c.fps) : null,
});

export type ApprovalView = ReturnType<typeof approvalView>;
export const approvalView = (a: Approval) => ({
  id: a.id,
  project_id: a.projectId,
  scene_id: a.sceneId,
  image_id: a.imageId,
  clip_id: a.clipId,
  approved: a.approved,
  notes: a.notes,
  voided_at: iso(a.voidedAt),
  voided_reason: a.voidedReason,
  created_at: a.createdAt.toISOString(),
});

const TaskCounts = z
  .object({ total: z.number(), succeeded: z.number(), failed: z.number() })
  .catch({ total: 0, succeeded: 0, failed: 0 });

export type JobView = ReturnType<typeof jobView>;
export const jobView = (j: Job) => ({
  id: j.id,
  project_id: j.projectId,
  type: j.type,
  status: j.status,
  progress: j.progress,
  result: j.result,
  error: failureView(j.error),
  tasks: TaskCounts.parse(j.payload.tasks),
  created_at: j.createdAt.toISOString(),
  started_at: iso(j.startedAt),
  finished_at: iso(j.finishedAt),
});

export const taskView = (t: Task) => ({
  id: t.id,
  project_id: t.projectId,
  job_id: t.jobId,
  type: t.type,
  scene_id: t.subject === t.projectId ? null : t.subject,
  status: t.status,
  attempt: t.attempt,
  provider: t.provider,
  model: t.model,
  cost_estimated_usd: t.costEstimatedUsd,
  cost_charged_usd: t.costChargedUsd,
  charged: t.charged,
  needs_decision: needsDecision(t) && t.retriedAt === null,
  error: failureView(t.error),
  attempts: t.trail,
  created_at: t.createdAt.toISOString(),
  updated_at: t.updatedAt.toISOString(),
});

/** Member by member: Postgres gives them in an order of its own. */
export const certificateView = (c: CoverCertificate) => ({
  frames: c.frames,
  scenes: c.scenes,
  gaps: c.gaps,
  overlaps: c.overlaps,
  repairs: c.repairs,
});

export type FilmView = ReturnType<typeof filmView>;
export const filmView = (f: Film) => ({
  id: f.id,
  project_id: f.projectId,
  status: f.status,
  duration_seconds: f.durationSeconds,
  frames: f.frames,
  width: f.width,
  height: f.height,
  bytes: f.bytes,
  edit_list: f.editList.map((e) => ({
    scene_id: e.sceneId,
    clip_id: e.clipId,
    start_frame: e.startFrame,
    end_frame: e.endFrame,
    fill: e.fill ?? null,
  })),
  certificate: f.certificate && certificateView(f.certificate),
  warnings: f.warnings,
  error: failureView(f.error),
  created_at: f.createdAt.toISOString(),
});
