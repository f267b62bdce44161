/** Where a film's bytes go while it is written: into a multipart upload, two parts in memory at a time. */
import type { MultipartUpload, StoredObject } from "../storage/port.ts";

export interface FilmSink {
  /** Bytes at a position: ever onwards, or back within the first `partBytes`. */
  write(position: number, bytes: Uint8Array): Promise<void>;
  /** Uploads what is left, the first part last, and completes the object. */
  finish(): Promise<StoredObject>;
}

/**
 * Cuts a film into parts of equal size. The first part stays in memory until `finish`, because the
 * film's index is written into it at the very end; every later part goes out as soon as it is full.
 */
export function partSink(upload: MultipartUpload, partBytes: number): FilmSink {
  const head = new Uint8Array(partBytes);
  const tail = new Uint8Array(partBytes);
  /** Which part `tail` is, counted from 0; 0 while nothing has gone past the head. */
  let open = 0;
  let end = 0;

  async function put(part: number, offset: number, bytes: Uint8Array): Promise<void> {
    if (part > open && open > 0) await upload.part(open + 1, tail);
    if (part > open + 1 || (part > 0 && part < open))
      throw new Error(`Part ${part + 1} can't be written any more.`);
    open = Math.max(open, part);
    (part === 0 ? head : tail).set(bytes, offset);
  }

  return {
    async write(position, bytes) {
      for (let done = 0; done < bytes.length; ) {
        const part = Math.floor((position + done) / partBytes);
        const offset = (position + done) % partBytes;
        const piece = bytes.subarray(done, done + partBytes - offset);
        await put(part, offset, piece);
        done += piece.length;
      }
      end = Math.max(end, position + bytes.length);
    },
    async finish() {
      if (open > 0) await upload.part(open + 1, tail.subarray(0, end - open * partBytes));
      await upload.part(1, open > 0 ? head : head.subarray(0, end));
      return upload.complete();
    },
  };
}
