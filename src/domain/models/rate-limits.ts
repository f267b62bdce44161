/**
 * How many paid calls each provider accepts from one account: the limits of its rate limiter
 * (`rate-limiter.ts`).
 */

export interface Rate {
  perMinute: number;
  /** Calls that may be sent at the same moment, 1 or more. */
  burst: number;
}

export interface RateLimit {
  /** The rate of an account in good standing. */
  nominal: Rate;
  /** The rate of the most restricted account that is documented; no penalty lowers the rate further. */
  floor: Rate;
}

/**
 * Calls that are sent 10 s apart may arrive a little closer together, so we stay below a strict limit by this
 * factor.
 */
const MARGIN = 0.95;
const REDUCED: Rate = { perMinute: 6 * MARGIN, burst: 1 };

const LIMITS: Readonly<Record<string, RateLimit>> = {
  /**
   * Creates: 600/min; 6/min with a burst of 1 under $5 of credit
   * (replicate.com/docs/topics/predictions/rate-limits, 2026). The burst is 1 at the nominal rate, too: all
   * orders of a song are still sent within seconds, and a restricted account refuses few of them.
   */
  replicate: { nominal: { perMinute: 600, burst: 1 }, floor: REDUCED },
  /** gpt-transcribe, tier 1: 500 requests/min (second hand). Lower tiers are not documented. */
  openai: { nominal: { perMinute: 500, burst: 5 }, floor: REDUCED },
  /**
   * No limit on paid models is documented; we assume about half of what the others accept.
   * Free models: 20 requests/min (second hand).
   */
  openrouter: { nominal: { perMinute: 300, burst: 10 }, floor: { perMinute: 20 * MARGIN, burst: 1 } },
};

/** For a provider that is not in the table. */
const CAUTIOUS: RateLimit = { nominal: { perMinute: 60, burst: 5 }, floor: REDUCED };

export const rateLimitOf = (provider: string): RateLimit =>
  (Object.hasOwn(LIMITS, provider) ? LIMITS[provider] : undefined) ?? CAUTIOUS;
