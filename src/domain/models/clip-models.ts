/** The models that clips are bought from. Each was read on the day that stands beside it; none was tried. */
import type { ClipModel } from "./clip-model.ts";
import { whole } from "./listed.ts";
import { GROK, KLING_2, KLING_3, P_VIDEO, VEO_3, WAN_2 } from "./other-clips.ts";
import { SEEDANCE_1, SEEDANCE_2 } from "./seedance.ts";

const ALL: readonly ClipModel[] = [
  GROK,
  ...VEO_3,
  ...SEEDANCE_2,
  KLING_3,
  ...SEEDANCE_1,
  P_VIDEO,
  KLING_2,
  WAN_2,
].map(whole);

/** Those that can be chosen. */
export const CLIP_MODEL_NAMES: readonly string[] = ALL.filter((m) => m.retired === null).map((m) => m.name);
/** Those that projects of before may name still, and nobody can choose any more. */
export const RETIRED_CLIP_MODELS: readonly string[] = ALL.filter((m) => m.retired !== null).map(
  (m) => m.name,
);

/** Retired ones too. */
export const clipModel = (name: string): ClipModel | undefined => ALL.find((m) => m.name === name);

export const isRetired = (name: string): boolean => RETIRED_CLIP_MODELS.includes(name);
