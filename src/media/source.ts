/** Media files as mediabunny reads them: by range, in few large reads, from the bucket or from memory. */
import { CustomSource, type Source } from "mediabunny";
import type { Storage, StoredObject } from "../storage/port.ts";

/** One read of the bucket: a 4 minute mp3 takes three, where mediabunny alone would take thousands. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blocks held at a time, which is what a file costs of memory. */
const BLOCKS_HELD = 2;
/** mediabunny's own cache: enough for the few hundred bytes that it asks for at a time, little enough to stay fast. */
const CACHE_BYTES = 64 * 1024;
/** A reader that asks for one place more often, and for nothing else, will never come to an end. */
const MOST_REPEATS = 100;

/** The object was deleted, or is not the one that was measured any more. */
export class SourceGone extends Error {
  override name = "SourceGone";
}

export interface MediaFile {
  readonly bytes: number;
  /**
   * For one mediabunny `Input` after another; disposing the input leaves the file usable. `watched`
   * for files that can lead the reader in circles: it sees every read, and ends those with an error.
   */
  source(watched?: boolean): Source;
  /** Bytes `start` (inclusive) to `end` (exclusive), as far as the file reaches. Rejects with `SourceGone`. */
  read(start: number, end: number): Promise<Uint8Array>;
  /** Lets go of what is held in memory; reading on is possible. A film's clips are all open at once. */
  release(): void;
  /** How many reads the bucket has served. */
  reads(): number;
  /** What stopped the reading, where something did: `SourceGone`, or what the bucket threw. */
  trouble(): unknown;
}

interface Block {
  loading: Promise<Uint8Array>;
  bytes: Uint8Array | null;
}

function mediaFile(
  bytes: number,
  load: (start: number, end: number) => Promise<Uint8Array | null>,
): MediaFile {
  const blocks = new Map<number, Block>();
  let reads = 0;
  let trouble: unknown;

  async function loadBlock(index: number): Promise<Uint8Array> {
    if (trouble) throw trouble;
    const start = index * BLOCK_BYTES;
    const end = Math.min(bytes, start + BLOCK_BYTES);
    reads++;
    try {
      const block = await load(start, end);
      if (block?.length !== end - start)
        throw new SourceGone("The file changed or was deleted while it was read.");
      return block;
    } catch (error) {
      trouble ??= error;
      throw error;
    }
  }

  function startLoading(index: number): Block {
    const block: Block = { bytes: null, loading: loadBlock(index) };
    block.loading.then(
      (loaded) => {
        block.bytes = loaded;
      },
      () => undefined,
    );
    return block;
  }

  function blockAt(index: number): Block {
    const held = blocks.get(index) ?? startLoading(index);
    blocks.delete(index);
    blocks.set(index, held);
    for (const oldest of blocks.keys()) {
      if (blocks.size <= BLOCKS_HELD) break;
      blocks.delete(oldest);
    }
    return held;
  }

  async function read(start: number, end: number): Promise<Uint8Array> {
    const to = Math.min(end, bytes);
    const out = new Uint8Array(Math.max(0, to - start));
    for (let at = start; at < to; ) {
      const index = Math.floor(at / BLOCK_BYTES);
      const block = blockAt(index);
      const inBlock = (block.bytes ?? (await block.loading)).subarray(
        at - index * BLOCK_BYTES,
        to - index * BLOCK_BYTES,
      );
      out.set(inBlock, at - start);
      at += inBlock.length;
    }
    return out;
  }

  /** Without a promise where the bytes are in memory already, which is almost always. */
  function readAtOnce(start: number, end: number): Uint8Array | Promise<Uint8Array> {
    const index = Math.floor(start / BLOCK_BYTES);
    const block = end <= (index + 1) * BLOCK_BYTES ? blocks.get(index)?.bytes : null;
    return block ? block.slice(start - index * BLOCK_BYTES, end - index * BLOCK_BYTES) : read(start, end);
  }

  function source(watched = false): Source {
    let last = -1;
    let repeats = 0;
    return new CustomSource({
      getSize: () => bytes,
      read(start, end) {
        repeats = start === last ? repeats + 1 : 0;
        last = start;
        if (watched && repeats > MOST_REPEATS) throw new Error("The file leads its reader in circles.");
        return readAtOnce(start, end);
      },
      // The blocks are what saves reads: the "network" profile on top would fetch up to 8 MiB ahead
      // once more, into memory that a Worker does not have for every file of a film.
      prefetchProfile: watched ? "none" : "fileSystem",
      maxCacheSize: watched ? 0 : CACHE_BYTES,
      // A prefetch that fails is met again by the read that needs it; `trouble` keeps the reason.
      handleUnhandledError: () => undefined,
    });
  }

  return {
    bytes,
    source,
    read,
    release: () => blocks.clear(),
    reads: () => reads,
    trouble: () => trouble,
  };
}

/** An object of the bucket, pinned to the version that `etag` names. */
export function storedFile(
  storage: Pick<Storage, "read">,
  object: Pick<StoredObject, "key" | "etag" | "bytes">,
): MediaFile {
  return mediaFile(object.bytes, (start, end) => storage.read(object.key, start, end, object.etag));
}

export function memoryFile(bytes: Uint8Array): MediaFile {
  return mediaFile(bytes.length, async (start, end) => bytes.subarray(start, end));
}

export type Read<T> = { ok: true; value: T } | { ok: false; cause: "gone" | "unreadable"; error: unknown };

/**
 * Runs work that reads the file. A vanished object and bytes that can't be parsed are values;
 * what the bucket itself threw is thrown again, because trying later can help.
 */
export async function reading<T>(file: MediaFile, work: () => Promise<T>): Promise<Read<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const trouble = file.trouble();
    if (trouble instanceof SourceGone) return { ok: false, cause: "gone", error: trouble };
    if (trouble) throw trouble;
    return { ok: false, cause: "unreadable", error };
  }
}
