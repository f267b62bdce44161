/** How the sandbox can be told to fail. */
import { z } from "zod";

const times = z.int().min(0).max(10_000);

/**
 * How a model gives its clips, in place of the address of an H.264 file of the size that was asked for: as
 * another kind of file, with another size, or named in another way.
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
  /** An object in which no address is. */
  "unknown_shape",
] as const;

export const Chaos = z.strictObject({
  /** The next creates are throttled, as for an account under $5. */
  throttle: times.default(0),
  /** Replicate's account is under $5: 6 creates a minute, one at a time. */
  low_credit: z.boolean().default(false),
  /** The same with another number of creates, so that nobody waits for long; 0 is off. */
  creates_per_minute: z.number().min(0).max(60_000).default(0),
  /** A prediction whose prompt has one of these words fails as sensitive. */
  refuse: z.array(z.string().min(1)).default([]),
  /** The next webhooks are never sent. */
  lose_webhooks: times.default(0),
  /** The next webhooks are sent twice. */
  double_webhooks: times.default(0),
  /** Each webhook waits this long. */
  late_webhooks_ms: z.int().min(0).max(600_000).default(0),
  /** The next chat answers are cut off in the middle of their JSON. */
  truncate_json: times.default(0),
  /** Output files are gone as soon as they are made. */
  expired_outputs: z.boolean().default(false),
  /** Nobody has credit left, at any provider. */
  out_of_credit: z.boolean().default(false),
  /** Each run of these models at Replicate ends failed, as where their maker has withdrawn them. */
  dead_models: z.array(z.string().min(1)).default([]),
  /** These are not offered: 404 for a run at Replicate, 400 for a chat at OpenRouter. */
  unknown_models: z.array(z.string().min(1)).default([]),
  /** By model. */
  clip_form: z.record(z.string(), z.enum(CLIP_FORMS)).default({}),
  /** The next creates are accepted and charged, and the connection is cut before the answer. */
  accept_then_drop: times.default(0),
});
export type Chaos = z.infer<typeof Chaos>;
export const ChaosChange = Chaos.partial();

export const calm = (): Chaos => Chaos.parse({});

type Numeric = { [K in keyof Chaos]: Chaos[K] extends number ? K : never }[keyof Chaos];
type Counted = Exclude<Numeric, "late_webhooks_ms" | "creates_per_minute">;

/** Whether this call is one of those that go wrong; counts it off. */
export function strikes(chaos: Chaos, mode: Counted): boolean {
  if (chaos[mode] === 0) return false;
  chaos[mode] -= 1;
  return true;
}

/** Creates a minute that Replicate takes from a reduced account; null where it is not reduced. */
export const reducedTo = ({ low_credit, creates_per_minute }: Chaos): number | null =>
  creates_per_minute || (low_credit ? 6 : null);
