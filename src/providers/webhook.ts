/** Whether a webhook is what it says: Replicate's signature over its bytes, and our own token in its address. */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { Webhook } from "standardwebhooks";

export interface Callback {
  projectId: string;
  taskId: string;
  attempt: number;
}

/**
 * Verifies Standard Webhooks signatures: `webhook-id`, `webhook-timestamp` (within five minutes)
 * and any one of the signatures, by any of the secrets (`whsec_…`; several while one is rotated).
 * Gives the message's id, the same for each redelivery, or null for a forgery. Throws on a
 * malformed secret, when made.
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

/** The text whose UTF-8 is exactly these bytes; null where there is none. */
function exactText(raw: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    return null;
  }
}

/** Our own proof, in the address that we give the provider: HMAC-SHA256 in hex over project, task and attempt. */
export const callbackToken = (secret: string, callback: Callback): string =>
  mac(secret, callback).toString("hex");

/** In constant time. */
export function verifyCallbackToken(secret: string, callback: Callback, token: string): boolean {
  if (!/^[0-9a-f]{64}$/.test(token)) return false;
  return timingSafeEqual(mac(secret, callback), Buffer.from(token, "hex"));
}

/** Over JSON, so that no two callbacks are written alike; named, so that the secret may serve other uses. */
const mac = (secret: string, { projectId, taskId, attempt }: Callback): Buffer =>
  createHmac("sha256", secret)
    .update(JSON.stringify(["replicate-callback", projectId, taskId, attempt]))
    .digest();
