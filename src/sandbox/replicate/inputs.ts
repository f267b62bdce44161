/** Fetches what a model's input names by address: data URIs, uploaded files, or anything on the web. */
import type { UploadedFiles } from "./uploaded-files.ts";

const TIMEOUT_MS = 30_000;
const MAX_BYTES = 512 * 1024 * 1024;

/**
 * Returns a function that gives the bytes at an address. It throws with the error message of a model that
 * can't load its input.
 */
export function inputFetcher(files: UploadedFiles) {
  return async (address: string, signal: AbortSignal): Promise<Uint8Array> => {
    if (address.startsWith("data:")) {
      const match = /^data:[^,]*?(;base64)?,([\s\S]*)$/.exec(address);
      if (!match) throw new Error("Invalid input: malformed data URI");
      return new Uint8Array(Buffer.from(decodeURIComponent(match[2] ?? ""), match[1] ? "base64" : "utf8"));
    }
    const own = files.bytesAt(address);
    if (own) return own;
    const { origin, pathname } = new URL(address);
    const response = await fetch(address, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
    }).catch(() => null);
    if (!response) throw new Error(`Failed to download input file from ${origin}${pathname}`);
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`Failed to download input file: HTTP ${response.status} for ${origin}${pathname}`);
    }
    const bytes = new Uint8Array(await response.arrayBuffer());
    if (bytes.byteLength > MAX_BYTES) throw new Error("Invalid input: the file is too large");
    return bytes;
  };
}
