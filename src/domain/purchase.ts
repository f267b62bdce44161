/** Whom each unit of work can be bought from, in order of preference, and what it may cost at most. */
import { footageOf } from "./current.ts";
import { needsDirector, takesEmbeddedLyrics } from "./inputs.ts";
import {
  chatCostUsd,
  DIRECTOR_CHOICES,
  SCENE_PLAN_TOKENS,
  SHOT_PROMPT_TOKENS,
  TRANSCRIPTION,
  transcriptionCostUsd,
} from "./language-models.ts";
import {
  clipCostUsd,
  clipModel,
  clipSecondsFor,
  clipsJoin,
  imageCostUsd,
  imageModel,
  isRetired,
} from "./models.ts";
import type { ProjectRecord, Settings, Stage } from "./record.ts";

export interface Supplier {
  provider: string | null;
  model: string | null;
  /** US dollars; reserved when the task is claimed. */
  estimateUsd: number;
}

/** Takes an address instead of a body, so any size and container. Word times with `align_output`. */
const URL_TRANSCRIBER =
  "victor-upmeet/whisperx:84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb";
/** GPU time is charged, some four times faster than the song plays (estimated). */
const URL_TRANSCRIBER_USD_PER_MINUTE = 0.02;

/** The longest brief of one shot: its rewriting, which carries the refused words. */
const PROMPT_CHARACTERS = 9_000;

const NOBODY: Supplier = { provider: null, model: null, estimateUsd: 0 };

/** At least one; a task remembers its place in this list (`choice`). */
export function suppliersFor(
  record: ProjectRecord,
  stage: Stage,
  subject: string,
): [Supplier, ...Supplier[]] {
  const [first = NOBODY, ...others] = offers(record, stage, subject);
  return [first, ...others];
}

function offers(record: ProjectRecord, stage: Stage, subject: string): Supplier[] {
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
      return clipSuppliers(settings, footageOf(record, subject));
    case "assemble_video":
      return [NOBODY];
  }
}

/** For a clip of so many frames of film: the project's own model, and others whose clips join its clips. */
export function clipSuppliers(settings: Settings, frames: number): Supplier[] {
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

const REPLICATE = { provider: "replicate", estimateUsd: 0 };
const unique = (names: string[]): string[] => [...new Set(names)];

const directors = (characters: number, tokens: number): Supplier[] =>
  DIRECTOR_CHOICES.map(({ models }) => ({
    provider: "openrouter",
    model: models[0] ?? null,
    estimateUsd: chatCostUsd(models, characters, tokens),
  }));
