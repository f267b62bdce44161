import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";
import { SONG_LENGTHS } from "../support/song-lengths.ts";

const folder = mkdtempSync(join(tmpdir(), "songs-"));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(SONG_LENGTHS)("ffmpeg decodes the stated length: %s", async (_name, make, decoded) => {
  const bytes = make();
  const path = join(folder, "song");
  writeFileSync(path, bytes);
  const probed = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!probed.ok) throw new Error(probed.failure.message);
  const args = ["-v", "error", "-i", path, "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"];
  const { stdout } = spawnSync("ffmpeg", args, { maxBuffer: 2 ** 28 });
  expect((stdout.length / 2 / probed.audio.sampleRate).toFixed(3)).toBe(decoded.toFixed(3));
});
