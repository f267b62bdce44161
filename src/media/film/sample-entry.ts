/**
 * Writes sample entries, which configure a decoder before the first packet (ISO 14496-12, 14496-14,
 * 14496-15).
 */
import type { AudioCodec } from "mediabunny";
import { type Bytes, box, boxesIn, fullBox, joined, u16, u32, viewOf, zeros } from "../lib/mp4-boxes.ts";
import { avcRecord, PICTURE_ENTRY_FIELDS, toBase64 } from "./avc.ts";

/**
 * The boxes of a clip's entry that are not decoder configuration or bit rate, such as colours and pixel
 * shape.
 */
const furtherBoxes = (entry: Uint8Array) =>
  [...boxesIn(entry, PICTURE_ENTRY_FIELDS, entry.length)]
    .filter(({ name }) => name !== "avcC" && name !== "btrt")
    .map(({ at, end }) => entry.subarray(at, end));

/** Those boxes that all of these entries have: a box that only some have would be wrong for the others. */
export function sharedBoxes([first, ...others]: readonly Uint8Array[]): Uint8Array[] {
  const otherBoxes = others.map((entry) => new Set(furtherBoxes(entry).map(toBase64)));
  return first
    ? furtherBoxes(first).filter((box) => otherBoxes.every((boxes) => boxes.has(toBase64(box))))
    : [];
}

/**
 * The sample entry of pictures (ISO 14496-12, 12.1.3): size and `avcC` of a clip's entry, and the given
 * boxes. The clip's bit rate is left out, because it is not the film's, and fields that only QuickTime uses
 * are reset.
 */
export function pictureEntry(
  name: "avc1" | "avc3",
  entry: Uint8Array,
  further: readonly Uint8Array[],
): Uint8Array {
  const dpi72 = u32(0x48_0000);
  return box(
    name,
    zeros(6),
    u16(1),
    zeros(16),
    entry.subarray(32, 36),
    dpi72,
    dpi72,
    zeros(4),
    u16(1),
    zeros(32),
    u16(24),
    u16(0xffff),
    box("avcC", avcRecord(entry) ?? []),
    ...further,
  );
}

/** An audio sample entry of version 0, whose rate has 16 integer bits. */
function soundEntry(name: string, channels: number, bits: number, rate: number, ...children: Uint8Array[]) {
  return box(
    name,
    zeros(6),
    u16(1),
    zeros(8),
    u16(channels),
    u16(bits),
    zeros(4),
    u16(rate),
    u16(0),
    ...children,
  );
}

const HIGHEST_RATE = 0xffff;

/**
 * The rate that FLAC's sample entry states: "the greatest expressible regular division", which is 48 kHz for
 * 96 and 192, or 65,535 when there is none (xiph/flac, doc/isoflac.txt 0.0.4 of June 2022, 3.3.1). The box
 * `dfLa` has the true rate; with 0 in the entry Firefox 153 played no sound.
 */
function expressibleRate(rate: number): number {
  let divided = rate;
  while (divided > HIGHEST_RATE && divided % 2 === 0) divided /= 2;
  return Math.min(divided, HIGHEST_RATE);
}

/** A descriptor of ISO 14496-1, its size in four bytes. */
function descriptor(tag: number, ...pieces: Bytes[]): Uint8Array {
  const body = joined(pieces);
  const size = [21, 14, 7].map((shift) => 0x80 | ((body.length >>> shift) & 0x7f));
  return joined([[tag, ...size, body.length & 0x7f], body]);
}

/** AAC's object type indication in the registry of MPEG-4. */
const AAC = 0x40;

/** The box `esds`; `decoderInfo` is the DecoderSpecificInfo. */
function esds(bitRate: number, decoderInfo: Uint8Array): Uint8Array {
  const config = descriptor(4, [AAC, 0x15, 0, 0, 0], u32(bitRate), u32(bitRate), descriptor(5, decoderInfo));
  return fullBox("esds", 0, 0, descriptor(3, u16(0), [0], config, descriptor(6, [2])));
}

/** The box `dOps`, big-endian (Opus in ISOBMFF, 4.3.2), from an Opus head, little-endian (RFC 7845, 5.1). */
function dOps(head: Uint8Array): Uint8Array {
  const view = viewOf(head);
  return box(
    "dOps",
    [0, view.getUint8(9)],
    u16(view.getUint16(10, true)),
    u32(view.getUint32(12, true)),
    u16(view.getUint16(16, true)),
    head.subarray(18),
  );
}

export interface SoundForm {
  codec: AudioCodec;
  config: AudioDecoderConfig;
}

/**
 * A function from bits per second to the sample entry of a song's sound. Null for a codec that has no form in
 * MP4 that players support, and when the decoder's configuration is missing.
 *
 * MP3 gets QuickTime's entry `.mp3` (QuickTime File Format, "Sound sample descriptions"), without child
 * boxes: Firefox accepts no `esds` there. MPEG-4's own form, `mp4a` with object 0x6b, is silent in QuickTime;
 * `.mp3` is outside of the MPEG-4 specification, but plays in QuickTime, mpv and ffplay
 * (github.com/HandBrake/HandBrake/pull/7646, February 2026). It was not tried on an Apple device here.
 */
export function songEntry({ codec, config }: SoundForm): ((bitRate: number) => Uint8Array) | null {
  const { numberOfChannels: channels, sampleRate } = config;
  const decoderInfo = config.description ? bytesOf(config.description) : null;
  if (codec === "aac" && decoderInfo) {
    // The AudioSpecificConfig has the rates that do not fit here.
    const rate = sampleRate > HIGHEST_RATE ? 0 : sampleRate;
    return (bitRate) => soundEntry("mp4a", channels, 16, rate, esds(bitRate, decoderInfo));
  }
  if (codec === "mp3") return () => soundEntry(".mp3", channels, 16, sampleRate);
  if (codec === "opus" && decoderInfo && decoderInfo.length >= 19)
    return () => soundEntry("Opus", channels, 16, sampleRate, dOps(decoderInfo));
  if (codec === "flac" && decoderInfo && decoderInfo.length >= 42) {
    const bits = ((((decoderInfo[20] ?? 0) & 1) << 4) | ((decoderInfo[21] ?? 0) >>> 4)) + 1;
    const rate = expressibleRate(sampleRate);
    return () => soundEntry("fLaC", channels, bits, rate, fullBox("dfLa", 0, 0, decoderInfo.subarray(4)));
  }
  return null;
}

/** The bytes of a decoder's configuration, without a copy. */
export function bytesOf(buffer: NonNullable<AudioDecoderConfig["description"]>): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}
