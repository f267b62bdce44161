/** The suppliers of each unit, in the order in which they are tried, and the estimated cost at each. */

import type { Failure, ProjectRecord, Stage } from "../record/record.ts";
import { type Current, currentOf } from "./current.ts";
import { ruledOut } from "./model-health.ts";
import type { SceneState } from "./scene-state.ts";
import { policyOf } from "./stages/index.ts";
import { type Offer, OWN_WORK } from "./stages/policy.ts";

export interface Supplier extends Offer {
  /** Why it must not be asked for this project now; null if it may be. */
  skipReason: Failure | null;
}

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
  let byId: Map<string, SceneState> | undefined;
  const sceneOf = (id: string) => {
    byId ??= new Map(scenes().map((s) => [s.scene.id, s]));
    return byId.get(id);
  };
  const reason = (type: Stage, model: string | null): Failure | null => {
    if (model === null) return null;
    return ruledOut(record, { type, model }) ?? policyOf(type).skipReason?.(record, model, scenes) ?? null;
  };
  const withSkipReason = (stage: Stage, offer: Offer): Supplier => {
    const key = `${stage} ${offer.model}`;
    const skipReason = reasons.has(key) ? (reasons.get(key) ?? null) : reason(stage, offer.model);
    reasons.set(key, skipReason);
    return { ...offer, skipReason };
  };
  return (stage, subject) => {
    const [first = OWN_WORK, ...others] = policyOf(stage).offers(record, () => sceneOf(subject));
    return [withSkipReason(stage, first), ...others.map((offer) => withSkipReason(stage, offer))];
  };
}
