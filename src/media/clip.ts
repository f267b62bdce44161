/** What a clip is, measured by its packets. */
import { EncodedPacketSink, Input, type InputVideoTrack, MP4, QTFF } from "mediabunny";
import type { Failure } from "../domain/record.ts";
import { toBase64 } from "./avc.ts";
import { refusal, vanished } from "./failures.ts";
import { indexIsSound } from "./mp4-index.ts";
import { packetsOf } from "./packets.ts";
import { type MediaFile, memoryFile, reading } from "./source.ts";

export interface ClipFacts {
  frames: number;
  /** Frames per second, to three decimals. */
  fps: number;
  width: number;
  height: number;
  /** RFC 6381 string, such as avc1.640020. */
  codec: string;
  /** The decoder configuration (for H.264 the avcC record), in base64; empty where the codec has none. */
  decoderConfig: string;
  hasAudio: boolean;
  durationSeconds: number;
}
export type ClipInspection = { ok: true; clip: ClipFacts } | { ok: false; failure: Failure };

/** A clip as the assembler needs it: facts, and when each packet is shown, in decode order, in seconds. */
export interface ClipPackets {
  facts: ClipFacts;
  config: VideoDecoderConfig;
  times: number[];
  /** When the last picture ends. */
  end: number;
}

/** Clips come as MP4 from every model; QuickTime is its sibling. */
export const openClip = (file: MediaFile) => new Input({ source: file.source(), formats: [MP4, QTFF] });

const unreadable = (why: string) =>
  refusal("clip_unreadable", `The clip can't be used: ${why}`, "Generate this clip again.");

async function readPackets(
  input: Input,
  track: InputVideoTrack,
  wholly: boolean,
): Promise<ClipPackets | string> {
  const config = await track.getDecoderConfig();
  const codec = await track.getCodecParameterString();
  if (!config || !codec) return "its codec is not known here.";
  const times: number[] = [];
  let end = Number.NEGATIVE_INFINITY;
  let opensWithKey = false;
  for await (const packet of packetsOf(track, { metadataOnly: true })) {
    if (times.length === 0) opensWithKey = packet.type === "key";
    times.push(packet.timestamp);
    end = Math.max(end, packet.timestamp + packet.duration);
  }
  if (times.length === 0) return "it has no pictures.";
  if (!opensWithKey || new Set(times).size < times.length) return "its pictures are not in order.";
  // An index that comes first says nothing of the pictures: only the last one's bytes tell that they arrived.
  if (wholly && !(await new EncodedPacketSink(track).getPacket(Number.POSITIVE_INFINITY)))
    return "it is not complete.";
  const first = Math.min(...times);
  const durationSeconds = end - first;
  const gaps = times.length - 1;
  const fps = gaps > 0 ? gaps / (Math.max(...times) - first) : 1 / durationSeconds;
  const description = config.description ? bytesOf(config.description).slice() : new Uint8Array();
  const facts: ClipFacts = {
    frames: times.length,
    fps: Math.round(fps * 1000) / 1000,
    width: await track.getCodedWidth(),
    height: await track.getCodedHeight(),
    codec,
    decoderConfig: toBase64(description),
    hasAudio: (await input.getPrimaryAudioTrack()) !== null,
    durationSeconds,
  };
  // A copy: mediabunny's own is a window on a whole block of the file.
  return { facts, config: { ...config, description }, times, end };
}

function bytesOf(buffer: NonNullable<VideoDecoderConfig["description"]>): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}

/**
 * Reads a clip's index, and `wholly` also its last picture. Fails with `clip_unreadable`, or
 * `media_gone` where the object changed.
 */
export async function clipPackets(
  file: MediaFile,
  wholly: boolean,
): Promise<{ ok: true; packets: ClipPackets } | { ok: false; failure: Failure }> {
  if (file.bytes === 0) return unreadable("it is empty.");
  const input = openClip(file);
  try {
    const read = await reading(file, async () => {
      if (!(await indexIsSound(file))) return "its index is damaged.";
      const track = await input.getPrimaryVideoTrack();
      return track ? await readPackets(input, track, wholly) : "it has no pictures.";
    });
    if (!read.ok) return read.cause === "gone" ? vanished("The clip") : unreadable("it is no MP4 video.");
    return typeof read.value === "string" ? unreadable(read.value) : { ok: true, packets: read.value };
  } finally {
    input.dispose();
    file.release();
  }
}

/** Measures a clip: exact frames by counting packets, size, rate, codec. Costs one or two reads. */
export async function inspectClip(clip: MediaFile | Uint8Array): Promise<ClipInspection> {
  const found = await clipPackets(clip instanceof Uint8Array ? memoryFile(clip) : clip, true);
  return found.ok ? { ok: true, clip: found.packets.facts } : found;
}
