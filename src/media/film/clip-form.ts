/**
 * The output form that a clip must have for its packets to be copied into a film, and names for other forms.
 */
import { identifyOther } from "../song/container.ts";
import { fromBase64, parseAvcConfig } from "./avc.ts";

/** What films are made of, as the end of a sentence that says what the clip is. */
export const NEEDED_FORM = "films are made of MP4 with H.264 pictures of 8 bits, 4:2:0.";

/**
 * Baseline, main, extended and high: the profiles of 8 bits and 4:2:0, which all players support (H.264,
 * annex A).
 */
const PROFILES = new Set([66, 77, 88, 100]);
const PROFILE_NAMES: Readonly<Record<number, string>> = {
  44: "CAVLC 4:4:4 Intra",
  110: "High 10",
  122: "High 4:2:2",
  244: "High 4:4:4 Predictive",
};

/** Sample entries (mp4ra.org) with the codecs' common names. */
const CODEC_NAMES: Readonly<Record<string, string>> = {
  av01: "AV1",
  dvh1: "Dolby Vision",
  dvhe: "Dolby Vision",
  encv: "protected against copying",
  hev1: "HEVC (H.265)",
  hvc1: "HEVC (H.265)",
  jpeg: "Motion JPEG",
  mp4v: "MPEG-4 Part 2",
  vp08: "VP8",
  vp09: "VP9",
  vvc1: "VVC (H.266)",
};

/**
 * What a clip's pictures are when a film can't be made of them; null when it can. `codec`: an RFC 6381
 * string, or a sample entry's name.
 */
export function unsupportedPictures(clip: { codec: string; decoderConfig: string }): string | null {
  const name = clip.codec.slice(0, 4);
  if (name !== "avc1" && name !== "avc3") return CODEC_NAMES[name] ?? `of the codec "${name}"`;
  const config = parseAvcConfig(fromBase64(clip.decoderConfig));
  if (!config) return "H.264 without parameter sets in the index";
  if (!PROFILES.has(config.profile))
    return `H.264 of the profile ${PROFILE_NAMES[config.profile] ?? config.profile}`;
  return config.lengthSize === 4 ? null : `H.264 whose units have lengths of ${config.lengthSize} bytes`;
}

/** Signatures of other file types; no MP4 begins with one of them. */
const SIGNATURES: readonly (readonly [at: number, ascii: string, name: string])[] = [
  [0, "\x1aE\xdf\xa3", "a WebM or Matroska file"],
  [8, "AVI ", "an AVI file"],
  [8, "WEBP", "a WebP image"],
  [4, "ftypavif", "an AVIF image"],
  [4, "ftypavis", "an AVIF image"],
  [4, "ftypheic", "a HEIC image"],
  [0, "OggS", "an Ogg file"],
  [0, "FLV\x01", "a Flash Video file"],
  [0, "\0\0\x01\xba", "an MPEG program stream"],
  [0, "ID3", "an MP3 file"],
  [0, "\xff\xfb", "an MP3 file"],
];
/** Enough for every signature and for the start of two packets of a transport stream. */
export const SIGNATURE_BYTES = 256;
const TRANSPORT_PACKET_BYTES = 188;

/** What kind of file begins with these bytes; null when it may be an MP4 video. */
export function otherFileType(head: Uint8Array): string | null {
  const known = identifyOther(head);
  if (known) return known.name;
  const text = String.fromCharCode(...head.subarray(0, SIGNATURE_BYTES));
  const found = SIGNATURES.find(([at, ascii]) => text.startsWith(ascii, at));
  if (found) return found[2];
  if (text[0] === "G" && text[TRANSPORT_PACKET_BYTES] === "G") return "an MPEG transport stream";
  // Every MP4 has control characters near its start.
  return /^[\s!-~\x80-\xff]+$/.test(text) ? "text" : null;
}
