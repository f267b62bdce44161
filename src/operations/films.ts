import { and, eq } from "drizzle-orm";
import { finalVideos, projects } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import { fail, ok, type Result } from "../domain/errors.ts";
import { type Actor, notFound, owned } from "./shared.ts";

const DOWNLOAD_SECONDS = 60 * 60;

/** An address to download the film from, under the project's name. */
export async function filmDownload(
  deps: Deps,
  actor: Actor,
  input: { projectId: string; filmId: string },
): Promise<Result<string>> {
  const [film] = await deps.db
    .select({ status: finalVideos.status, key: finalVideos.objectKey, name: projects.name })
    .from(finalVideos)
    .innerJoin(projects, eq(projects.id, finalVideos.projectId))
    .where(and(owned(actor, input.projectId), eq(finalVideos.id, input.filmId)));
  if (!film) return notFound();
  if (film.status !== "completed" || !film.key)
    return fail("conflict", `This film is ${film.status}: only a completed one can be downloaded.`);
  return ok(
    await deps.storage.presignGet({
      key: film.key,
      expiresSeconds: DOWNLOAD_SECONDS,
      now: deps.now(),
      filename: `${film.name}.mp4`,
    }),
  );
}
