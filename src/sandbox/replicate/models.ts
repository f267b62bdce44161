/** The models of Replicate's stand-in. A field that a model's schema does not have is refused. */
import { z } from "zod";
import { HD_CLIP_MODELS } from "./hd-clip-models.ts";
import { IMAGE_MODELS } from "./image-models.ts";
import { type HostedModel, hosted, uri } from "./model.ts";
import { OTHER_CLIP_MODELS } from "./other-clip-models.ts";

const whisperx = z.strictObject({
  audio_file: uri,
  language: z.string().nullish(),
  language_detection_min_prob: z.number().default(0),
  language_detection_max_tries: z.int().default(5),
  initial_prompt: z.string().nullish(),
  batch_size: z.int().default(64),
  temperature: z.number().default(0),
  vad_onset: z.number().default(0.5),
  vad_offset: z.number().default(0.363),
  align_output: z.boolean().default(false),
  diarization: z.boolean().default(false),
  huggingface_access_token: z.string().nullish(),
  min_speakers: z.int().nullish(),
  max_speakers: z.int().nullish(),
  debug: z.boolean().default(false),
});

const HOSTED_MODELS: readonly HostedModel[] = [
  ...IMAGE_MODELS,
  ...HD_CLIP_MODELS,
  ...OTHER_CLIP_MODELS,
  hosted(
    "victor-upmeet/whisperx",
    "json",
    whisperx,
    (input) => ({ kind: "words", audio: input.audio_file, aligned: input.align_output }),
    { version: "84d2ad2d6194fe98a17d2b60bef1c7f910c46b2f6fd38996ca457afd9c8abfcb" },
  ),
];

export const byName = (name: string): HostedModel | undefined => HOSTED_MODELS.find((m) => m.name === name);

/** A model by `64hex`, `owner/name:64hex`, or `owner/name` if it is official; undefined where there is none. */
export function byVersion(reference: string): HostedModel | undefined {
  const [name, version] = reference.includes("/") ? reference.split(":") : [undefined, reference];
  if (version === undefined) return HOSTED_MODELS.find((m) => m.name === name && m.version === null);
  return HOSTED_MODELS.find((m) => m.version === version && (name === undefined || m.name === name));
}
