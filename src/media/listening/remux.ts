/** Cuts compressed sound into parts without decoding: the song's own packets in a new file. */
import { type AudioCodec, EncodedPacketSink, type InputAudioTrack } from "mediabunny";
import type { AudioFormat } from "../../domain/record/record.ts";
import { packetsOf } from "../lib/packets.ts";
import { trackConfig } from "../song/track-codec.ts";
import { type PacketFile, WRAPPINGS, type Wrapping } from "./wrapping.ts";

/** The format of parts of a codec; undefined for a codec that can't be cut this way. */
export const packetFormat = (codec: AudioCodec): AudioFormat | undefined => WRAPPINGS.get(codec)?.format;

interface Packets {
  /** Start of each packet in seconds, and the end of the last one. */
  times: number[];
  /** Bytes that all packets before a packet take in the new file; one entry more than packets. */
  offsets: number[];
}

/** Throws when times run backwards: mediabunny would repeat such packets without end. */
async function listPackets(track: InputAudioTrack, { added }: Wrapping): Promise<Packets> {
  const packets: Packets = { times: [], offsets: [0] };
  let bytes = 0;
  let end = 0;
  for await (const { timestamp, duration, byteLength } of packetsOf(track, { metadataOnly: true })) {
    if (timestamp < (packets.times.at(-1) ?? timestamp)) throw new Error("The packets are not in order.");
    packets.times.push(timestamp);
    bytes += byteLength + added(byteLength);
    packets.offsets.push(bytes);
    end = timestamp + duration;
  }
  packets.times.push(end);
  return packets;
}

/** The first index whose value is at least `wanted`, in an ascending list. */
function firstAtLeast(list: readonly number[], wanted: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

interface Span {
  first: number;
  /** Exclusive. */
  end: number;
}

/** The part that continues at packet `from`, overlap included, as long as `maxBytes` bytes allow. */
function fill({ times, offsets }: Packets, from: number, overlapSeconds: number, maxBytes: number): Span {
  const start = (times[from] ?? 0) - overlapSeconds;
  const first = from === 0 ? 0 : Math.max(0, firstAtLeast(times, start));
  const end = firstAtLeast(offsets, (offsets[first] ?? 0) + maxBytes + 1e-6) - 1;
  return { first, end };
}

/**
 * The next part, when the rest of the song is split into as few parts as possible of about equal size: the
 * smallest size that does not need another part. Null when no packet fits after the overlap.
 */
function nextSpan(packets: Packets, from: number, overlapSeconds: number, maxBytes: number): Span | null {
  const total = packets.times.length - 1;
  const partsIn = (size: number) => {
    let parts = 0;
    for (let at = from; at < total; parts++) {
      const { end } = fill(packets, at, overlapSeconds, size);
      if (end <= at) return Number.POSITIVE_INFINITY;
      at = end;
    }
    return parts;
  };
  const fewest = partsIn(maxBytes);
  if (fewest === Number.POSITIVE_INFINITY) return null;
  let low = 0;
  let high = maxBytes;
  while (high - low > maxBytes / 4096) {
    const middle = (low + high) / 2;
    if (partsIn(middle) <= fewest) high = middle;
    else low = middle;
  }
  return fill(packets, from, overlapSeconds, high);
}

interface Remuxed {
  bytes: Uint8Array;
  startSeconds: number;
  endSeconds: number;
  last: boolean;
}

/**
 * The part after `afterSeconds` (0, or the end of the previous part), which begins `overlapSeconds` earlier.
 * Sound only, without pictures and tags. Null when `maxBytes` can't hold a packet after the overlap, or no
 * packet is left. Reads the whole file, and the part once more.
 */
export async function remuxedPart(
  track: InputAudioTrack,
  codec: AudioCodec,
  afterSeconds: number,
  overlapSeconds: number,
  maxBytes: number,
): Promise<Remuxed | null> {
  const wrapping = WRAPPINGS.get(codec);
  if (!wrapping) return null;
  const list = await listPackets(track, wrapping);
  const { times, offsets } = list;
  const total = times.length - 1;
  const from = afterSeconds > 0 ? firstAtLeast(times, afterSeconds - 1e-6) : 0;
  if (from >= total) return null;
  const span = nextSpan(list, from, overlapSeconds, maxBytes - wrapping.fixed);
  if (!span) return null;
  const { first, end } = span;

  const capacity = Math.ceil((offsets[end] ?? 0) - (offsets[first] ?? 0)) + wrapping.fixed;
  const config = await trackConfig(track);
  let file: PacketFile | null = null;
  const sink = new EncodedPacketSink(track);
  let packet = first === 0 ? await sink.getFirstPacket() : await sink.getPacket(times[first] ?? 0);
  for (let left = end - first; packet && left > 0; left--) {
    file ??= config && wrapping.open(packet, { config, isCut: first > 0, count: left, capacity });
    if (!file) return null;
    file.add(packet);
    packet = left > 1 ? await sink.getNextPacket(packet) : null;
  }
  // A Vorbis decoder outputs nothing for its first packet.
  const audible = codec === "vorbis" && first > 0 ? first + 1 : first;
  const [startSeconds = 0, endSeconds = 0] = [times[audible], times[end]];
  return file && { bytes: await file.close(), startSeconds, endSeconds, last: end === total };
}
