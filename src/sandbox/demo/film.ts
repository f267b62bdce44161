import { createWriteStream } from "node:fs";
import { readFile, rename, rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from "mediabunny";
import { memoryFile } from "../../media/lib/source.ts";
import { probeSong } from "../../media/song/probe.ts";
import { trackCodec } from "../../media/song/track-codec.ts";
import { UserError } from "../world/user-error.ts";
import type { Api } from "./api.ts";

/** Saves the film as `out`, which appears only when the download is complete. */
export async function download(api: Api, projectId: string, filmId: string, out: string): Promise<void> {
  const url = await api.location(`/api/projects/${projectId}/final-videos/${filmId}/download`);
  const answer = await fetch(url, { signal: api.signal });
  if (!answer.ok || !answer.body) throw new UserError(`The film could not be downloaded (${answer.status}).`);
  const part = `${out}.part`;
  try {
    await pipeline(answer.body, createWriteStream(part), { signal: api.signal });
    await rename(part, out);
  } finally {
    await rm(part, { force: true });
  }
}

export interface Measured {
  frames: number;
  width: number;
  height: number;
  /** Length of the video track, by its packets. */
  videoSeconds: number;
  audioSeconds: number;
  audioCodec: string | null;
}

/** Measures a film by its packets. Throws UserError where it lacks picture or sound. */
export async function measureFilm(path: string): Promise<Measured> {
  using input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  if (!video || !audio) throw new UserError(`${path} has no ${video ? "sound" : "picture"}.`);
  let [frames, start, end] = [0, Number.POSITIVE_INFINITY, 0];
  for await (const packet of new EncodedPacketSink(video).packets(undefined, undefined, {
    metadataOnly: true,
  })) {
    frames++;
    start = Math.min(start, packet.timestamp);
    end = Math.max(end, packet.timestamp + packet.duration);
  }
  return {
    frames,
    width: await video.getDisplayWidth(),
    height: await video.getDisplayHeight(),
    videoSeconds: end - start,
    audioSeconds: await audio.computeDuration(),
    audioCodec: await trackCodec(audio),
  };
}

/**
 * Length of a song in seconds, without the silence that its encoder added. Throws UserError with the reason
 * where the file can't be used.
 */
export async function measureSong(path: string): Promise<number> {
  const bytes = new Uint8Array(await readFile(path));
  const probe = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!probe.ok) throw new UserError(probe.failure.message);
  return probe.audio.durationSeconds;
}
