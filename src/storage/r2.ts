/** The bucket through a Worker's R2 binding; presigned URLs go through R2's S3 endpoint. */

import { assertPrefix } from "../domain/record/keys.ts";
import type { MultipartUpload, Storage, StoredObject } from "../ports/storage.ts";
import { presigner, type S3Config } from "./presign.ts";

/** The most objects of one R2 `delete` or `list` call. */
const PAGE = 1000;

export function r2Storage(bucket: R2Bucket, s3: S3Config): Storage {
  return {
    async head(key) {
      const object = await bucket.head(key);
      return object && stored(object);
    },

    async read(key, start, end, etag) {
      if (end <= start) return new Uint8Array();
      try {
        const object = await bucket.get(key, { range: { offset: start, length: end - start }, ...pin(etag) });
        return object && "body" in object ? await object.bytes() : null;
      } catch (error) {
        // R2 rejects a range that starts at the object's end or later; this port returns no bytes for it.
        const whole = await bucket.head(key);
        if (!whole || (etag !== undefined && etag !== whole.etag)) return null;
        if (start >= whole.size) return new Uint8Array();
        throw error;
      }
    },

    async stream(key, start, end, etag) {
      const object = await bucket.get(key, { range: { offset: start, length: end - start }, ...pin(etag) });
      return object && "body" in object ? object.body : null;
    },

    async open(key, etag) {
      const object = await bucket.get(key, pin(etag));
      return object && "body" in object ? { object: stored(object), body: object.body } : null;
    },

    async put(key, body, contentType) {
      const options = { httpMetadata: { contentType } };
      if (body instanceof Uint8Array) return stored(await bucket.put(key, body, options));
      // R2 takes a stream only with a known length; a shorter or longer one fails the put.
      const exact = body.body.pipeThrough(new FixedLengthStream(body.bytes));
      return stored(await bucket.put(key, exact, options));
    },

    async multipart(key, contentType): Promise<MultipartUpload> {
      const upload = await bucket.createMultipartUpload(key, { httpMetadata: { contentType } });
      const parts: R2UploadedPart[] = [];
      return {
        async part(number, bytes) {
          parts.push(await upload.uploadPart(number, bytes));
        },
        async complete() {
          return stored(await upload.complete(parts.sort((a, b) => a.partNumber - b.partNumber)));
        },
        abort: () => upload.abort(),
      };
    },

    async delete(keys) {
      for (let i = 0; i < keys.length; i += PAGE) await bucket.delete(keys.slice(i, i + PAGE));
    },

    async deletePrefix(prefix) {
      assertPrefix(prefix);
      let deleted = 0;
      let cursor: string | undefined;
      do {
        const page = await bucket.list({ prefix, cursor, limit: PAGE });
        await bucket.delete(page.objects.map((o) => o.key));
        deleted += page.objects.length;
        cursor = page.truncated ? page.cursor : undefined;
      } while (cursor !== undefined);
      return deleted;
    },

    ...presigner(s3),
  };
}

function pin(etag: string | undefined): { onlyIf?: R2Conditional } {
  return etag === undefined ? {} : { onlyIf: { etagMatches: etag } };
}

function stored(object: R2Object): StoredObject {
  return {
    key: object.key,
    bytes: object.size,
    etag: object.etag,
    contentType: object.httpMetadata?.contentType ?? null,
  };
}
