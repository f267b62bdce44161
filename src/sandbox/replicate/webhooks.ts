/** Sends webhooks, signed and retried as Replicate does, by the Standard Webhooks scheme. */
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { Webhook } from "standardwebhooks";
import { countDown } from "../chaos/chaos.ts";
import type { SandboxState } from "../state.ts";

/** Pauses before each further try of a terminal event's delivery. */
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const TIMEOUT_MS = 10_000;

export interface WebhookSender {
  /** Sends in the background; the body is the prediction as it is now. */
  send(url: string, prediction: object, terminal: boolean): void;
  close(): void;
}

/** `pace`: factor for the pauses between tries; 0: no pauses. */
export function openWebhookSender(state: SandboxState, secret: string, pace: number): WebhookSender {
  const signer = new Webhook(secret);
  const closing = new AbortController();
  const counts = () => state.ledger.replicate.webhooks;

  async function post(url: string, id: string, body: string): Promise<boolean> {
    const at = new Date(Math.floor(state.clock() / 1000) * 1000);
    try {
      const answer = await fetch(url, {
        method: "POST",
        redirect: "manual",
        headers: {
          "content-type": "application/json",
          "user-agent": "Replicate/1.0",
          "webhook-id": id,
          "webhook-timestamp": String(at.getTime() / 1000),
          "webhook-signature": signer.sign(id, at, body),
        },
        body,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
  }

  async function deliver(url: string, body: string, terminal: boolean, lateMs: number): Promise<void> {
    const id = `msg_${randomUUID().replaceAll("-", "")}`;
    const pauses = [lateMs, ...(terminal ? RETRY_MS.map((ms) => ms * pace) : [])];
    for (const pause of pauses) {
      if (pause > 0) await wait(pause, undefined, { signal: closing.signal });
      if (closing.signal.aborted) return;
      if (await post(url, id, body)) {
        counts().delivered += 1;
        if (countDown(state.chaos, "double_webhooks") && (await post(url, id, body))) counts().delivered += 1;
        return;
      }
    }
    counts().failed += 1;
  }

  return {
    send(url, prediction, terminal) {
      if (countDown(state.chaos, "lose_webhooks")) {
        counts().lost += 1;
        return;
      }
      deliver(url, JSON.stringify(prediction), terminal, state.chaos.late_webhooks_ms).catch(() => {
        // Only `close` interrupts a pause; the webhook is then not sent.
      });
    },
    close: () => closing.abort(),
  };
}
