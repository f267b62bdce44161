/** Writes a film's bytes into a multipart upload, with two parts in memory at a time. */
import type { MultipartUpload, StoredObject } from "../../ports/storage.ts";

export interface FilmSink {
  /** How many bytes were written or skipped so far. */
  position(): number;
  /** Leaves bytes free in the first part; `patch` fills them. Throws when they do not fit. */
  skip(bytes: number): void;
  /**
   * Appends bytes. Await the promise, if any, before the next call: a full part is uploaded first. The bytes
   * are copied.
   */
  append(bytes: Uint8Array): Promise<void> | undefined;
  /** Overwrites bytes in the first part. */
  patch(position: number, bytes: Uint8Array): void;
  /** Uploads what is left, the first part last, and completes the object. */
  finish(): Promise<StoredObject>;
}

/**
 * Splits a film into parts of equal size. The first part stays in memory until `finish`, because the film's
 * index is written into it last; every later part is uploaded as soon as it is full.
 */
export function partSink(upload: MultipartUpload, partBytes: number): FilmSink {
  const head = new Uint8Array(partBytes);
  let tail: Uint8Array | null = null;
  let end = 0;

  async function appendAcrossParts(bytes: Uint8Array): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const part = Math.floor(end / partBytes);
      const offset = end % partBytes;
      if (offset === 0 && part > 1 && tail) await upload.part(part, tail);
      const piece = bytes.subarray(done, done + partBytes - offset);
      if (part > 0) tail ??= new Uint8Array(partBytes);
      (part === 0 ? head : (tail ?? head)).set(piece, offset);
      done += piece.length;
      end += piece.length;
    }
  }

  return {
    position: () => end,
    skip(bytes) {
      if (end + bytes > partBytes) throw new Error("The space for the index is larger than the first part.");
      end += bytes;
    },
    append(bytes) {
      const offset = end % partBytes;
      if (end > 0 && (offset === 0 || offset + bytes.length > partBytes)) return appendAcrossParts(bytes);
      (end < partBytes ? head : (tail ?? head)).set(bytes, offset);
      end += bytes.length;
      return undefined;
    },
    patch(position, bytes) {
      head.set(bytes, position);
    },
    async finish() {
      const lastPart = Math.ceil(end / partBytes);
      if (tail) await upload.part(lastPart, tail.subarray(0, end - (lastPart - 1) * partBytes));
      await upload.part(1, tail ? head : head.subarray(0, end));
      return upload.complete();
    },
  };
}
