/** How many paid calls each provider takes from one account: what the rate limiters are set to (rate limiter.ts). */

export interface Rate {
  perMinute: number;
  /** Calls that may go at the same moment, 1 or more. */
  burst: number;
}

export interface RateLimit {
  /** Of an account in good standing. */
  nominal: Rate;
  /** Of the most reduced account that is documented; no refusal slows a rate limiter further. */
  floor: Rate;
}

/** Two calls that leave 10 s apart arrive somewhat nearer at times: a strict limit is kept with this to spare. */
const MARGIN = 0.95;
const REDUCED: Rate = { perMinute: 6 * MARGIN, burst: 1 };

const LIMITS: Readonly<Record<string, RateLimit>> = {
  /**
   * Creates: 600/min; 6/min with a burst of 1 under $5 of credit (replicate.com/docs/topics/predictions/rate-limits, 2026). One at a time
   * even at the nominal rate: a song's scenes are out in seconds, and a reduced account refuses few.
   */
  replicate: { nominal: { perMinute: 600, burst: 1 }, floor: REDUCED },
  /** gpt-transcribe, tier 1: 500 requests/min (second hand). Lower tiers are not documented. */
  openai: { nominal: { perMinute: 500, burst: 5 }, floor: REDUCED },
  /**
   * No limit on paid models is documented: assumed, half of what the others take.
   * Free models: 20 requests/min (second hand).
   */
  openrouter: { nominal: { perMinute: 300, burst: 10 }, floor: { perMinute: 20 * MARGIN, burst: 1 } },
};

/** For a provider that is not in the table: one call a second. */
const CAUTIOUS: RateLimit = { nominal: { perMinute: 60, burst: 5 }, floor: REDUCED };

export const rateLimitOf = (provider: string): RateLimit =>
  (Object.hasOwn(LIMITS, provider) ? LIMITS[provider] : undefined) ?? CAUTIOUS;
