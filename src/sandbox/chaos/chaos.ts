/** The fault modes of the sandbox. */
import { z } from "zod";

/** How many of the next calls fail in this way; each of them counts it down. */
const times = z.int().min(0).max(10_000);

/**
 * What a model gives instead of the address of an H.264 file of the requested size: another kind of file,
 * another size, or an output of another shape.
 */
const CLIP_FORMS = [
  "webm",
  "hevc",
  "high10",
  "other_size",
  /** `{ video: address }`. */
  "keyed",
  /** The file itself, in the output. */
  "data_uri",
  /** An object without an address. */
  "unknown_shape",
] as const;

export const Chaos = z.strictObject({
  /** The next creates are answered with 429, as for an account with less than $5 of credit. */
  throttle: times.default(0),
  /** Replicate's account has less than $5 of credit: 6 creates a minute, one at a time. */
  low_credit: z.boolean().default(false),
  /** As `low_credit`, with this many creates a minute, so that a test need not wait for long; 0 is off. */
  creates_per_minute: z.number().min(0).max(60_000).default(0),
  /** A prediction whose prompt contains one of these texts, in any case, fails as sensitive content. */
  refuse: z.array(z.string().min(1)).default([]),
  /** The next webhooks are never sent. */
  lose_webhooks: times.default(0),
  /** The next webhooks are sent twice. */
  double_webhooks: times.default(0),
  /** Each webhook is sent this much later. */
  late_webhooks_ms: z.int().min(0).max(600_000).default(0),
  /** The next chat answers are cut off in the middle of their JSON. */
  truncate_json: times.default(0),
  /** Output files answer 404 from the start, and a prediction's data is removed once it has succeeded. */
  expired_outputs: z.boolean().default(false),
  /** The accounts at all providers are out of credit. */
  out_of_credit: z.boolean().default(false),
  /** Every prediction of these models at Replicate fails, as after their maker has withdrawn them. */
  dead_models: z.array(z.string().min(1)).default([]),
  /** These models are not offered: 404 for a run at Replicate, 400 for a chat at OpenRouter. */
  unknown_models: z.array(z.string().min(1)).default([]),
  /** By the model's name. */
  clip_form: z.record(z.string(), z.enum(CLIP_FORMS)).default({}),
  /** The next creates are accepted and charged, and the connection is cut before the answer. */
  accept_then_drop: times.default(0),
});
export type Chaos = z.infer<typeof Chaos>;
export const ChaosChange = Chaos.partial();

export const noFaults = (): Chaos => Chaos.parse({});

type Numeric = { [K in keyof Chaos]: Chaos[K] extends number ? K : never }[keyof Chaos];
type Counted = Exclude<Numeric, "late_webhooks_ms" | "creates_per_minute">;

/** Whether this call is one of those that fail in this way; if so, counts the mode down. */
export function countDown(chaos: Chaos, mode: Counted): boolean {
  if (chaos[mode] === 0) return false;
  chaos[mode] -= 1;
  return true;
}

/** Creates a minute that Replicate accepts from an account with little credit; null: no such limit. */
export const reducedRate = ({ low_credit, creates_per_minute }: Chaos): number | null =>
  creates_per_minute || (low_credit ? 6 : null);
