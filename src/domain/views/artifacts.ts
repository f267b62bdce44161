/** Scenes, prompts, images, clips, approvals and films as the API shows them. */
import type {
  Approval,
  Clip,
  CoverCertificate,
  Film,
  Image,
  Prompt,
  ProvenanceMark,
  Scene,
} from "../record/record.ts";
import { failureView, iso, seconds, span } from "./common.ts";

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
  softening_level: p.softeningLevel,
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

export const imageView = (i: Image) => ({ ...assetView(i), prompt_id: i.promptId, origin: i.origin });

export const clipView = (c: Clip) => ({
  ...assetView(c),
  image_id: c.imageId,
  frames: c.frames,
  fps: c.fps,
  duration_seconds: c.frames !== null && c.fps ? seconds(c.frames, c.fps) : null,
});

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

/** Members in a fixed order: Postgres returns those of a jsonb value in its own. */
export const certificateView = (c: CoverCertificate) => ({
  frames: c.frames,
  scenes: c.scenes,
  gaps: c.gaps,
  overlaps: c.overlaps,
  repairs: c.repairs,
});

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
