/** The release sheet: what a film was made of, by whom and at what cost, for the person who publishes it. */

import { isLater } from "../controller/approvals.ts";
import { currentOf } from "../controller/current.ts";
import { seedOf } from "../controller/inputs.ts";
import type { SceneState } from "../controller/scene-state.ts";
import type { Approval, Film, ProjectRecord, Task } from "../record/record.ts";
import { FILM_SOURCE, type PosterMark, sourceUri } from "./ai-sources.ts";
import { provenanceView } from "./views.ts";

const FORMAT = "omvee.release-sheet/1";

/** Who approved the asset: a person, with the approval, or the project's `auto_approve` setting. */
function consent(approvals: readonly Approval[], assetId: string) {
  const given = approvals
    .filter((a) => (a.imageId ?? a.clipId) === assetId && !a.voidedAt)
    .reduce<Approval | null>((last, a) => (last && !isLater(a, last) ? last : a), null);
  return given?.approved
    ? { by: "person", approval_id: given.id, at: given.createdAt.toISOString(), notes: given.notes }
    : { by: "auto_approve" };
}

function sceneSheet(record: ProjectRecord, film: Film, { scene, prompt, image, clip, borrowed }: SceneState) {
  const { approvals } = record;
  const edit = film.editList.find((e) => e.sceneId === scene.id);
  return {
    scene_id: scene.id,
    start_frame: scene.startFrame,
    end_frame: scene.endFrame,
    theme: scene.theme,
    lyric: scene.lyricExcerpt,
    repeats_scene: borrowed?.from ?? null,
    prompt: prompt && {
      id: prompt.id,
      version: prompt.version,
      written_by: prompt.edited ? "person" : prompt.generatedByModel,
      softening_level: prompt.softeningLevel,
      image: prompt.imagePrompt,
      motion: prompt.motionPrompt,
      negative: prompt.negativePrompt,
    },
    image: image && {
      id: image.id,
      origin: image.origin,
      model: image.model,
      seed: image.origin === "generated" ? seedOf(image.inputHash) : null,
      etag: image.etag,
      made_from: image.inputHash,
      provenance: image.provenance?.map(provenanceView) ?? null,
      consent: consent(approvals, image.id),
    },
    clip: clip && {
      id: clip.id,
      model: clip.model,
      seed: seedOf(clip.inputHash),
      etag: clip.etag,
      made_from: clip.inputHash,
      provenance: clip.provenance?.map(provenanceView) ?? null,
      fill: edit?.fill ?? null,
      /** The image that the clip starts from. */
      reference_image_id: clip.imageId,
      consent: consent(approvals, clip.id),
    },
  };
}

/** Spending by stage and model, over the tasks in the record; charged attempts without a result count too. */
function spentBy(tasks: readonly Task[]) {
  const sums = new Map<string, number>();
  for (const task of tasks.filter((t) => t.charged !== "no" && t.provider)) {
    const key = `${task.type} ${task.provider} ${task.model}`;
    sums.set(key, (sums.get(key) ?? 0) + (task.costChargedUsd ?? task.costEstimatedUsd));
  }
  return [...sums].map(([key, usd]) => {
    const [stage, provider, ...model] = key.split(" ");
    return { stage, provider, model: model.join(" "), usd: Math.round(usd * 1e6) / 1e6 };
  });
}

/** How the files are marked as made by AI; `poster` is null where it is not, as a person's own picture. */
const marks = (poster: PosterMark) => ({
  film: { digital_source_type: sourceUri(FILM_SOURCE), by: "xmp" },
  poster: poster && { by: poster === "added" ? "xmp" : poster },
  note: "The film's pictures are made by AI. Most platforms ask the person who uploads such a film to declare it there as well.",
});

/** Plain JSON. `film`: the one just made from this record. `poster`: what marks its poster as made by AI. */
export function releaseSheet(record: ProjectRecord, film: Film, poster: PosterMark) {
  const { project } = record;
  const { audio, lyrics, settings } = project;
  return {
    format: FORMAT,
    project: { id: project.id, name: project.name },
    film: {
      id: film.id,
      made_at: film.createdAt.toISOString(),
      etag: film.etag,
      bytes: film.bytes,
      frames: film.frames,
      fps: settings.fps,
      duration_seconds: film.durationSeconds,
      width: film.width,
      height: film.height,
      certificate: film.certificate,
    },
    marked_as_ai: marks(poster),
    song: audio && {
      title: audio.title,
      artist: audio.artist,
      format: audio.format,
      codec: audio.codec,
      duration_seconds: audio.durationSeconds,
      bytes: audio.bytes,
      etag: audio.etag,
    },
    lyrics: lyrics && { source: lyrics.source, language: lyrics.language, lines: lyrics.lines.length },
    style: settings.style,
    mood: settings.mood,
    scenes: currentOf(record).scenes.map((state) => sceneSheet(record, film, state)),
    costs: {
      currency: "USD",
      project_total: project.spentUsd,
      by_model: spentBy(record.tasks),
    },
  };
}
