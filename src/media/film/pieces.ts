/** The film's packets out of its clips, read in few pieces, each byte once. */

import type { MediaFile } from "../lib/source.ts";
import type { ClipSound, Heard } from "./clip-audio.ts";
import type { Sample } from "./clip-index.ts";
import type { Timing } from "./film-track.ts";
import type { Cut } from "./plan-cuts.ts";

/** One packet of a clip as it stands in the film, in seconds of the film. */
interface Piece extends Timing {
  track: "pictures" | "clips";
  cut: Cut;
  sample: Sample;
  /** Whether its clip begins with it, or begins again. */
  opens: boolean;
}

/** Pieces that are read together. */
export interface Batch {
  pieces: Piece[];
  bytes: Uint8Array;
  /** Where in the file `bytes` begin. */
  start: number;
}

interface Range {
  file: MediaFile;
  pieces: Piece[];
  start: number;
  end: number;
}

const RANGE_BYTES = 2 * 1024 * 1024;
/**
 * Seconds of the film that are read together, however few bytes they are. The song is made AAC between two reads,
 * some 16 ms of CPU for each second of it, and nobody else in the isolate is served until the Worker waits for
 * a read: one who reads the bucket itself meets this up to four times (npm run bench:workerd, November 2026).
 */
const RANGE_SECONDS = 4;
/** Bytes between two pieces that are rather read than skipped. */
const GAP_BYTES = 256 * 1024;

/** In the order of the file, where each track's packets stand there as they are decoded: always, but for odd files. */
function inFileOrder(pieces: Piece[]): Piece[] {
  const sorted = pieces.toSorted((a, b) => a.sample.offset - b.sample.offset);
  const isOrdered = (["pictures", "clips"] as const).every((track) => {
    const decodes = sorted.filter((piece) => piece.track === track).map(({ decode }) => decode);
    return decodes.every((decode, i) => i === 0 || decode >= (decodes[i - 1] ?? 0));
  });
  return isOrdered ? sorted : pieces;
}

/** A cut's pieces for each time that its clip is played. */
function roundsOf(cut: Cut, sound: Heard[][]): Piece[][] {
  const { packets, startSeconds } = cut;
  const samples = packets.pictures();
  const shown = cut.shown(samples);
  const due = shown.map(({ timestamp }) => timestamp).sort((a, b) => a - b);
  const rounds: Piece[][] = [];
  for (const [i, { packet, timestamp, duration }] of shown.entries()) {
    const sample = samples[packet];
    if (!sample) continue;
    if (packet === 0) rounds.push([]);
    rounds.at(-1)?.push({
      track: "pictures",
      cut,
      sample,
      decode: startSeconds + (due[i] ?? 0),
      timestamp: startSeconds + timestamp,
      duration,
      key: sample.key,
      opens: packet === 0,
    });
  }
  return rounds.map((pictures, round) => {
    const heard = (sound[round] ?? []).map(({ sample, timestamp }): Piece => {
      const { seconds: duration, key } = sample;
      return { track: "clips", cut, sample, decode: timestamp, timestamp, duration, key, opens: false };
    });
    return inFileOrder([...pictures, ...heard]);
  });
}

function* ranges(cuts: readonly Cut[], sound: ClipSound | null): Generator<Range> {
  for (const [i, cut] of cuts.entries()) {
    for (const pieces of roundsOf(cut, sound?.packets[i] ?? [])) {
      let open: Range | null = null;
      for (const piece of pieces) {
        const { offset, bytes } = piece.sample;
        const start = Math.min(open?.start ?? offset, offset);
        const end = Math.max(open?.end ?? 0, offset + bytes);
        const seconds = piece.decode - (open?.pieces[0]?.decode ?? 0);
        const fits = end - start <= RANGE_BYTES && seconds < RANGE_SECONDS;
        if (open && fits && offset <= open.end + GAP_BYTES) {
          Object.assign(open, { start, end });
          open.pieces.push(piece);
          continue;
        }
        if (open) yield open;
        open = { file: cut.edit.file, pieces: [piece], start: offset, end: offset + bytes };
      }
      if (open) yield open;
    }
  }
}

/**
 * Gives the memory back at once. Left to the garbage collector, which a Worker's clock starts late,
 * a film's ranges would pile up beyond what a Worker may hold. Views on larger buffers are somebody's.
 */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/**
 * Every packet of the film's clips, each track in decode order, read one range ahead of the writing:
 * two ranges are in memory at a time, and a batch's bytes are gone when the next one is asked for.
 */
export async function* batches(
  cuts: readonly Cut[],
  sound: ClipSound | null,
): AsyncGenerator<Batch, void, unknown> {
  const start = (range: Range) => {
    const loading = range.file.take(range.start, range.end);
    // Met again where it is waited for, or of no interest any more.
    loading.catch(() => undefined);
    return { range, loading };
  };
  async function* loaded({ range, loading }: ReturnType<typeof start>) {
    const bytes = await loading;
    yield { pieces: range.pieces, start: range.start, bytes };
    free(bytes);
  }
  let ahead: ReturnType<typeof start> | null = null;
  for (const range of ranges(cuts, sound)) {
    const next = start(range);
    if (ahead) yield* loaded(ahead);
    ahead = next;
  }
  if (ahead) yield* loaded(ahead);
}
