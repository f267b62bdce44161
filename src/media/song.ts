/** Opening a song for mediabunny, whatever its container. */
import {
  ADTS,
  Input,
  type InputAudioTrack,
  type InputFormat,
  MATROSKA,
  MP4,
  QTFF,
  UnsupportedInputFormatError,
  WEBM,
} from "mediabunny";
import { CONTAINERS } from "./container.ts";
import { indexIsSound } from "./mp4-index.ts";
import { packetsOf } from "./packets.ts";
import type { MediaFile } from "./source.ts";

/**
 * Containers in which mediabunny 1.61.0 can run in circles over a damaged file: in WebM it searches
 * the last 8 bytes for ever (`resync` in its matroska/ebml.ts), in ADTS a frame of no length stays where it is.
 */
const WATCHED = new Set<InputFormat>([WEBM, MATROSKA, ADTS]);
const INDEXED = new Set<InputFormat>([MP4, QTFF]);

/** The caller disposes the input. Null for a container that is none of ours; throws for a hopeless index. */
export async function openSong(file: MediaFile): Promise<{ input: Input; container: InputFormat } | null> {
  const input = new Input({ source: file.source(), formats: CONTAINERS });
  let kept = false;
  try {
    const container = await input.getFormat();
    if (INDEXED.has(container) && !(await indexIsSound(file))) throw new Error("The index can't be walked.");
    kept = !WATCHED.has(container);
    if (kept) return { input, container };
    return { input: new Input({ source: file.source(true), formats: [container] }), container };
  } catch (error) {
    if (error instanceof UnsupportedInputFormatError) return null;
    throw error;
  } finally {
    if (!kept) input.dispose();
  }
}

/**
 * How many packets a track has. Throws where their times run backwards: ADTS frames of several
 * sample rates do so, and mediabunny repeats them without end.
 */
export async function countPackets(track: InputAudioTrack): Promise<number> {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  for await (const { timestamp } of packetsOf(track, { metadataOnly: true })) {
    if (timestamp < last) throw new Error("The packets are not in order.");
    last = timestamp;
    count++;
  }
  return count;
}
