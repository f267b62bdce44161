/**
 * The film without edit lists, as a file that is put together while it is read: most of its bytes are the film's own.
 * Its address carries a signature instead of a token, as those of the bucket do, since platforms fetch it by themselves.
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { finalVideos, projects } from "../db/schema.ts";
import type { Deps } from "../deps.ts";
import type { WithoutEdits } from "../domain/record/record.ts";
import { bytesWithoutEdits, type FilePiece, piecesWithoutEdits } from "../domain/views/without-edits.ts";
import { filmName, NAMED } from "./film-name.ts";

export const FILM_FILE_PATH = "/films/{film_id}/without-edits.mp4";
const HOUR_SECONDS = 3600;

const signature = (secret: string, filmId: string, expires: number): Buffer =>
  createHmac("sha256", secret)
    .update(JSON.stringify(["film-without-edits", filmId, expires]))
    .digest();

/** Where to read it, for an hour at least; as a download it is saved under the film's name. */
export function addressWithoutEdits(deps: Deps, filmId: string, download: boolean): string {
  // Dated to the hour, as the bucket's addresses are.
  const hour = Math.floor(deps.now().getTime() / 1000 / HOUR_SECONDS);
  const expires = (hour + 2) * HOUR_SECONDS;
  const url = new URL(FILM_FILE_PATH.replace("{film_id}", filmId), deps.config.publicUrl);
  url.searchParams.set("expires", String(expires));
  url.searchParams.set("signature", signature(deps.config.callbackSecret, filmId, expires).toString("hex"));
  if (download) url.searchParams.set("download", "1");
  return url.toString();
}

export interface FilmFile {
  /** Null for one that is read in place. */
  filename: string | null;
  bytes: number;
  /** Of the film that it is made of, without quotes. */
  etag: string;
  /** The bytes from `start` to `end`, which is not among them; null where the film is gone. */
  open(start: number, end: number): Promise<ReadableStream<Uint8Array> | null>;
}

interface Asked {
  filmId: string;
  expires: number;
  signature: string;
  download: boolean;
}

/** Null where the address is forged or too old, or there is no such film any more. */
export async function fileWithoutEdits(deps: Deps, asked: Asked): Promise<FilmFile | null> {
  const { filmId, expires } = asked;
  const given = Buffer.from(asked.signature, "hex");
  const own = signature(deps.config.callbackSecret, filmId, expires);
  if (given.length !== own.length || !timingSafeEqual(given, own)) return null;
  if (deps.now().getTime() >= expires * 1000) return null;
  const [found] = await deps.db
    .select({
      key: finalVideos.objectKey,
      etag: finalVideos.etag,
      sidecars: finalVideos.sidecars,
      named: NAMED,
    })
    .from(finalVideos)
    .innerJoin(projects, eq(projects.id, finalVideos.projectId))
    .where(and(eq(finalVideos.id, filmId), eq(finalVideos.status, "completed")));
  const plan = found?.sidecars?.withoutEdits;
  if (!found?.key || !found.etag || !plan) return null;
  const { key, etag, named } = found;
  return {
    filename: asked.download ? filmName(named) : null,
    bytes: bytesWithoutEdits(plan),
    etag,
    open: (start, end) => opened(deps, { key, etag, plan }, start, end),
  };
}

interface Parts {
  key: string;
  etag: string;
  plan: WithoutEdits;
}

async function opened(deps: Deps, { key, etag, plan }: Parts, start: number, end: number) {
  const pieces = piecesWithoutEdits(plan, start, end);
  const read = async (piece: FilePiece) => {
    if (piece.of === "zeros") return new Uint8Array(piece.bytes);
    if (piece.of === "beside") return deps.storage.read(plan.key, piece.start, piece.end);
    return deps.storage.stream(key, piece.start, piece.end, etag);
  };
  // Before the answer begins, so that a film that is gone can still be told.
  const parts: (Uint8Array | ReadableStream<Uint8Array>)[] = [];
  for (const piece of pieces) {
    const part = await read(piece).catch(async (error) => {
      await letGo(parts);
      throw error;
    });
    if (!part) {
      await letGo(parts);
      return null;
    }
    parts.push(part);
  }
  const { readable, writable } = passage(end - start);
  // A reader that goes away ends it.
  pour(parts, writable).catch(() => undefined);
  return readable;
}

/** A Worker passes streams on without touching their bytes, where it knows how many they are. */
const passage = (
  bytes: number,
): { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> } =>
  "FixedLengthStream" in globalThis ? new FixedLengthStream(bytes) : new TransformStream();

/** Of streams that nobody has begun to read. */
const letGo = (parts: readonly (Uint8Array | ReadableStream<Uint8Array>)[]) =>
  Promise.all(parts.map((part) => part instanceof ReadableStream && !part.locked && part.cancel()));

async function pour(
  parts: readonly (Uint8Array | ReadableStream<Uint8Array>)[],
  to: WritableStream<Uint8Array>,
): Promise<void> {
  try {
    for (const part of parts) {
      if (part instanceof ReadableStream) {
        await part.pipeTo(to, { preventClose: true });
        continue;
      }
      const writer = to.getWriter();
      await writer.write(part);
      writer.releaseLock();
    }
    await to.close();
  } catch (error) {
    await letGo(parts);
    await to.abort(error);
  }
}
