/** Random faults of the sandbox, in every mode that it has. */
import { DIRECTORS } from "../../src/domain/models/language-models.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";
import type { Chaos } from "../../src/sandbox/chaos/chaos.ts";
import type { Chance } from "../../src/sandbox/studio/art/chance.ts";

export interface Fault {
  mode: keyof Chaos;
  change: Partial<Chaos>;
  /** How long it lasts, in milliseconds; null: until it is used up or the run has ended. */
  forMs: number | null;
}

type Draw = (chance: Chance) => Omit<Fault, "mode">;

/** Words in the sandbox's prompts: of every image, of every clip, and of some images. */
const WORDS = ["shot", "one continuous take", "at dusk", "at night", "sea"] as const;

/** The models that are tried first: for images, for clips and as director. */
const { imageModel, clipModel } = DEFAULT_SETTINGS;
const FIRST_CHOICES = [imageModel, clipModel, DIRECTORS[0]?.models[0] ?? ""] as const;

/**
 * By mode: faults of a number of calls, or states that mostly last for some hundred milliseconds or seconds.
 */
const DRAWS: { [Mode in keyof Chaos]: Draw } = {
  throttle: (chance) => ({ change: { throttle: chance.whole(1, 4) }, forMs: null }),
  low_credit: (chance) => ({ change: { low_credit: true }, forMs: chance.whole(5_000, 30_000) }),
  creates_per_minute: (chance) => ({
    change: { creates_per_minute: chance.whole(30, 240) },
    forMs: null,
  }),
  refuse: (chance) => ({
    change: { refuse: [chance.pick(WORDS)] },
    forMs: chance.happens(0.5) ? null : chance.whole(2_000, 8_000),
  }),
  lose_webhooks: (chance) => ({ change: { lose_webhooks: chance.whole(1, 10) }, forMs: null }),
  double_webhooks: (chance) => ({ change: { double_webhooks: chance.whole(3, 20) }, forMs: null }),
  late_webhooks_ms: (chance) => ({ change: { late_webhooks_ms: chance.whole(500, 6_000) }, forMs: null }),
  truncate_json: (chance) => ({ change: { truncate_json: chance.whole(1, 2) }, forMs: null }),
  expired_outputs: (chance) => ({ change: { expired_outputs: true }, forMs: chance.whole(500, 3_000) }),
  out_of_credit: (chance) => ({ change: { out_of_credit: true }, forMs: chance.whole(2_000, 8_000) }),
  dead_models: (chance) => ({
    change: { dead_models: [chance.pick([imageModel, clipModel])] },
    forMs: chance.whole(2_000, 8_000),
  }),
  unknown_models: (chance) => ({
    change: { unknown_models: [chance.pick(FIRST_CHOICES)] },
    forMs: chance.whole(2_000, 8_000),
  }),
  clip_form: (chance) =>
    chance.happens(0.7)
      ? { change: { clip_form: { [clipModel]: chance.pick(["keyed", "data_uri"] as const) } }, forMs: null }
      : { change: { clip_form: { [clipModel]: "unknown_shape" } }, forMs: chance.whole(1_000, 4_000) },
  accept_then_drop: (chance) => ({ change: { accept_then_drop: chance.whole(1, 4) }, forMs: null }),
};

export const MODES = Object.keys(DRAWS) as (keyof Chaos)[];

/** After faults of these modes, the rate limiter slows orders for some minutes. */
export const SLOWING: ReadonlySet<keyof Chaos> = new Set(["throttle", "low_credit", "creates_per_minute"]);

export const drawFault = (mode: keyof Chaos, chance: Chance): Fault => ({ mode, ...DRAWS[mode](chance) });

/** Whether the fault may prevent the film for the whole run. */
export const canPrevent = ({ mode, forMs }: Fault): boolean => mode === "refuse" && forMs === null;

/** Whether the mode is a number of calls that is counted down. */
const isCounted = (mode: keyof Chaos) => mode !== "late_webhooks_ms" && mode !== "creates_per_minute";

/** How many calls the fault affected, by what is left of it at the end; 1 for modes that are not counted. */
export function timesUsed({ mode, change }: Fault, left: Chaos): number {
  const [given, rest] = [change[mode], left[mode]];
  return isCounted(mode) && typeof given === "number" && typeof rest === "number" ? given - rest : 1;
}

export function describeFault({ change, forMs }: Fault): string {
  const what = Object.entries(change).map(([mode, value]) =>
    value === true ? mode : `${mode}=${typeof value === "object" ? JSON.stringify(value) : value}`,
  );
  return `${what.join(" ")}${forMs === null ? "" : ` for ${(forMs / 1000).toFixed(1)} s`}`;
}
