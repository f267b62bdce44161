/** Makes the output of a prediction: its files, and the form in which the output names them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Chaos } from "../chaos/chaos.ts";
import { readLyrics } from "../story/lyrics.ts";
import type { Studio } from "../studio/studio.ts";
import type { Work } from "./model.ts";

export interface OutputFile {
  bytes: Uint8Array;
  type: string;
}

export interface Maker {
  studio: Studio;
  /** The bytes at an input's address; throws with a model's error message. */
  fetchInput(address: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Stores a file under a name and returns its address. */
  keep(name: string, file: OutputFile): string;
  signal: AbortSignal;
}

type Clip = Extract<Work, { kind: "clip" }>;
type Form = Chaos["clip_form"][string];

const TYPES = { jpg: "image/jpeg", png: "image/png", webp: "image/webp" } as const;

/**
 * The output of a prediction: its files as addresses or objects, before they are given as one value or as a
 * list, or a transcription. Throws with a model's error message.
 */
export async function makeOutput(
  work: Work,
  maker: Maker,
  form: Form | undefined,
): Promise<{ files: unknown[] } | { words: object }> {
  switch (work.kind) {
    case "pictures":
      return { files: await pictures(work, maker) };
    case "clip":
      return { files: [await clip(work, maker, form)] };
    case "words":
      return { words: await words(work, maker) };
  }
}

async function pictures(
  { prompt, width, height, format, quality, count, seed }: Extract<Work, { kind: "pictures" }>,
  { studio, keep, signal }: Maker,
): Promise<string[]> {
  const addresses = [];
  for (let i = 0; i < count; i++) {
    const own = i === 0 ? seed : (seed ?? 0) + i;
    const bytes = await studio.draw({ prompt, seed: own, width, height, format, quality }, signal);
    addresses.push(keep(`out-${i}.${format}`, { bytes, type: TYPES[format] }));
  }
  return addresses;
}

/**
 * Clips that are given whatever was asked for: 5 seconds of 320×180 at 24 frames a second, made by ffmpeg.
 */
const OTHER_FILES = {
  webm: { name: "vp9-clip.webm", type: "video/webm" },
  hevc: { name: "hevc-clip.mp4", type: "video/mp4" },
  high10: { name: "high10-clip.mp4", type: "video/mp4" },
} as const;

async function clip(work: Clip, maker: Maker, form: Form | undefined): Promise<unknown> {
  switch (form) {
    case "webm":
    case "hevc":
    case "high10": {
      const { name, type } = OTHER_FILES[form];
      const bytes = new Uint8Array(await readFile(join(import.meta.dirname, "fixtures", name)));
      return maker.keep(form === "webm" ? "output.webm" : "output.mp4", { bytes, type });
    }
    case "data_uri": {
      const bytes = await clipFile(work, maker);
      return `data:video/mp4;base64,${Buffer.from(bytes).toString("base64")}`;
    }
    case "unknown_shape":
      return { video: { id: "vid_1", frames: work.frames } };
    case "keyed":
    case "other_size":
    case undefined: {
      const bytes = await clipFile(work, maker, form === "other_size" ? 16 : 0);
      const address = maker.keep("output.mp4", { bytes, type: "video/mp4" });
      return form === "keyed" ? { video: address } : address;
    }
  }
}

/** The clip's file, `fewer` lines lower than its model's size. */
async function clipFile(work: Clip, { studio, fetchInput, signal }: Maker, fewer = 0): Promise<Uint8Array> {
  const { prompt: motion, shape, frames, fps, aspect, sound } = work;
  const image = work.image === null ? null : await fetchInput(work.image, signal);
  return studio.film({ image, motion, shape, aspect, frames, fps, sound, fewerLines: fewer }, signal);
}

async function words(
  { audio, aligned }: Extract<Work, { kind: "words" }>,
  { fetchInput, signal }: Maker,
): Promise<object> {
  const heard = await readLyrics(await fetchInput(audio, signal));
  if (!heard) throw new Error("Failed to load audio: Invalid data found when processing input");
  return {
    detected_language: "en",
    segments: heard.lines.map(({ start, end, text, words: sung }) => ({
      start,
      end,
      text: ` ${text}`,
      ...(aligned ? { words: sung.map((w) => ({ ...w, score: 0.9 })) } : {}),
    })),
  };
}
