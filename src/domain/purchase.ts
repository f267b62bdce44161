/** What each unit of work is bought from, and what it may cost at most. */
import { clipSeconds } from "./inputs.ts";
import {
  chatCostUsd,
  DIRECTOR_MODELS,
  SCENE_PLAN_TOKENS,
  SHOT_PROMPT_TOKENS,
  TRANSCRIPTION,
  transcriptionCostUsd,
} from "./language-models.ts";
import { clipCostUsd, clipModel, imageCostUsd, imageModel } from "./models.ts";
import type { Audio, ProjectRecord, Stage } from "./record.ts";

export interface Purchase {
  provider: string | null;
  model: string | null;
  /** US dollars; reserved when the task is claimed. */
  estimateUsd: number;
}

/** OpenAI's cap is 26,214,400 bytes on the whole body (providers.md 1.4). */
const MAX_TRANSCRIBER_BYTES = 25_000_000;
/** ADTS is not among OpenAI's formats (providers.md 1.1). */
const TRANSCRIBER_FORMATS: readonly Audio["format"][] = ["mp3", "wav", "m4a", "ogg", "flac", "webm"];

/** Takes an address instead of a body, so any size and container. Word times with `align_output`. */
const URL_TRANSCRIBER =
  "victor-upmeet/whisperx:84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb";
/** GPU time is charged, some four times faster than the song plays (estimated). */
const URL_TRANSCRIBER_USD_PER_MINUTE = 0.02;

const PROMPT_CHARACTERS = 6_000;

export function purchaseFor(record: ProjectRecord, stage: Stage, subject: string): Purchase {
  const { project } = record;
  const { settings, audio } = project;
  switch (stage) {
    case "transcribe": {
      const seconds = audio?.durationSeconds ?? 0;
      const direct =
        audio && audio.bytes <= MAX_TRANSCRIBER_BYTES && TRANSCRIBER_FORMATS.includes(audio.format);
      return direct
        ? { provider: "openai", model: TRANSCRIPTION.model, estimateUsd: transcriptionCostUsd(seconds) }
        : {
            provider: "replicate",
            model: URL_TRANSCRIBER,
            estimateUsd: (seconds / 60) * URL_TRANSCRIBER_USD_PER_MINUTE,
          };
    }
    case "analyze_scenes": {
      const text = project.transcriptText?.length ?? 0;
      return director(text * 3 + PROMPT_CHARACTERS, SCENE_PLAN_TOKENS);
    }
    case "generate_prompts":
      return director(PROMPT_CHARACTERS, SHOT_PROMPT_TOKENS);
    case "generate_images": {
      const model = imageModel(settings.imageModel);
      return {
        provider: "replicate",
        model: settings.imageModel,
        estimateUsd: model ? imageCostUsd(model) : 0,
      };
    }
    case "generate_clips": {
      const model = clipModel(settings.clipModel);
      const scene = record.scenes.find((s) => s.id === subject);
      const seconds = scene ? clipSeconds(project, scene) : null;
      const estimateUsd = model && seconds ? clipCostUsd(model, seconds, settings.clipResolution) : 0;
      return { provider: "replicate", model: settings.clipModel, estimateUsd };
    }
    case "assemble_video":
      return { provider: null, model: null, estimateUsd: 0 };
  }
}

const director = (characters: number, tokens: number): Purchase => ({
  provider: "openrouter",
  model: DIRECTOR_MODELS[0],
  estimateUsd: chatCostUsd(DIRECTOR_MODELS, characters, tokens),
});
