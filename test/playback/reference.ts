/** Songs as ffmpeg decodes them. */
import { spawnSync } from "node:child_process";
import { fromWords, SAMPLE_RATE } from "./heard.ts";

/** Of one channel; 44,100 samples in a second. */
export function decodedByFfmpeg(path: string): Float32Array {
  // Of whole numbers, ffmpeg mixes channels so that none is louder than before.
  const form = ["-f", "s16le", "-ac", "1", "-ar", `${SAMPLE_RATE}`, "-"];
  const { status, stdout, stderr, error } = spawnSync("ffmpeg", ["-v", "error", "-i", path, ...form], {
    maxBuffer: 2 ** 30,
  });
  if (error) throw new Error(`There is no ffmpeg (apt-get install ffmpeg): ${error.message}`);
  if (status !== 0) throw new Error(`ffmpeg does not decode ${path}: ${stderr}`);
  return fromWords(stdout);
}
