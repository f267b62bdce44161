/** Whether a webhook is genuine: Replicate's signature over its bytes, and our own token in its address. */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";
import type { Callback, Webhooks } from "../ports/providers.ts";

/**
 * Verifies Standard Webhooks signatures: `webhook-id`, `webhook-timestamp` (within five minutes) and any one
 * of the signatures, by any of the secrets (`whsec_…`; several while one is rotated). The verifier returns
 * the message's id, which is the same for each redelivery, or null where the webhook is not genuine. Throws
 * at once where a secret is malformed.
 */
export function replicateWebhooks(
  secrets: readonly string[],
): (raw: Uint8Array, headers: Headers) => string | null {
  const verifiers = secrets.map((secret) => new Webhook(secret));
  return (raw, headers) => {
    const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    const given = Object.fromEntries(names.map((name) => [name, headers.get(name) ?? ""]));
    const body = exactText(raw);
    if (body === null) return null;
    const genuine = verifiers.some((verifier) => {
      try {
        verifier.verify(body, given, { jsonParse: false });
        return true;
      } catch {
        return false;
      }
    });
    return genuine ? (given["webhook-id"] ?? null) : null;
  };
}

/** The text whose UTF-8 is exactly these bytes; null where they are not UTF-8. */
function exactText(raw: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return null;
  }
}

/** The token in the webhook's address: HMAC-SHA256, in hex, over project, task and attempt. */
export const callbackToken = (secret: string, callback: Callback): string =>
  mac(secret, callback).toString("hex");

/** Whether the token is the one of this callback. Takes constant time for tokens of the right form. */
export function verifyCallbackToken(secret: string, callback: Callback, token: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(token)) return false;
  return timingSafeEqual(mac(secret, callback), Buffer.from(token, "hex"));
}

/** JSON, so that no two callbacks have the same text; with a name, so that the secret may have other uses. */
const mac = (secret: string, { projectId, taskId, attempt }: Callback): Buffer =>
  createHmac("sha256", secret)
    .update(JSON.stringify(["replicate-callback", projectId, taskId, attempt]))
    .digest();

/** Throws where a secret of Replicate's is malformed. */
export const webhooksOf = (config: {
  webhookSecrets: readonly string[];
  callbackSecret: string;
}): Webhooks => ({
  verify: replicateWebhooks(config.webhookSecrets),
  isOurs: (callback, token) => verifyCallbackToken(config.callbackSecret, callback, token),
});
