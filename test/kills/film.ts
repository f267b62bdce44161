/** Checks that a film has the whole song and can be decoded to its end. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { promisify } from "node:util";
import {
  ALL_FORMATS,
  EncodedPacketSink,
  FilePathSource,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
} from "mediabunny";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";

const run = promisify(execFile);
const FPS = 24;
/** Times are rounded to the file's timescale. */
const ROUNDING_SECONDS = 0.002;

/** Length of a song in seconds, as a player plays it. */
export async function songSeconds(file: string): Promise<number> {
  const bytes = new Uint8Array(await readFile(file));
  const probe = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!probe.ok) throw new Error(probe.failure.message);
  return probe.audio.durationSeconds;
}

/** Downloads the film into `file`. Returns why that failed, or null. */
export async function download(url: string | null, file: string): Promise<string | null> {
  if (!url) return "The project is completed, and has no film.";
  const answer = await fetch(url);
  if (!answer.ok) return `The film could not be downloaded: ${answer.status}.`;
  await writeFile(file, new Uint8Array(await answer.arrayBuffer()));
  return null;
}

/** What is wrong with the film; empty where nothing is. */
export async function filmFaults(file: string, song: string, frames: number): Promise<string[]> {
  using film = new Input({ source: new FilePathSource(file), formats: ALL_FORMATS });
  using original = new Input({ source: new FilePathSource(song), formats: ALL_FORMATS });
  const seen = await packetsOf(await film.getPrimaryVideoTrack());
  const expected = Math.round((await songSeconds(song)) * FPS);
  const faults: string[] = [];
  if (frames !== expected)
    faults.push(`The project says ${frames} frames, and the song is ${expected} long.`);
  if (seen.length !== frames) faults.push(`The film has ${seen.length} frames, and the song ${frames}.`);
  if (!seen.every((p, i) => Math.abs(p.timestamp - i / FPS) < ROUNDING_SECONDS))
    faults.push("The film's frames are not evenly spaced from 0 on.");
  faults.push(...(await soundFaults(film, original, song, frames / FPS)));
  return [...faults, ...(await playFaults(file))];
}

/** The song's own packets where it is AAC; else AAC without gaps up to the song's end. */
async function soundFaults(film: Input, original: Input, song: string, seconds: number): Promise<string[]> {
  const track = await film.getPrimaryAudioTrack();
  const heard = await packetsOf(track);
  if ((await track?.getCodec()) !== "aac") return ["The film's sound is not AAC."];
  const own = await original.getPrimaryAudioTrack();
  if ((await own?.getCodec()) === "aac") {
    const sung = await packetsOf(own);
    if (heard.length !== sung.length)
      return [`The film has ${heard.length} packets of sound, and the song ${sung.length}.`];
    // Packets of an ADTS file have headers that those of an MP4 lack.
    const isOwn = song.endsWith(".aac") || heard.every((p, i) => p.bytes === sung[i]?.bytes);
    return isOwn ? [] : ["The film's sound is not the song's own."];
  }
  const packet = 1024 / ((await track?.getSampleRate()) ?? 1);
  const first = heard[0]?.timestamp ?? 0;
  const isEven = heard.every((p, i) => Math.abs(p.timestamp - first - i * packet) < ROUNDING_SECONDS);
  const last = heard.at(-1)?.timestamp ?? 0;
  if (!isEven || first > 0) return ["The packets of the film's sound have gaps, or begin late."];
  return last + packet < seconds - 0.5 / FPS || last > seconds + 0.5
    ? [`The film's sound ends at ${last + packet} of ${seconds} seconds.`]
    : [];
}

async function packetsOf(track: InputVideoTrack | InputAudioTrack | null) {
  const packets: { timestamp: number; bytes: number }[] = [];
  if (!track) return packets;
  for await (const { timestamp, byteLength } of new EncodedPacketSink(track).packets())
    packets.push({ timestamp, bytes: byteLength });
  return packets.toSorted((a, b) => a.timestamp - b.timestamp);
}

/** Errors of ffmpeg when it decodes every frame and sample; empty where ffmpeg is not installed. */
async function playFaults(file: string): Promise<string[]> {
  try {
    const { stderr } = await run("ffmpeg", ["-v", "error", "-i", file, "-f", "null", "-"]);
    return stderr.trim() ? [`ffmpeg: ${stderr.trim()}`] : [];
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    return [`ffmpeg: ${error instanceof Error ? error.message : error}`];
  }
}
