/**
 * A child process that draws images and makes clips, so that the sandbox's HTTP server is not blocked by
 * them.
 */
import { type DrawInput, drawPicture } from "./draw.ts";
import { type FilmInput, shootClip } from "./film.ts";

export type StudioJob = { id: number } & (
  | { kind: "draw"; input: DrawInput }
  | { kind: "film"; input: FilmInput }
  | { kind: "cancel" }
);
export type StudioAnswer = { id: number; bytes: Uint8Array } | { id: number; error: string };

const running = new Map<number, AbortController>();

async function work(job: Exclude<StudioJob, { kind: "cancel" }>): Promise<StudioAnswer> {
  const control = new AbortController();
  running.set(job.id, control);
  try {
    const bytes =
      job.kind === "draw" ? await drawPicture(job.input) : await shootClip(job.input, control.signal);
    return { id: job.id, bytes };
  } catch (error) {
    return { id: job.id, error: error instanceof Error ? error.message : String(error) };
  } finally {
    running.delete(job.id);
  }
}

process.on("message", (job: StudioJob) => {
  if (job.kind === "cancel") running.get(job.id)?.abort();
  else void work(job).then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit());
