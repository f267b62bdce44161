/** What was bought, as the providers' bills would show it. */

export interface Ledger {
  openai: { transcriptions: number };
  openrouter: { chat: number; usd: number };
  replicate: {
    predictions: number;
    /** Creates that were refused with a 429. */
    throttled: number;
    by_model: Record<string, number>;
    /** By the webhook's address: more than one is a double purchase. */
    by_webhook: Record<string, number>;
    /** The same for predictions that were charged: a failed one costs nothing. */
    charged_by_webhook: Record<string, number>;
    by_status: Record<string, number>;
    webhooks: { delivered: number; failed: number; lost: number };
  };
}

export const emptyLedger = (): Ledger => ({
  openai: { transcriptions: 0 },
  openrouter: { chat: 0, usd: 0 },
  replicate: {
    predictions: 0,
    throttled: 0,
    by_model: {},
    by_webhook: {},
    charged_by_webhook: {},
    by_status: {},
    webhooks: { delivered: 0, failed: 0, lost: 0 },
  },
});

export function tally(counts: Record<string, number>, key: string): void {
  counts[key] = (counts[key] ?? 0) + 1;
}
