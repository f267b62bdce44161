/** The table of clip models. The facts of each were read on the date given with them; none was tested. */
import type { ClipModel } from "./clip-model.ts";
import { clipModelOf } from "./listed.ts";
import { GROK, KLING_2, KLING_3, P_VIDEO, VEO_3, WAN_2 } from "./other-clip-models.ts";
import { SEEDANCE_1, SEEDANCE_2 } from "./seedance-clip-models.ts";

const ALL: readonly ClipModel[] = [
  GROK,
  ...VEO_3,
  ...SEEDANCE_2,
  KLING_3,
  ...SEEDANCE_1,
  P_VIDEO,
  KLING_2,
  WAN_2,
].map(clipModelOf);

/** The models that can be chosen. */
export const CLIP_MODEL_NAMES: readonly string[] = ALL.filter((m) => m.retired === null).map((m) => m.name);
/** Models that can't be chosen any more, but that older projects may still name. */
export const RETIRED_CLIP_MODELS: readonly string[] = ALL.filter((m) => m.retired !== null).map(
  (m) => m.name,
);

/** The model of this name, retired ones included; undefined for an unknown name. */
export const clipModel = (name: string): ClipModel | undefined => ALL.find((m) => m.name === name);

export const isRetired = (name: string): boolean => RETIRED_CLIP_MODELS.includes(name);
