/** Where a film's bytes go while it is written: into a multipart upload, two parts in memory at a time. */
import type { MultipartUpload, StoredObject } from "../../storage/port.ts";

export interface FilmSink {
  /** How many bytes there are so far. */
  position(): number;
  /** Leaves room in the first part. */
  skip(bytes: number): void;
  /** A promise where a full part goes out first: wait for it before the next bytes. The bytes are copied at once or by then. */
  append(bytes: Uint8Array): Promise<void> | undefined;
  /** Bytes back at a position within the first part. */
  patch(position: number, bytes: Uint8Array): void;
  /** Uploads what is left, the first part last, and completes the object. */
  finish(): Promise<StoredObject>;
}

/**
 * Cuts a film into parts of equal size. The first part stays in memory until `finish`, because the
 * film's index is written into it at the very end; every later part goes out as soon as it is full.
 */
export function partSink(upload: MultipartUpload, partBytes: number): FilmSink {
  const head = new Uint8Array(partBytes);
  let tail: Uint8Array | null = null;
  let end = 0;

  async function across(bytes: Uint8Array): Promise<void> {
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
      if (end + bytes > partBytes) throw new Error("The room for the index outgrows the first part.");
      end += bytes;
    },
    append(bytes) {
      const offset = end % partBytes;
      if (end > 0 && (offset === 0 || offset + bytes.length > partBytes)) return across(bytes);
      (end < partBytes ? head : (tail ?? head)).set(bytes, offset);
      end += bytes.length;
      return undefined;
    },
    patch(position, bytes) {
      head.set(bytes, position);
    },
    async finish() {
      const open = Math.ceil(end / partBytes);
      if (tail) await upload.part(open, tail.subarray(0, end - (open - 1) * partBytes));
      await upload.part(1, tail ? head : head.subarray(0, end));
      return upload.complete();
    },
  };
}
