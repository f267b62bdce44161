/** Whom each unit of work can be bought from, in order of preference, and what it may cost at most. */

import {
  chatCostUsd,
  DIRECTOR_CHOICES,
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
import type { Clip, Failure, Project, ProjectRecord, Settings, Stage } from "../record/record.ts";
import { type Current, currentOf } from "./current.ts";
import { needsDirector, takesEmbeddedLyrics } from "./inputs.ts";
import { outputFormOf, ruledOut } from "./model-health.ts";
import { failure } from "./tasks.ts";

export interface Supplier {
  provider: string | null;
  model: string | null;
  /** US dollars; reserved when the task is claimed. */
  estimateUsd: number;
  /** Why it is not asked for this project now; null where it may be. */
  skipReason: Failure | null;
}
type Offer = Omit<Supplier, "skipReason">;

/** Takes an address instead of a body, so any size and container. Word times with `align_output`. */
const URL_TRANSCRIBER =
  "victor-upmeet/whisperx:84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb";
/** GPU time is charged, some four times faster than the song plays (estimated). */
const URL_TRANSCRIBER_USD_PER_MINUTE = 0.02;

/** The longest brief of one shot: its rewriting, which carries the refused words. */
const PROMPT_CHARACTERS = 9_000;

const NOBODY: Offer = { provider: null, model: null, estimateUsd: 0 };

/** At least one; a task remembers its place in this list (`choice`). */
export type SuppliersFor = (stage: Stage, subject: string) => [Supplier, ...Supplier[]];

/** The suppliers of a record's units. What is looked at for all of them is looked at once. */
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
          there: scenes().flatMap(({ clip }) => clip ?? []),
          otherSize: scenes().flatMap(({ otherSizeClip }) => otherSizeClip ?? []),
        })
      : null);
  const marked = (stage: Stage, offer: Offer): Supplier => {
    const key = `${stage} ${offer.model}`;
    const skipReason = reasons.has(key) ? (reasons.get(key) ?? null) : reason(stage, offer.model);
    reasons.set(key, skipReason);
    return { ...offer, skipReason };
  };
  return (stage, subject) => {
    const [first = NOBODY, ...others] = offers(record, stage, () => framesToBuyOf(subject));
    return [marked(stage, first), ...others.map((offer) => marked(stage, offer))];
  };
}

/** Clips of another size than those that are there can't join them: known before one is ordered. */
function otherSize(
  { modelNotices, settings }: Project,
  name: string,
  { there, otherSize }: { there: readonly Clip[]; otherSize: readonly Clip[] },
): Failure | null {
  const [film] = there;
  if (!film || there.some((clip) => clip.model === name)) return null;
  const seen = otherSize.find((clip) => clip.model === name);
  const outputForm = outputFormOf("generate_clips", settings);
  const measured = modelNotices.findLast(
    (n) => n.kind === "measured" && n.model === name && n.outputForm === outputForm,
  );
  const size =
    seen?.width && seen.height
      ? { width: seen.width, height: seen.height }
      : measured?.kind === "measured"
        ? measured
        : clipModel(name)?.size(settings.clipResolution, settings.aspectRatio);
  if (!size || (size.width === film.width && size.height === film.height)) return null;
  return sizeDiffers(film, { ...size, model: name });
}

/** Sizes in pixels. */
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

/** `footage`: frames of clip to buy. */
function offers(record: ProjectRecord, stage: Stage, framesToBuy: () => number): Offer[] {
  const { project } = record;
  const { settings, audio } = project;
  switch (stage) {
    case "transcribe": {
      if (takesEmbeddedLyrics(project)) return [NOBODY];
      const seconds = audio?.durationSeconds ?? 0;
      const byAddress = {
        provider: "replicate",
        model: URL_TRANSCRIBER,
        estimateUsd: (seconds / 60) * URL_TRANSCRIBER_USD_PER_MINUTE,
      };
      const { model } = TRANSCRIPTION;
      // Whole seconds are charged (openai.com/api/pricing).
      return [
        { provider: "openai", model, estimateUsd: transcriptionCostUsd(Math.ceil(seconds)) },
        byAddress,
      ];
    }
    case "analyze_scenes": {
      if (!needsDirector(project, record.scenes)) return [NOBODY];
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
      return [NOBODY];
  }
}

/** For a clip of so many frames of film: the project's own model, and others whose clips join its clips. */
export function clipSuppliers(settings: Settings, frames: number): Offer[] {
  const { clipModel: own, clipFallbacks, clipResolution, aspectRatio, fps } = settings;
  const first = clipModel(own);
  return unique([own, ...clipFallbacks]).flatMap((name) => {
    const model = clipModel(name);
    const seconds = model && clipSecondsFor(model, frames, fps, clipResolution);
    // The first is kept where it can't deliver: its step says why.
    if (!model || !seconds) return name === own ? [{ ...REPLICATE, model: name }] : [];
    const joins = first && !isRetired(name) && clipsJoin(first, model, clipResolution, aspectRatio);
    if (name !== own && !joins) return [];
    return [{ provider: "replicate", model: name, estimateUsd: clipCostUsd(model, seconds, clipResolution) }];
  });
}

/**
 * What a clip cost that lasts so many seconds, in US dollars, by the rate that was ordered: of the prices that
 * come to the estimate, the one whose length is nearest. The settings may have changed since.
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
  DIRECTOR_CHOICES.map(({ models }) => ({
    provider: "openrouter",
    model: models[0] ?? null,
    estimateUsd: chatCostUsd(models, characters, tokens),
  }));
