/**
 * All clip models: those of both lists. The facts of each were read on the date given with them; none was
 * tested.
 */
import type { ClipModel } from "./clip-model.ts";
import { HD_CLIP_MODELS } from "./hd-clip-models.ts";
import { clipModelOf } from "./listed.ts";
import { OTHER_CLIP_MODELS } from "./other-clip-models.ts";

const ALL: readonly ClipModel[] = [...HD_CLIP_MODELS, ...OTHER_CLIP_MODELS].map(clipModelOf);

/**
 * The models that can be chosen, in the order in which errors name them. Where a retired model is replaced and
 * the default one does not make the film's ratio, the first that makes it is taken.
 */
export const CLIP_MODEL_NAMES: readonly string[] = ALL.filter((m) => m.retired === null).map((m) => m.name);
/** Models that can't be chosen any more, but that older projects may still name. */
export const RETIRED_CLIP_MODELS: readonly string[] = ALL.filter((m) => m.retired !== null).map(
  (m) => m.name,
);

/** The model of this name, retired ones included; undefined for an unknown name. */
export const clipModel = (name: string): ClipModel | undefined => ALL.find((m) => m.name === name);

export const isRetired = (name: string): boolean => RETIRED_CLIP_MODELS.includes(name);
