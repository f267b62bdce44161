/**
 * A file as a sequence of equal blocks, of which a few are cached. Blocks are loaded by range when the access
 * is random, and from one open stream when they are read in order.
 */

export interface Loader {
  /** Bytes `start` (inclusive) to `end` (exclusive); null when the object is gone. */
  read(start: number, end: number): Promise<Uint8Array | null>;
  /** The same bytes as a stream. Absent when a stream has no advantage. */
  stream?(start: number, end: number): Promise<ReadableStream<Uint8Array> | null>;
}

interface Block {
  loading: Promise<Uint8Array>;
  /** Null until loaded. */
  bytes: Uint8Array | null;
}

export interface Blocks {
  /** Starts loading the block unless it is cached. */
  at(index: number): Block;
  /** The block's bytes when they are cached and loaded, else null. */
  held(index: number): Uint8Array | null;
  /** Exactly these bytes, by a separate range request; they are not cached. */
  take(start: number, end: number): Promise<Uint8Array>;
  /** Drops the cached blocks and closes the stream. */
  release(): void;
  /** How many ranges and streams were requested. */
  reads(): number;
  /** The error that stopped the loading; undefined when there was none. */
  trouble(): unknown;
}

/**
 * One read of the bucket: a 4 minute MP3 takes three, while mediabunny alone would make thousands of reads.
 */
export const BLOCK_BYTES = 4 * 1024 * 1024;
/**
 * Blocks cached at a time, besides the file's last block, which is often read early for an index or tags.
 * This decides how much memory an open file takes.
 */
const BLOCKS_HELD = 2;

/** The object was deleted or replaced since it was measured. */
export class SourceGone extends Error {
  override name = "SourceGone";
}

/** An open stream that is read only as far as bytes are asked for. */
function streamReader(stream: ReadableStream<Uint8Array>, start: number) {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array();
  return {
    at: start,
    /** The next bytes; null when the stream ends before. */
    async take(bytes: number): Promise<Uint8Array | null> {
      const out = new Uint8Array(bytes);
      for (let filled = 0; filled < bytes; ) {
        if (rest.length === 0) {
          const { done, value } = await reader.read();
          if (done) return null;
          rest = value;
        }
        const taken = rest.subarray(0, bytes - filled);
        out.set(taken, filled);
        filled += taken.length;
        rest = rest.subarray(taken.length);
      }
      this.at += bytes;
      return out;
    },
    /** Canceling a stream that has failed rejects; ignore that. */
    close: () => void reader.cancel().catch(() => undefined),
  };
}

export function blocksOf(bytes: number, loader: Loader): Blocks {
  const final = Math.ceil(bytes / BLOCK_BYTES) - 1;
  const held = new Map<number, Block>();
  let open: ReturnType<typeof streamReader> | null = null;
  let streams = loader.stream !== undefined;
  let last = Number.NaN;
  let queue: Promise<unknown> = Promise.resolve();
  let reads = 0;
  let trouble: unknown;

  function close(): void {
    open?.close();
    open = null;
  }

  /** The next bytes of a file that is read in order; null when the caller must request a range instead. */
  async function fromStream(start: number, end: number): Promise<Uint8Array | null> {
    try {
      if (open?.at !== start) {
        close();
        if (end >= bytes) return null;
        reads++;
        const stream = await loader.stream?.(start, held.has(final) ? final * BLOCK_BYTES : bytes);
        open = stream ? streamReader(stream, start) : null;
      }
      const block = await open?.take(end - start);
      if (!block) close();
      return block ?? null;
    } catch {
      // The server may not support streams, or the connection broke: the range request that follows reports
      // the error.
      if (!open) streams = false;
      close();
      return null;
    }
  }

  async function take(start: number, end: number): Promise<Uint8Array> {
    if (trouble) throw trouble;
    reads++;
    try {
      const taken = await loader.read(start, end);
      if (taken?.length !== end - start)
        throw new SourceGone("The file changed or was deleted while it was read.");
      return taken;
    } catch (error) {
      trouble ??= error;
      throw error;
    }
  }

  async function load(index: number): Promise<Uint8Array> {
    if (trouble) throw trouble;
    const start = index * BLOCK_BYTES;
    const end = Math.min(bytes, start + BLOCK_BYTES);
    const inOrder = index === last + 1;
    last = index;
    const streamed = streams && inOrder ? await fromStream(start, end) : null;
    if (streamed) return streamed;
    close();
    return take(start, end);
  }

  /** Loads blocks one after another, because they may share one stream. */
  function start(index: number): Block {
    const loading = queue.then(() => load(index));
    const block: Block = { bytes: null, loading };
    queue = loading.then(
      (loaded) => {
        block.bytes = loaded;
      },
      () => undefined,
    );
    return block;
  }

  return {
    at(index) {
      const block = held.get(index) ?? start(index);
      held.delete(index);
      held.set(index, block);
      for (const oldest of held.keys()) {
        if (held.size - Number(held.has(final)) <= BLOCKS_HELD) break;
        if (oldest !== final) held.delete(oldest);
      }
      return block;
    },
    held: (index) => held.get(index)?.bytes ?? null,
    take,
    release() {
      held.clear();
      close();
    },
    reads: () => reads,
    trouble: () => trouble,
  };
}
