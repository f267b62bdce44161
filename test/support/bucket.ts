/** A bucket in memory. Its presigned addresses are computed as the real ones are, but lead nowhere. */
import { createHash } from "node:crypto";
import type { Storage, StoredObject } from "../../src/ports/storage.ts";
import { presigner } from "../../src/storage/presign.ts";

export interface Bucket extends Storage {
  /** Stores an object as an upload to a presigned address would. */
  upload(key: string, bytes: Uint8Array, contentType: string): StoredObject;
  keys(): string[];
}

export function memoryBucket(): Bucket {
  const objects = new Map<string, { object: StoredObject; bytes: Uint8Array }>();
  const at = (key: string, etag?: string) => {
    const found = objects.get(key);
    return found && (etag === undefined || found.object.etag === etag) ? found : null;
  };
  const upload: Bucket["upload"] = (key, bytes, contentType) => {
    const etag = createHash("md5").update(bytes).digest("hex");
    const object = { key, bytes: bytes.length, etag, contentType };
    objects.set(key, { object, bytes });
    return object;
  };
  return {
    upload,
    keys: () => [...objects.keys()],
    head: async (key) => at(key)?.object ?? null,
    read: async (key, start, end, etag) => at(key, etag)?.bytes.slice(start, end) ?? null,
    async stream(key, start, end, etag) {
      const found = at(key, etag);
      return found && new Blob([found.bytes.slice(start, end)]).stream();
    },
    async open(key, etag) {
      const found = at(key, etag);
      return found && { object: found.object, body: new Blob([found.bytes.slice()]).stream() };
    },
    async put(key, body, contentType) {
      const bytes = body instanceof Uint8Array ? body : await new Response(body.body).bytes();
      return upload(key, bytes, contentType);
    },
    multipart: () => Promise.reject(new Error("Not in this bucket")),
    async delete(keys) {
      for (const key of keys) objects.delete(key);
    },
    async deletePrefix(prefix) {
      const found = [...objects.keys()].filter((key) => key.startsWith(prefix));
      for (const key of found) objects.delete(key);
      return found.length;
    },
    ...presigner({
      endpoint: "https://bucket.test",
      bucket: "omvee",
      region: "auto",
      accessKeyId: "local",
      secretAccessKey: "local-secret",
    }),
  };
}
