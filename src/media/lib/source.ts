/**
 * Media files for mediabunny and for our readers: few large range reads from the bucket, or bytes in memory.
 */
import { CustomSource, type Source } from "mediabunny";
import type { Storage, StoredObject } from "../../ports/storage.ts";
import { BLOCK_BYTES, blocksOf, type Loader, SourceGone } from "./blocks.ts";

export { SourceGone } from "./blocks.ts";

/**
 * mediabunny's own cache: enough for the few hundred bytes that it reads at a time, small enough to stay
 * fast.
 */
const CACHE_BYTES = 64 * 1024;
/** A reader that asks for the same position more often in a row is in an endless loop. */
const MAX_REPEATS = 100;
/** A larger index or tag would take all the memory of a Worker. */
const MAX_BYTES_AT_ONCE = 33 * 1024 * 1024;

/**
 * What a reader sees instead of the whole file: `head`, followed by the file's bytes from `start` to `end`.
 */
export interface View {
  head: Uint8Array;
  start: number;
  end: number;
}

export interface MediaFile {
  readonly bytes: number;
  /**
   * A source for one mediabunny `Input`; disposing the input leaves the file usable, and another source can
   * be made. `watched`: for formats whose damaged files can send mediabunny into an endless loop; such a
   * source sees every read (no cache) and throws when the reader loops.
   */
  source(watched?: boolean, view?: View): Source;
  /**
   * Bytes `start` (inclusive) to `end` (exclusive), cut to the file, through the cache. Rejects with
   * `SourceGone`.
   */
  read(start: number, end: number): Promise<Uint8Array>;
  /** As `read`, but by one request of exactly these bytes, past the cache. The caller owns the bytes. */
  take(start: number, end: number): Promise<Uint8Array>;
  /**
   * Drops the cache and closes the stream; later reads still work. Needed because all clips of a film are
   * open at once.
   */
  release(): void;
  /** How many reads the bucket has served: ranges and streams. */
  reads(): number;
  /**
   * The error that stopped the reading (`SourceGone`, or what the bucket threw); undefined when there was
   * none.
   */
  trouble(): unknown;
}

function mediaFile(bytes: number, loader: Loader): MediaFile {
  const blocks = blocksOf(bytes, loader);

  async function read(start: number, end: number): Promise<Uint8Array> {
    const to = Math.min(end, bytes);
    const out = new Uint8Array(Math.max(0, to - start));
    for (let at = start; at < to; ) {
      const index = Math.floor(at / BLOCK_BYTES);
      const block = blocks.at(index);
      const inBlock = (block.bytes ?? (await block.loading)).subarray(
        at - index * BLOCK_BYTES,
        to - index * BLOCK_BYTES,
      );
      out.set(inBlock, at - start);
      at += inBlock.length;
    }
    return out;
  }

  /** Returns the bytes without a promise when they are cached, which is almost always. */
  function readAtOnce(start: number, end: number): Uint8Array | Promise<Uint8Array> {
    const index = Math.floor(start / BLOCK_BYTES);
    const block = end <= (index + 1) * BLOCK_BYTES ? blocks.held(index) : null;
    return block ? block.slice(start - index * BLOCK_BYTES, end - index * BLOCK_BYTES) : read(start, end);
  }

  function source(watched = false, view: View = { head: new Uint8Array(), start: 0, end: bytes }): Source {
    const { head } = view;
    const behind = view.start - head.length;
    let last = -1;
    let repeats = 0;
    return new CustomSource({
      getSize: () => view.end - behind,
      read(start, end) {
        repeats = start === last ? repeats + 1 : 0;
        last = start;
        if (watched && repeats > MAX_REPEATS) throw new Error("The file leads its reader in circles.");
        if (end - start > MAX_BYTES_AT_ONCE) throw new Error("The file asks for more memory than there is.");
        if (start >= head.length) return readAtOnce(behind + start, behind + end);
        return read(view.start, Math.max(view.start, behind + end)).then((rest) => {
          const out = new Uint8Array(end - start);
          out.set(head.subarray(start, end));
          out.set(rest, Math.min(end, head.length) - start);
          return out;
        });
      },
      // The blocks already save reads: the "network" profile would prefetch up to 8 MiB in addition, and a
      // Worker does not have that memory for every file of a film.
      prefetchProfile: watched ? "none" : "fileSystem",
      maxCacheSize: watched ? 0 : CACHE_BYTES,
      // A failed prefetch fails again in the read that needs it; `trouble` keeps the reason.
      handleUnhandledError: () => undefined,
    });
  }

  const take = (start: number, end: number) => blocks.take(start, Math.min(end, bytes));
  return { bytes, source, read, take, release: blocks.release, reads: blocks.reads, trouble: blocks.trouble };
}

/** An object of the bucket, pinned to the version with this `etag`. */
export function storedFile(
  storage: Pick<Storage, "read"> & Partial<Pick<Storage, "stream">>,
  { key, etag, bytes }: Pick<StoredObject, "key" | "etag" | "bytes">,
): MediaFile {
  return mediaFile(bytes, {
    read: (start, end) => storage.read(key, start, end, etag),
    ...(storage.stream && { stream: async (start, end) => storage.stream?.(key, start, end, etag) ?? null }),
  });
}

export function memoryFile(bytes: Uint8Array): MediaFile {
  return mediaFile(bytes.length, { read: async (start, end) => bytes.slice(start, end) });
}

export type Read<T> = { ok: true; value: T } | { ok: false; cause: "gone" | "unreadable"; error: unknown };

/**
 * Runs work that reads the file. A vanished object ("gone") and bytes that can't be parsed ("unreadable") are
 * values; errors of the bucket are thrown again, because a later try can succeed.
 */
export async function readSafely<T>(file: MediaFile, work: () => Promise<T>): Promise<Read<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const trouble = file.trouble();
    if (trouble instanceof SourceGone) return { ok: false, cause: "gone", error: trouble };
    if (trouble) throw trouble;
    return { ok: false, cause: "unreadable", error };
  }
}
