/**
 * Assembles one film from files in a separate process, so that its time and memory can be measured.
 * Arguments: a list of clips, the song, and the path of the film. Prints an `Assembled`.
 */
import { readFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { assembleFilm } from "../../src/media/film/assemble.ts";
import { storedFile } from "../../src/media/lib/source.ts";
import type { MultipartUpload } from "../../src/ports/storage.ts";
import { codecs } from "../support/codecs.ts";

export const Assembled = z.object({
  /** Peak memory of the process above that before the first read. */
  memoryMb: z.number(),
  read: z.number(),
  written: z.number(),
  wallSeconds: z.number(),
});

const FPS = 24;
const CLIP_FRAMES = 144;

/** A bucket of files: ranges, and streams for reading in order. */
function files() {
  const read = { bytes: 0 };
  const handles = new Map<string, FileHandle>();
  const handle = async (path: string) => {
    const known = handles.get(path) ?? (await open(path));
    handles.set(path, known);
    return known;
  };
  async function range(path: string, start: number, end: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(end - start);
    const { bytesRead } = await (await handle(path)).read(bytes, 0, bytes.length, start);
    read.bytes += bytesRead;
    return bytes;
  }
  return {
    read,
    async stored(path: string) {
      const { size } = await (await handle(path)).stat();
      return storedFile({ read: range }, { key: path, etag: "", bytes: size });
    },
  };
}

async function uploadTo(path: string) {
  const film = await open(path, "w");
  const written = { bytes: 0 };
  let partBytes = 0;
  const upload: MultipartUpload = {
    async part(number, bytes) {
      // All parts but the last have the same size, and the first is uploaded last.
      if (number === 2) partBytes = bytes.length;
      const { bytesWritten } = await film.write(bytes, 0, bytes.length, (number - 1) * partBytes);
      written.bytes += bytesWritten;
    },
    async complete() {
      await film.close();
      return { key: path, etag: "", bytes: written.bytes, contentType: null };
    },
    abort: () => film.close(),
  };
  return { upload, written };
}

async function assembleOnce(list: string, songPath: string, out: string): Promise<z.infer<typeof Assembled>> {
  const paths = [...readFileSync(list, "utf8").matchAll(/file '(.+)'/g)].map(([, path]) => path ?? "");
  const bucket = files();
  const clips = await Promise.all(paths.map((path) => bucket.stored(path)));
  const song = await bucket.stored(songPath);
  const { upload, written } = await uploadTo(out);
  const edits = clips.map((file, i) => ({
    sceneId: `${i}`,
    clipId: `${i}`,
    startFrame: i * CLIP_FRAMES,
    endFrame: (i + 1) * CLIP_FRAMES,
    file,
  }));
  const tags = { title: "Bench", artist: "Nobody" };
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const made = await assembleFilm({ song, edits, fps: FPS, tags, upload: async () => upload }, codecs);
  if (!made.ok) throw new Error(made.failure.message);
  return {
    memoryMb: process.resourceUsage().maxRSS / 1024 - before / 2 ** 20,
    read: bucket.read.bytes,
    written: written.bytes,
    wallSeconds: (performance.now() - started) / 1000,
  };
}

const [, script, list, song, out] = process.argv;
if (script === import.meta.filename && list && song && out)
  console.log(JSON.stringify(await assembleOnce(list, song, out)));
