/** The suppliers of each unit, in the order in which they are tried, and the estimated cost at each. */

import {
  chatCostUsd,
  DIRECTORS,
  SCENE_PLAN_TOKENS,
  SHOT_PROMPT_TOKENS,
  TRANSCRIPTION,
  transcriptionCostUsd,
} from "../models/language-models.ts";
import {
  clipCostUsd,
  clipModel,
  clipSecondsFor,
  clipsJoin,
  imageCostUsd,
  imageModel,
  isRetired,
} from "../models/models.ts";
import { failure } from "../record/failures.ts";
import type { Clip, Failure, Project, ProjectRecord, Settings, Stage } from "../record/record.ts";
import { type Current, currentOf } from "./current.ts";
import { needsDirector, takesEmbeddedLyrics } from "./inputs.ts";
import { outputFormOf, ruledOut } from "./model-health.ts";

export interface Supplier {
  /** Null, like the model, for work that is not bought. */
  provider: string | null;
  model: string | null;
  /** US dollars, reserved when the task is claimed. */
  estimateUsd: number;
  /** Why it must not be asked for this project now; null if it may be. */
  skipReason: Failure | null;
}
type Offer = Omit<Supplier, "skipReason">;

/** Takes a URL instead of a body, so any size and container. Gives word times with `align_output`. */
const URL_TRANSCRIBER =
  "victor-upmeet/whisperx:84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb";
/** GPU time is charged; transcribing is about four times faster than the song plays (estimated). */
const URL_TRANSCRIBER_USD_PER_MINUTE = 0.02;

/** Longest request for one prompt: a rewriting, which contains the refused prompt. */
const PROMPT_CHARACTERS = 9_000;

/** Work of our own, which is not bought. */
const OWN_WORK: Offer = { provider: null, model: null, estimateUsd: 0 };

/** The suppliers of one unit, at least one. A task's `supplierIndex` is an index into this list. */
export type SuppliersFor = (stage: Stage, subject: string) => [Supplier, ...Supplier[]];

/** The suppliers of a record's units. `known`: the record's current state, if it was computed already. */
export function suppliersOf(record: ProjectRecord, known?: Current): SuppliersFor {
  const reasons = new Map<string, Failure | null>();
  let current = known;
  const scenes = () => {
    current ??= currentOf(record);
    return current.scenes;
  };
  let framesToBuy: Map<string, number> | undefined;
  const framesToBuyOf = (sceneId: string) => {
    framesToBuy ??= new Map(scenes().map((s) => [s.scene.id, s.framesToBuy]));
    return framesToBuy.get(sceneId) ?? 0;
  };
  const reason = (type: Stage, model: string | null): Failure | null =>
    ruledOut(record, { type, model }) ??
    (type === "generate_clips" && model !== null
      ? otherSize(record.project, model, {
          current: scenes().flatMap(({ clip }) => clip ?? []),
          otherSize: scenes().flatMap(({ otherSizeClip }) => otherSizeClip ?? []),
        })
      : null);
  const withSkipReason = (stage: Stage, offer: Offer): Supplier => {
    const key = `${stage} ${offer.model}`;
    const skipReason = reasons.has(key) ? (reasons.get(key) ?? null) : reason(stage, offer.model);
    reasons.set(key, skipReason);
    return { ...offer, skipReason };
  };
  return (stage, subject) => {
    const [first = OWN_WORK, ...others] = offers(record, stage, () => framesToBuyOf(subject));
    return [withSkipReason(stage, first), ...others.map((offer) => withSkipReason(stage, offer))];
  };
}

/**
 * The failure of a clip model whose clips would have another size than the current clips, before one is
 * ordered; else null.
 */
function otherSize(
  { modelNotices, settings }: Project,
  name: string,
  { current, otherSize }: { current: readonly Clip[]; otherSize: readonly Clip[] },
): Failure | null {
  const [film] = current;
  if (!film || current.some((clip) => clip.model === name)) return null;
  const made = otherSize.find((clip) => clip.model === name);
  const outputForm = outputFormOf("generate_clips", settings);
  const measured = modelNotices.findLast(
    (n) => n.kind === "measured" && n.model === name && n.outputForm === outputForm,
  );
  const size =
    made?.width && made.height
      ? { width: made.width, height: made.height }
      : measured?.kind === "measured"
        ? measured
        : clipModel(name)?.size(settings.clipResolution, settings.aspectRatio);
  if (!size || (size.width === film.width && size.height === film.height)) return null;
  return sizeDiffers(film, { ...size, model: name });
}

/** The failure of a clip whose size differs from that of the film's clips. Sizes in pixels. */
export const sizeDiffers = (
  film: { width: number | null; height: number | null },
  clip: { width: number; height: number; model: string | null },
): Failure =>
  failure(
    "clip_size_differs",
    `The film's clips are ${film.width}×${film.height}, and ${clip.model ?? "this model"} makes ${clip.width}×${clip.height}: one film cannot have both.`,
    {
      nextAction: `Choose a clip model that makes ${film.width}×${film.height}, or another one for all clips, and start a run again.`,
    },
  );

/** `framesToBuy`: of the unit's scene, for clips. */
function offers(record: ProjectRecord, stage: Stage, framesToBuy: () => number): Offer[] {
  const { project } = record;
  const { settings, audio } = project;
  switch (stage) {
    case "transcribe": {
      if (takesEmbeddedLyrics(project)) return [OWN_WORK];
      const seconds = audio?.durationSeconds ?? 0;
      const byUrl = {
        provider: "replicate",
        model: URL_TRANSCRIBER,
        estimateUsd: (seconds / 60) * URL_TRANSCRIBER_USD_PER_MINUTE,
      };
      const { model } = TRANSCRIPTION;
      // Whole seconds are charged (openai.com/api/pricing).
      return [{ provider: "openai", model, estimateUsd: transcriptionCostUsd(Math.ceil(seconds)) }, byUrl];
    }
    case "analyze_scenes": {
      if (!needsDirector(project, record.scenes)) return [OWN_WORK];
      const text = project.transcriptText?.length ?? 0;
      return directors(text * 3 + PROMPT_CHARACTERS, SCENE_PLAN_TOKENS);
    }
    case "generate_prompts":
      return directors(PROMPT_CHARACTERS, SHOT_PROMPT_TOKENS);
    case "generate_images":
      return unique([settings.imageModel, ...settings.imageFallbacks]).flatMap((name) => {
        const model = imageModel(name);
        const usd = model && imageCostUsd(model, settings.aspectRatio);
        return usd === undefined ? [] : [{ provider: "replicate", model: name, estimateUsd: usd }];
      });
    case "generate_clips":
      return clipSuppliers(settings, framesToBuy());
    case "assemble_video":
      return [OWN_WORK];
  }
}

/**
 * Suppliers of a clip of `frames` of film: the project's own model, then fallbacks whose clips can join its
 * clips.
 */
export function clipSuppliers(settings: Settings, frames: number): Offer[] {
  const { clipModel: own, clipFallbacks, clipResolution, aspectRatio, fps } = settings;
  const first = clipModel(own);
  return unique([own, ...clipFallbacks]).flatMap((name) => {
    const model = clipModel(name);
    const seconds = model && clipSecondsFor(model, frames, fps, clipResolution);
    // The project's own model is kept even if it can't deliver: the attempt fails with the reason.
    if (!model || !seconds) return name === own ? [{ ...REPLICATE, model: name }] : [];
    const joins = first && !isRetired(name) && clipsJoin(first, model, clipResolution, aspectRatio);
    if (name !== own && !joins) return [];
    return [{ provider: "replicate", model: name, estimateUsd: clipCostUsd(model, seconds, clipResolution) }];
  });
}

/**
 * Cost in US dollars of a clip that came out `seconds` long, at the price per second at which it was ordered.
 * That price is found from the estimate, since the settings may have changed: of the model's prices and
 * lengths that give the estimate, the one with the nearest length. The estimate itself if none does.
 */
export function chargedForClip(name: string | null, estimateUsd: number, seconds: number): number {
  const model = clipModel(name ?? "");
  const orders = [...(model?.usdPerSecond.values() ?? [])].flatMap((rate) =>
    (model?.seconds ?? []).map((length) => ({ rate, length })),
  );
  const [nearest] = orders
    .filter(({ rate, length }) => Math.abs(rate * length - estimateUsd) < 1e-6)
    .sort((a, b) => Math.abs(a.length - seconds) - Math.abs(b.length - seconds));
  return nearest ? nearest.rate * seconds : estimateUsd;
}

const REPLICATE = { provider: "replicate", estimateUsd: 0 };
const unique = (names: string[]): string[] => [...new Set(names)];

const directors = (characters: number, tokens: number): Offer[] =>
  DIRECTORS.map(({ models }) => ({
    provider: "openrouter",
    model: models[0] ?? null,
    estimateUsd: chatCostUsd(models, characters, tokens),
  }));
