/** The offers of the directors, which plan scenes and write prompts. */

import { chatCostUsd, DIRECTORS } from "../../models/language-models.ts";
import type { Offer } from "./policy.ts";

/** Longest request for one prompt: a rewriting, which contains the refused prompt. */
export const PROMPT_CHARACTERS = 9_000;

/** Every director, for a request of so many `characters` and an answer of so many `tokens`. */
export const directorOffers = (characters: number, tokens: number): Offer[] =>
  DIRECTORS.map(({ models }) => ({
    provider: "openrouter",
    model: models[0] ?? null,
    estimateUsd: chatCostUsd(models, characters, tokens),
  }));
