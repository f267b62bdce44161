/**
 * Data URIs (RFC 2397), read as the Fetch standard does: the file is in the provider's answer; nothing is
 * fetched.
 */

type Data =
  | { ok: true; bytes: Uint8Array<ArrayBuffer>; contentType: string }
  | { ok: false; problem: "too_large" | "malformed" };

/** Characters of `data:` and the media type, up to the comma; real ones have a few dozen. */
const LONGEST_TYPE = 1_000;
const PERCENT = 0x25;

export const isDataUri = (address: string): boolean => /^data:/i.test(address);

/** The file's bytes and media type; `too_large` where it has more than `maxBytes`. Never throws. */
export function readDataUri(uri: string, maxBytes: number): Data {
  const [head, type] = /^data:([^,]*),/i.exec(uri.slice(0, LONGEST_TYPE)) ?? [];
  if (head === undefined || type === undefined) return { ok: false, problem: "malformed" };
  const base64 = /;\s*base64\s*$/i;
  const content = uri.slice(head.length);
  const bytes = base64.test(type) ? fromBase64(content, maxBytes) : unescaped(content);
  if (bytes === null) return { ok: false, problem: "malformed" };
  if (bytes === "too_large" || bytes.length > maxBytes) return { ok: false, problem: "too_large" };
  return { ok: true, bytes, contentType: type.replace(base64, "").trim() || "text/plain;charset=US-ASCII" };
}

function fromBase64(content: string, maxBytes: number): Uint8Array<ArrayBuffer> | "too_large" | null {
  const text = content.includes("%") ? new TextDecoder().decode(unescaped(content)) : content;
  const packed = text.replace(/[\t\n\f\r ]+/g, "").replace(/=+$/, "");
  if (Math.floor((packed.length * 3) / 4) > maxBytes) return "too_large";
  try {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  } catch {
    return null;
  }
}

/** Percent-decoded bytes: `%41` is one byte; a percent sign without two hex digits stays. */
function unescaped(content: string): Uint8Array<ArrayBuffer> {
  const from = new TextEncoder().encode(content);
  const bytes = new Uint8Array(from.length);
  let length = 0;
  for (let i = 0; i < from.length; i++) {
    const byte = from[i] ?? 0;
    const escaped = byte === PERCENT ? hexAt(from, i + 1) : null;
    bytes[length++] = escaped ?? byte;
    if (escaped !== null) i += 2;
  }
  return bytes.slice(0, length);
}

function hexAt(from: Uint8Array, at: number): number | null {
  const digits = String.fromCharCode(from[at] ?? 0, from[at + 1] ?? 0);
  return /^[0-9a-f]{2}$/i.test(digits) ? Number.parseInt(digits, 16) : null;
}
