/** Reads the film's packets from its clips, in few range reads, each byte once. */

import type { MediaFile } from "../lib/source.ts";
import type { ClipSound, PlacedSample } from "./clip-audio.ts";
import type { Sample } from "./clip-index.ts";
import type { Timing } from "./film-track.ts";
import type { Cut } from "./plan-cuts.ts";

/** One packet of a clip, with its times in seconds of the film. */
interface Piece extends Timing {
  track: "pictures" | "clips";
  cut: Cut;
  sample: Sample;
  /** Whether it is the first packet of its clip, or of another round of a loop. */
  opens: boolean;
}

/** Pieces that are read together. */
export interface Batch {
  pieces: Piece[];
  bytes: Uint8Array;
  /** The file offset of `bytes`. */
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
 * Most seconds of the film in one read, however few bytes they have. Between two reads the song is encoded as
 * AAC, some 16 ms of CPU per second of sound, and the isolate serves no other request until the Worker waits
 * for a read. A request that reads the bucket itself can be delayed in this way up to four times (npm run
 * bench:workerd, November 2026).
 */
const RANGE_SECONDS = 4;
/** Gaps of up to so many bytes between two pieces are read rather than skipped. */
const GAP_BYTES = 256 * 1024;

/** Sorts pieces by file offset, if each track stays in decode order, which is so in all but unusual files. */
function inFileOrder(pieces: Piece[]): Piece[] {
  const sorted = pieces.toSorted((a, b) => a.sample.offset - b.sample.offset);
  const isOrdered = (["pictures", "clips"] as const).every((track) => {
    const decodes = sorted.filter((piece) => piece.track === track).map(({ decode }) => decode);
    return decodes.every((decode, i) => i === 0 || decode >= (decodes[i - 1] ?? 0));
  });
  return isOrdered ? sorted : pieces;
}

/** A cut's pieces, for each time that its clip is played. */
function roundsOf(cut: Cut, sound: PlacedSample[][]): Piece[][] {
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
 * Frees the memory at once. The garbage collector starts too late in a Worker, and a film's ranges would
 * exceed the Worker's memory. A view of a larger buffer belongs to another owner and is left alone.
 */
function free({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/**
 * Every packet of the film's clips, each track in decode order. Reads one range ahead, so two ranges are in
 * memory at a time. A batch's bytes are freed when the next batch is requested.
 */
export async function* packetBatches(
  cuts: readonly Cut[],
  sound: ClipSound | null,
): AsyncGenerator<Batch, void, unknown> {
  const start = (range: Range) => {
    const loading = range.file.take(range.start, range.end);
    // A failure is reported where the range is awaited, or no longer matters.
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
