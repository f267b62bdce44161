/**
 * Files that were uploaded as inputs. They state that they expire after a day, but stay until deleted or
 * reset.
 */
import { createHash } from "node:crypto";
import type { SandboxState } from "../state.ts";

const STATED_LIFE_MS = 86_400_000;

export interface UploadedFiles {
  add(id: string, file: File, bytes: Uint8Array, metadata: string): Record<string, unknown>;
  get(id: string): Record<string, unknown> | undefined;
  all(): Record<string, unknown>[];
  remove(id: string): boolean;
  /** The bytes of the file whose `urls.get` is `address`; undefined for any other address. */
  bytesAt(address: string): Uint8Array | undefined;
  reset(): void;
}

export function uploadedFiles(state: SandboxState): UploadedFiles {
  const files = new Map<string, { info: Record<string, unknown>; bytes: Uint8Array }>();
  const prefix = () => `${state.url}/replicate/v1/files/`;
  return {
    add(id, file, bytes, metadata) {
      const now = state.clock();
      const info = {
        id,
        name: file.name,
        content_type: file.type || "application/octet-stream",
        size: bytes.byteLength,
        checksums: { sha256: createHash("sha256").update(bytes).digest("hex") },
        metadata: parsed(metadata),
        created_at: new Date(now).toISOString(),
        expires_at: new Date(now + STATED_LIFE_MS).toISOString(),
        urls: { get: `${prefix()}${id}` },
      };
      files.set(id, { info, bytes });
      return info;
    },
    get: (id) => files.get(id)?.info,
    all: () => [...files.values()].map((f) => f.info),
    remove: (id) => files.delete(id),
    bytesAt: (address) =>
      address.startsWith(prefix()) ? files.get(address.slice(prefix().length))?.bytes : undefined,
    reset: () => files.clear(),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
