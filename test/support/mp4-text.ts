/** Reads the text tracks of an MP4 from its boxes, and runs ffmpeg and ffprobe. */
import { spawnSync } from "node:child_process";
import { type Box, boxesIn, boxWithin, viewOf } from "../../src/media/lib/mp4-boxes.ts";

export interface TextTrack {
  id: number;
  enabled: boolean;
  /** Sample entry: text (QuickTime) or tx3g (3GPP). */
  form: string;
  /** Three letters of ISO 639-2. */
  language: string;
  /** In seconds. */
  texts: { start: number; seconds: number; text: string }[];
}

export function movieOf(bytes: Uint8Array): Box {
  const moov = [...boxesIn(bytes, 0, bytes.length)].find(({ name }) => name === "moov");
  if (!moov) throw new Error("The film has no index.");
  return moov;
}
export const tracksOf = (bytes: Uint8Array): Box[] => {
  const moov = movieOf(bytes);
  return [...boxesIn(bytes, moov.start, moov.end)].filter(({ name }) => name === "trak");
};

/** The tracks whose handler is `sbtl` (captions) or `text` (chapters). */
export function textTracks(bytes: Uint8Array, handler: "sbtl" | "text"): TextTrack[] {
  const view = viewOf(bytes);
  return tracksOf(bytes).flatMap((trak) => {
    const within = (...path: string[]) => {
      const found = boxWithin(bytes, trak, ...path);
      if (!found) throw new Error(`No ${path.join("/")}.`);
      return found.start;
    };
    const ascii = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
    if (ascii(within("mdia", "hdlr") + 8) !== handler) return [];
    const table = (name: string) => within("mdia", "minf", "stbl", name);
    const timescale = view.getUint32(within("mdia", "mdhd") + 12);
    const packed = view.getUint16(within("mdia", "mdhd") + 20);
    const lengths: number[] = [];
    for (let row = 0; row < view.getUint32(table("stts") + 4); row++) {
      const at = table("stts") + 8 + row * 8;
      for (let i = 0; i < view.getUint32(at); i++) lengths.push(view.getUint32(at + 4) / timescale);
    }
    let offset = view.getUint32(table("stco") + 8);
    let start = 0;
    const texts = lengths.map((seconds, i) => {
      const length = view.getUint16(offset);
      const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
        bytes.subarray(offset + 2, offset + 2 + length),
      );
      const sample = { start, seconds, text };
      offset += view.getUint32(table("stsz") + 12 + i * 4);
      start += seconds;
      return sample;
    });
    return {
      id: view.getUint32(within("tkhd") + 12),
      enabled: (view.getUint32(within("tkhd")) & 1) === 1,
      form: ascii(table("stsd") + 12),
      language: [10, 5, 0].map((shift) => String.fromCharCode(0x60 + ((packed >> shift) & 31))).join(""),
      texts,
    };
  });
}

/**
 * Runs ffmpeg or ffprobe with a film as input; `{}` in the arguments stands for the film. Throws if the program
 * is not installed.
 */
export function ffmpeg(program: "ffmpeg" | "ffprobe", args: string[], film: Uint8Array) {
  const { stdout, stderr, error } = spawnSync(
    program,
    args.map((arg) => (arg === "{}" ? "pipe:0" : arg)),
    { input: film, maxBuffer: 1 << 28 },
  );
  // A program that has read enough closes its input, which is an error here (EPIPE).
  if (error && "code" in error && error.code === "ENOENT") throw error;
  return { stdout: new Uint8Array(stdout), said: String(stderr) };
}
