import { TRANSCRIPTION, transcriptionCostUsd } from "../../models/language-models.ts";
import { lyricsInputs, takesEmbeddedLyrics } from "../inputs.ts";
import { noOutputForm, OWN_WORK, type StagePolicy } from "./policy.ts";

/** Takes a URL instead of a body, so any size and container. Gives word times with `align_output`. */
const URL_TRANSCRIBER =
  "victor-upmeet/whisperx:84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb";
/** GPU time is charged; transcribing is about four times faster than the song plays (estimated). */
const URL_TRANSCRIBER_USD_PER_MINUTE = 0.02;

export const transcribe = {
  summary: "the lyrics and their times",
  heavy: true,
  cancelAfterSeconds: 1_800,
  trialLimited: false,
  outputForm: noOutputForm,
  units: ({ lyrics }, { project }) =>
    project.audio && !lyrics ? [{ subject: project.id, inputHash: lyricsInputs(project) }] : [],
  isDone: ({ lyrics }) => lyrics,
  isMissing: null,
  awaitsApproval: null,
  offersRefused: true,
  offers({ project }) {
    if (takesEmbeddedLyrics(project)) return [OWN_WORK];
    const seconds = project.audio?.durationSeconds ?? 0;
    const byUrl = {
      provider: "replicate",
      model: URL_TRANSCRIBER,
      estimateUsd: (seconds / 60) * URL_TRANSCRIBER_USD_PER_MINUTE,
    };
    const { model } = TRANSCRIPTION;
    // Whole seconds are charged (openai.com/api/pricing).
    return [{ provider: "openai", model, estimateUsd: transcriptionCostUsd(Math.ceil(seconds)) }, byUrl];
  },
} satisfies StagePolicy;
