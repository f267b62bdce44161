/** Whether a song file is all there: what its header promises, against the bytes that arrived. */
import type { AudioFormat } from "../domain/record.ts";
import type { MediaFile } from "./source.ts";

/** Sizes from here on say "unknown": programs that write to a pipe leave them so. */
const UNKNOWN_SIZE = 0x7fff_0000;
const ID3_HEADER_BYTES = 10;

const ascii = (bytes: Uint8Array, at: number, length: number) =>
  String.fromCharCode(...bytes.subarray(at, at + length));

/** A WAV's own size in bytes (RIFF, or RF64 beyond 4 GiB; EBU Tech 3306), or null where it does not say. */
export async function promisedWavBytes(file: MediaFile): Promise<number | null> {
  const head = await file.read(0, 64);
  if (head.length < 12) return null;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const kind = ascii(head, 0, 4);
  if (kind === "RF64") {
    return ascii(head, 12, 4) === "ds64" && head.length >= 28
      ? Number(view.getBigUint64(20, true)) + 8
      : null;
  }
  const size = view.getUint32(4, kind !== "RIFX");
  return size === 0 || size >= UNKNOWN_SIZE ? null : size + 8;
}

/** Where an mp3's sound begins: behind its ID3v2 tags, which may be several and hold whole pictures. */
async function endOfId3(file: MediaFile): Promise<number> {
  let at = 0;
  while (at < file.bytes) {
    const head = await file.read(at, at + ID3_HEADER_BYTES);
    if (head.length < ID3_HEADER_BYTES || ascii(head, 0, 3) !== "ID3") break;
    const footer = ((head[5] ?? 0) & 0x10) !== 0 ? ID3_HEADER_BYTES : 0;
    const size = head.subarray(6, 10).reduce((sum, byte) => sum * 128 + (byte & 0x7f), 0);
    at += ID3_HEADER_BYTES + size + footer;
  }
  return at;
}

/** Whether an mp3 carries a count of its frames (a Xing or Info header with that flag set). */
async function countsItsFrames(file: MediaFile): Promise<boolean> {
  const start = await endOfId3(file);
  const text = ascii(await file.read(start, start + 2048), 0, 2048);
  const at = Math.max(text.indexOf("Xing"), text.indexOf("Info"));
  return at >= 0 && (text.charCodeAt(at + 7) & 1) === 1;
}

/**
 * Seconds that the file's own header promises, given the duration that mediabunny takes from it;
 * null where that is a guess from the file's size (an mp3 without a frame count) or missing.
 */
export async function promisedSeconds(
  file: MediaFile,
  format: AudioFormat,
  fromMetadata: number | null,
): Promise<number | null> {
  if (!fromMetadata || !Number.isFinite(fromMetadata)) return null;
  if (format === "mp3") return (await countsItsFrames(file)) ? fromMetadata : null;
  return fromMetadata;
}

/** Headers round, and encoders pad: this much less than promised is still all of it. */
export const fallsShort = (measured: number, promised: number) =>
  measured < promised - Math.max(0.5, promised * 0.02);
