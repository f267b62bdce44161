/**
 * A file as a row of equal blocks, of which few are held: loaded by range where they are asked for
 * here and there, and from one open stream where they are asked for in order.
 */

export interface Loader {
  /** Bytes `start` to `end`; null where the object is gone. */
  read(start: number, end: number): Promise<Uint8Array | null>;
  /** The same, as they come. Absent where there is nothing to gain. */
  stream?(start: number, end: number): Promise<ReadableStream<Uint8Array> | null>;
}

interface Block {
  loading: Promise<Uint8Array>;
  /** Null until they are there. */
  bytes: Uint8Array | null;
}

export interface Blocks {
  /** Starts loading where it is not held. */
  at(index: number): Block;
  held(index: number): Uint8Array | null;
  /** Exactly these bytes, by a range of their own: nothing is held. */
  take(start: number, end: number): Promise<Uint8Array>;
  /** Lets go of blocks and of the stream. */
  release(): void;
  /** How many ranges and streams were asked for. */
  reads(): number;
  /** What stopped the loading. */
  trouble(): unknown;
}

/** One read of the bucket: a 4 minute mp3 takes three, where mediabunny alone would take thousands. */
export const BLOCK_BYTES = 4 * 1024 * 1024;
/** Blocks held at a time, and the file's last besides, which is looked at early for an index or tags: what a file costs of memory. */
const BLOCKS_HELD = 2;

/** The object was deleted, or is not the one that was measured any more. */
export class SourceGone extends Error {
  override name = "SourceGone";
}

/** An open stream, read only as far as somebody wants it. */
function tap(stream: ReadableStream<Uint8Array>, start: number) {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array();
  return {
    at: start,
    /** Null where the stream ends before. */
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
    /** A stream that failed can't be canceled, and need not be. */
    close: () => void reader.cancel().catch(() => undefined),
  };
}

export function blocksOf(bytes: number, loader: Loader): Blocks {
  const final = Math.ceil(bytes / BLOCK_BYTES) - 1;
  const held = new Map<number, Block>();
  let open: ReturnType<typeof tap> | null = null;
  let streams = loader.stream !== undefined;
  let last = Number.NaN;
  let queue: Promise<unknown> = Promise.resolve();
  let reads = 0;
  let trouble: unknown;

  function close(): void {
    open?.close();
    open = null;
  }

  /** The next bytes of a file that is read in order; null where a range must be asked for. */
  async function fromStream(start: number, end: number): Promise<Uint8Array | null> {
    try {
      if (open?.at !== start) {
        close();
        if (end >= bytes) return null;
        reads++;
        const stream = await loader.stream?.(start, held.has(final) ? final * BLOCK_BYTES : bytes);
        open = stream ? tap(stream, start) : null;
      }
      const block = await open?.take(end - start);
      if (!block) close();
      return block ?? null;
    } catch {
      // A server may not do this, a connection may break: the range asked for instead tells what is wrong.
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

  /** One after another: a stream has one end. */
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
