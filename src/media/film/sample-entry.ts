/** Sample entries: what a decoder must know before the first packet (ISO 14496-12, 14496-14, 14496-15). */
import type { AudioCodec } from "mediabunny";
import { box, boxesIn, fullBox, joined, type Piece, u16, u32, viewOf, zeros } from "../lib/mp4-boxes.ts";
import { avcRecord, ENTRY_FIELDS, toBase64 } from "./avc.ts";

/** What a clip's entry says besides how to decode: of colours, of the shape of pixels. */
const furtherBoxes = (entry: Uint8Array) =>
  [...boxesIn(entry, ENTRY_FIELDS, entry.length)]
    .filter(({ name }) => name !== "avcC" && name !== "btrt")
    .map(({ at, end }) => entry.subarray(at, end));

/** What all of these entries say besides how to decode; what only some say would be wrong of the others. */
export function sharedBoxes([first, ...others]: readonly Uint8Array[]): Uint8Array[] {
  const said = others.map((entry) => new Set(furtherBoxes(entry).map(toBase64)));
  return first ? furtherBoxes(first).filter((box) => said.every((boxes) => boxes.has(toBase64(box)))) : [];
}

/**
 * The sample entry of pictures (ISO 14496-12, 12.1.3): size and `avcC` of a clip's entry, and the
 * boxes given. A clip's own bit rate is not the film's, and what QuickTime writes into the fields is
 * reserved here.
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

/** Of version 0: its rate has 16 bits in front of the point. */
function soundEntry(name: string, channels: number, bits: number, rate: number, ...inside: Uint8Array[]) {
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
    ...inside,
  );
}

const HIGHEST_RATE = 0xffff;

/**
 * What the entry of FLAC says of a rate: "the greatest expressible regular division", which is 48 kHz
 * for 96 and for 192, or 65,535 where there is none (xiph/flac, doc/isoflac.txt 0.0.4 of June 2022,
 * 3.3.1). Its own box tells the true rate; where the entry said 0, Firefox 153 played no sound.
 */
function expressibleRate(rate: number): number {
  let divided = rate;
  while (divided > HIGHEST_RATE && divided % 2 === 0) divided /= 2;
  return Math.min(divided, HIGHEST_RATE);
}

/** A descriptor of ISO 14496-1, its size in four bytes. */
function descriptor(tag: number, ...pieces: Piece[]): Uint8Array {
  const body = joined(pieces);
  const size = [21, 14, 7].map((shift) => 0x80 | ((body.length >>> shift) & 0x7f));
  return joined([[tag, ...size, body.length & 0x7f], body]);
}

/** AAC's number in MPEG-4's registry. */
const AAC = 0x40;

/** `special`: what the decoder itself wants to know. */
function esds(bitRate: number, special: Uint8Array): Uint8Array {
  const config = descriptor(4, [AAC, 0x15, 0, 0, 0], u32(bitRate), u32(bitRate), descriptor(5, special));
  return fullBox("esds", 0, 0, descriptor(3, u16(0), [0], config, descriptor(6, [2])));
}

/** From an Opus head, whose numbers are little endian (RFC 7845, 5.1), to one whose are not (Opus in ISOBMFF, 4.3.2). */
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
 * The sample entry of a song's sound, given its bits per second. Null for a codec that has no form
 * in MP4 that is played, or where what it needs is missing.
 *
 * MP3 has QuickTime's entry `.mp3` (QuickTime File Format, "Sound sample descriptions"), with nothing
 * inside: Firefox takes no `esds` there. MPEG-4's own form, `mp4a` with object 0x6b, is silent in
 * QuickTime; this one is outside of that specification, and heard in QuickTime, mpv and ffplay
 * (github.com/HandBrake/HandBrake/pull/7646, February 2026). It was not tried on an Apple device here.
 */
export function songEntry({ codec, config }: SoundForm): ((bitRate: number) => Uint8Array) | null {
  const { numberOfChannels: channels, sampleRate } = config;
  const special = config.description ? bytesOf(config.description) : null;
  if (codec === "aac" && special) {
    // The decoder's own words tell the rates that have no place here.
    const rate = sampleRate > HIGHEST_RATE ? 0 : sampleRate;
    return (bitRate) => soundEntry("mp4a", channels, 16, rate, esds(bitRate, special));
  }
  if (codec === "mp3") return () => soundEntry(".mp3", channels, 16, sampleRate);
  if (codec === "opus" && special && special.length >= 19)
    return () => soundEntry("Opus", channels, 16, sampleRate, dOps(special));
  if (codec === "flac" && special && special.length >= 42) {
    const bits = ((((special[20] ?? 0) & 1) << 4) | ((special[21] ?? 0) >>> 4)) + 1;
    const rate = expressibleRate(sampleRate);
    return () => soundEntry("fLaC", channels, bits, rate, fullBox("dfLa", 0, 0, special.subarray(4)));
  }
  return null;
}

function bytesOf(buffer: NonNullable<AudioDecoderConfig["description"]>): Uint8Array {
  return ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
}
