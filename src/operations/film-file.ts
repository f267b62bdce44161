/**
 * The film without edit lists, as a file that is put together while it is read: most of its bytes are those
 * of the film. Its address has a signature instead of a token, as the bucket's addresses do, since platforms
 * fetch it themselves.
 */
import { Buffer } from "node:buffer";
import { createHmac, timingSafeEqual } from "node:crypto";
import type { WithoutEdits } from "../domain/record/record.ts";
import { bytesWithoutEdits, type FilePiece, piecesWithoutEdits } from "../domain/views/without-edits.ts";
import type { Deps } from "../ports/deps.ts";
import { filmName } from "./film-name.ts";

export const FILM_FILE_PATH = "/films/{film_id}/without-edits.mp4";
const HOUR_SECONDS = 3600;

const signature = (secret: string, filmId: string, expires: number): Buffer =>
  createHmac("sha256", secret)
    .update(JSON.stringify(["film-without-edits", filmId, expires]))
    .digest();

/** Its address, valid for an hour at least; as a download it is saved under the film's name. */
export function addressWithoutEdits(deps: Deps, filmId: string, download: boolean): string {
  // Rounded to the hour, as the bucket's addresses are.
  const hour = Math.floor(deps.now().getTime() / 1000 / HOUR_SECONDS);
  const expires = (hour + 2) * HOUR_SECONDS;
  const url = new URL(FILM_FILE_PATH.replace("{film_id}", filmId), deps.config.publicUrl);
  url.searchParams.set("expires", String(expires));
  url.searchParams.set("signature", signature(deps.config.callbackSecret, filmId, expires).toString("hex"));
  if (download) url.searchParams.set("download", "1");
  return url.toString();
}

export interface FilmFile {
  /** Null where it is not a download. */
  filename: string | null;
  bytes: number;
  /** Etag of the film that it is made from, without quotes. */
  etag: string;
  /** The bytes from `start` (inclusive) to `end` (exclusive); null where the film does not exist any more. */
  open(start: number, end: number): Promise<ReadableStream<Uint8Array> | null>;
}

interface Asked {
  filmId: string;
  expires: number;
  signature: string;
  download: boolean;
}

/** Null where the address is forged or expired, or there is no such film any more. */
export async function fileWithoutEdits(deps: Deps, asked: Asked): Promise<FilmFile | null> {
  const { filmId, expires } = asked;
  const given = Buffer.from(asked.signature, "hex");
  const own = signature(deps.config.callbackSecret, filmId, expires);
  if (given.length !== own.length || !timingSafeEqual(given, own)) return null;
  if (deps.now().getTime() >= expires * 1000) return null;
  const found = await deps.reader.signedFilm(filmId);
  const { objectKey: key = null, etag = null, sidecars = null } = found?.film ?? {};
  const plan = sidecars?.withoutEdits;
  if (!found || !key || !etag || !plan) return null;
  return {
    filename: asked.download ? filmName(found.filmTitle) : null,
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
  // Before the answer begins, so that a film that does not exist any more can still be answered as such.
  const parts: (Uint8Array | ReadableStream<Uint8Array>)[] = [];
  for (const piece of pieces) {
    const part = await read(piece).catch(async (error) => {
      await cancelUnread(parts);
      throw error;
    });
    if (!part) {
      await cancelUnread(parts);
      return null;
    }
    parts.push(part);
  }
  const { readable, writable } = passThrough(end - start);
  // A reader that disconnects ends it.
  writeParts(parts, writable).catch(() => undefined);
  return readable;
}

/** With a known length, a Worker passes streams on without copying their bytes. */
const passThrough = (
  bytes: number,
): { readable: ReadableStream<Uint8Array>; writable: WritableStream<Uint8Array> } =>
  "FixedLengthStream" in globalThis ? new FixedLengthStream(bytes) : new TransformStream();

/** Cancels the streams that are not being read. */
const cancelUnread = (parts: readonly (Uint8Array | ReadableStream<Uint8Array>)[]) =>
  Promise.all(parts.map((part) => part instanceof ReadableStream && !part.locked && part.cancel()));

async function writeParts(
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
    await cancelUnread(parts);
    await to.abort(error);
  }
}
