/** Containers of songs: the accepted formats, their content types, and names for other files. */
import { ADTS, FLAC, type InputFormat, MATROSKA, MP3, MP4, MPEG_TS, OGG, QTFF, WAVE, WEBM } from "mediabunny";
import type { AudioFormat } from "../../domain/record/record.ts";

/** Formats to try, in this order. HLS is left out: a playlist would make us read other addresses. */
export const CONTAINERS: InputFormat[] = [MP4, QTFF, WEBM, MATROSKA, WAVE, OGG, FLAC, MP3, ADTS, MPEG_TS];

const ACCEPTED = new Map<InputFormat, AudioFormat>([
  [MP4, "m4a"],
  [QTFF, "m4a"],
  [WEBM, "webm"],
  [WAVE, "wav"],
  [OGG, "ogg"],
  [FLAC, "flac"],
  [MP3, "mp3"],
  [ADTS, "aac"],
]);
export const acceptedFormat = (container: InputFormat): AudioFormat | undefined => ACCEPTED.get(container);

export const FORMAT_NAMES: Record<AudioFormat, string> = {
  mp3: "MP3",
  wav: "WAV",
  m4a: "MP4 (M4A)",
  aac: "AAC",
  ogg: "Ogg",
  flac: "FLAC",
  webm: "WebM",
  aiff: "AIFF",
};

/** The content type that is stored for each format. */
export const CONTENT_TYPES: Record<AudioFormat, string> = {
  mp3: "audio/mpeg",
  wav: "audio/wav",
  m4a: "audio/mp4",
  aac: "audio/aac",
  ogg: "audio/ogg",
  flac: "audio/flac",
  webm: "audio/webm",
  aiff: "audio/aiff",
};

/** Formats by declared content type and by file extension. Some systems declare `audio/aac` for an M4A. */
const DECLARED: Readonly<Record<string, readonly AudioFormat[]>> = {
  "audio/mpeg": ["mp3"],
  "audio/mp3": ["mp3"],
  "audio/x-mp3": ["mp3"],
  "audio/wav": ["wav"],
  "audio/x-wav": ["wav"],
  "audio/wave": ["wav"],
  "audio/vnd.wave": ["wav"],
  "audio/mp4": ["m4a"],
  "audio/x-m4a": ["m4a"],
  "audio/m4a": ["m4a"],
  "video/mp4": ["m4a"],
  "video/quicktime": ["m4a"],
  "audio/aac": ["aac", "m4a"],
  "audio/aacp": ["aac", "m4a"],
  "audio/ogg": ["ogg"],
  "audio/opus": ["ogg"],
  "application/ogg": ["ogg"],
  "audio/flac": ["flac"],
  "audio/x-flac": ["flac"],
  "audio/webm": ["webm"],
  "video/webm": ["webm"],
  "audio/aiff": ["aiff"],
  "audio/x-aiff": ["aiff"],
  ".mp3": ["mp3"],
  ".wav": ["wav"],
  ".m4a": ["m4a"],
  ".mp4": ["m4a"],
  ".mov": ["m4a"],
  ".aac": ["aac", "m4a"],
  ".ogg": ["ogg"],
  ".oga": ["ogg"],
  ".opus": ["ogg"],
  ".flac": ["flac"],
  ".webm": ["webm"],
  ".aif": ["aiff"],
  ".aiff": ["aiff"],
  ".aifc": ["aiff"],
};

/**
 * The format that the client declared, when it is not `found`: by the content type (parameters are ignored),
 * then by the file name. Undefined when the declarations agree or say nothing.
 */
export function contradiction(
  found: AudioFormat,
  declared: { filename?: string; contentType: string },
): AudioFormat | undefined {
  const type = declared.contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const ending = /\.[a-z0-9]+$/i.exec(declared.filename ?? "")?.[0].toLowerCase() ?? "";
  const claims = [type, ending].flatMap((key) => (Object.hasOwn(DECLARED, key) ? [DECLARED[key] ?? []] : []));
  return claims.find((formats) => !formats.includes(found))?.[0];
}

/** Signatures of other file types; `audio`: it is audio in a format that is not accepted. */
const SIGNATURES: readonly { at: number; ascii: string; name: string; audio: boolean }[] = [
  { at: 0, ascii: "\x30\x26\xb2\x75", name: "a Windows Media file", audio: true },
  { at: 0, ascii: "caff", name: "a Core Audio file", audio: true },
  { at: 0, ascii: "MThd", name: "a MIDI file", audio: true },
  { at: 0, ascii: "#!AMR", name: "an AMR recording", audio: true },
  { at: 0, ascii: "MAC ", name: "a Monkey's Audio file", audio: true },
  { at: 0, ascii: "wvpk", name: "a WavPack file", audio: true },
  { at: 0, ascii: "#EXTM3U", name: "a playlist", audio: false },
  { at: 0, ascii: "PK\x03\x04", name: "a ZIP archive", audio: false },
  { at: 0, ascii: "%PDF", name: "a PDF document", audio: false },
  { at: 1, ascii: "PNG", name: "a PNG image", audio: false },
  { at: 0, ascii: "\xff\xd8\xff", name: "a JPEG image", audio: false },
  { at: 0, ascii: "GIF8", name: "a GIF image", audio: false },
];

/** The type of a file that is not accepted, by its first bytes; undefined when unknown. */
export function identifyOther(head: Uint8Array): { name: string; audio: boolean } | undefined {
  const text = String.fromCharCode(...head.subarray(0, 256));
  if (/^\s*(<!doctype html|<html|<\?xml|<svg|<script)/i.test(text))
    return { name: "a web page", audio: false };
  return SIGNATURES.find((s) => text.startsWith(s.ascii, s.at));
}
