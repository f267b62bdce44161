/**
 * The Worker that workerd.ts measures: the real assembly behind the real heavy gate, a plain copy of as many
 * bytes, and a small request that can be made meanwhile.
 */
import { z } from "zod";
import { assembleFilm } from "../../src/media/film/assemble.ts";
import { storedFile } from "../../src/media/lib/source.ts";
import { codecs } from "../../src/media/wasm/modules.ts";
import { isolateGate, withHeavyGate } from "../../src/pipeline/heavy-gate.ts";
import type { Storage, StoredObject } from "../../src/ports/storage.ts";
import { r2Storage } from "../../src/storage/r2.ts";

const Job = z.object({
  song: z.string(),
  /** Scenes show them in turn; each scene has its own file, as in real films. */
  clips: z.array(z.string()),
  scenes: z.number(),
  framesOfScene: z.number(),
  out: z.string(),
});
type Job = z.infer<typeof Job>;

const FPS = 24;
const RANGE_BYTES = 2 * 1024 * 1024;
const PART_BYTES = 5 * 1024 * 1024;

const UNSIGNED = { endpoint: "", bucket: "", region: "", accessKeyId: "", secretAccessKey: "" };

async function found(storage: Storage, key: string): Promise<StoredObject> {
  const object = await storage.head(key);
  if (!object) throw new Error(`${key} is not in the bucket.`);
  return object;
}

async function assemble(storage: Storage, job: Job) {
  const clips = await Promise.all(job.clips.map((key) => found(storage, key)));
  const song = storedFile(storage, await found(storage, job.song));
  const edits = Array.from({ length: job.scenes }, (_, i) => {
    const clip = clips[i % clips.length];
    if (!clip) throw new Error("No clip was named.");
    const [startFrame, endFrame] = [i * job.framesOfScene, (i + 1) * job.framesOfScene];
    return { sceneId: `${i}`, clipId: `${i}`, startFrame, endFrame, file: storedFile(storage, clip) };
  });
  const made = await assembleFilm(
    {
      song,
      edits,
      fps: FPS,
      tags: { title: "Bench", artist: "Nobody" },
      upload: () => storage.multipart(job.out, "video/mp4"),
    },
    codecs,
  );
  if (!made.ok) throw new Error(made.failure.message);
  return { bytes: made.bytes, frames: made.frames };
}

/**
 * Copies as many bytes as the film has, from the clips and the song, in pieces of the same size as a film's.
 */
async function copy(storage: Storage, { song, clips, out }: Job, bytes: number) {
  const sources = await Promise.all([song, ...clips].map((key) => found(storage, key)));
  const upload = await storage.multipart(out, "video/mp4");
  let part = new Uint8Array(PART_BYTES);
  let [filled, parts, read] = [0, 0, 0];
  for (let i = 0; read < bytes; i = i + 1 < sources.length ? i + 1 : 1) {
    const { key, bytes: size } = sources[i] ?? sources[0] ?? { key: "", bytes: 0 };
    for (let at = 0; at < size && read < bytes; at += RANGE_BYTES) {
      const range = await storage.read(key, at, Math.min(at + RANGE_BYTES, size, at + bytes - read));
      if (!range) throw new Error(`${key} is gone.`);
      read += range.length;
      for (let done = 0; done < range.length; ) {
        const piece = range.subarray(done, done + PART_BYTES - filled);
        part.set(piece, filled);
        filled += piece.length;
        done += piece.length;
        if (filled < PART_BYTES) continue;
        await upload.part(++parts, part);
        part = new Uint8Array(PART_BYTES);
        filled = 0;
      }
    }
  }
  if (filled > 0) await upload.part(++parts, part.subarray(0, filled));
  return { bytes: (await upload.complete()).bytes };
}

const gated = {
  gate: isolateGate,
  now: () => new Date(),
  every: (milliseconds: number, work: () => Promise<void>) => {
    const timer = setInterval(work, milliseconds);
    return { stop: () => clearInterval(timer) };
  },
};

async function answer(request: Request, bucket: R2Bucket): Promise<Response> {
  const storage = r2Storage(bucket, UNSIGNED);
  const { pathname, searchParams } = new URL(request.url);
  const key = decodeURIComponent(pathname.slice("/objects/".length));
  switch (`${request.method} ${pathname.replace(/^\/objects\/.+/, "/objects/")}`) {
    case "GET /objects/": {
      const opened = await storage.open(key);
      return opened ? new Response(opened.body) : new Response(null, { status: 404 });
    }
    case "POST /assemble": {
      const job = Job.parse(await request.json());
      const made = await withHeavyGate(gated, () => assemble(storage, job));
      return made ? Response.json(made) : new Response(null, { status: 503 });
    }
    case "POST /copy":
      return Response.json(
        await copy(storage, Job.parse(await request.json()), Number(searchParams.get("bytes"))),
      );
    default:
      return new Response(null, { status: 404 });
  }
}

export default {
  fetch: (request, { BUCKET }) => answer(request, BUCKET),
} satisfies ExportedHandler<Pick<Env, "BUCKET">>;
