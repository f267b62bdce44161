/** Makes films of fixtures, and reads them. */
import {
  BufferSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
  MP3,
  MP4,
  OGG,
} from "mediabunny";
import type { Fill } from "../../src/domain/record/record.ts";
import { assembleFilm, type FilmInput } from "../../src/media/film/assemble.ts";
import type { AlternativeFile } from "../../src/media/film/film-file.ts";
import { type MediaFile, memoryFile } from "../../src/media/lib/source.ts";
import { trackCodec } from "../../src/media/song/track-codec.ts";
import { codecs } from "./codecs.ts";
import { fixture, memoryUpload } from "./media.ts";

export const FPS = 24;

const clips = new Map<string, MediaFile>();
/** A clip of test/fixtures/clips, by its name. */
function clip(name: string): MediaFile {
  const file = clips.get(name) ?? memoryFile(fixture(`clips/${name}.mp4`));
  clips.set(name, file);
  return file;
}
export const song = (name: string): MediaFile => memoryFile(fixture(name));

/** Consecutive scenes: each a clip (by name, or as a file), a number of frames, and a fill. */
export function editList(
  ...scenes: (readonly [clip: string | MediaFile, frames: number, fill?: Fill])[]
): FilmInput["edits"] {
  let at = 0;
  return scenes.map(([given, frames, fill], i) => {
    const startFrame = at;
    at += frames;
    const file = typeof given === "string" ? clip(given) : given;
    return {
      sceneId: `scene-${i}`,
      clipId: `clip-${i}`,
      startFrame,
      endFrame: at,
      file,
      ...(fill && { fill }),
    };
  });
}

export async function assemble(edits: FilmInput["edits"], over: Partial<FilmInput> = {}) {
  const target = memoryUpload();
  const result = await assembleFilm(
    {
      song: song("song.mp3"),
      edits,
      fps: FPS,
      tags: { title: null, artist: null },
      // Most tests check pictures or copied packets; encoding the song takes a second.
      sound: "original",
      upload: async () => target.upload,
      ...over,
    },
    codecs,
  );
  return { result, target };
}

/** The film's bytes; throws when the film is refused. */
export async function madeOf(edits: FilmInput["edits"], over: Partial<FilmInput> = {}) {
  const { result, target } = await assemble(edits, over);
  if (!result.ok) throw new Error(result.failure.message);
  return { result, bytes: target.film(), order: target.order };
}

/** The film without edit lists, as it is downloaded; null when there is none. */
export function otherFile(film: Uint8Array, other: AlternativeFile | null): Uint8Array | null {
  if (!other) return null;
  const { head, from, to, tail } = other;
  const out = new Uint8Array(to + tail.length);
  out.set(head);
  out.set(film.subarray(from, to), from);
  out.set(tail, to);
  return out;
}

export interface Packet {
  timestamp: number;
  duration: number;
  key: boolean;
  data: Uint8Array;
}
export async function packets(track: InputVideoTrack | InputAudioTrack | null): Promise<Packet[]> {
  const out: Packet[] = [];
  if (!track) return out;
  for await (const { timestamp, duration, type, data } of new EncodedPacketSink(track).packets()) {
    out.push({ timestamp, duration, key: type === "key", data });
  }
  return out;
}
export const open = (bytes: Uint8Array) =>
  new Input({ source: new BufferSource(bytes), formats: [MP4, MP3, OGG] });

/** Makes a film and reads it. */
export async function film(edits: FilmInput["edits"], over: Partial<FilmInput> = {}) {
  const made = await madeOf(edits, over);
  using input = open(made.bytes);
  const video = await input.getPrimaryVideoTrack();
  const audio = await input.getPrimaryAudioTrack();
  return {
    ...made,
    tags: await input.getMetadataTags(),
    pictures: await packets(video),
    sound: await packets(audio),
    soundCodec: audio && (await trackCodec(audio)),
    pictureSeconds: await video?.computeDuration(),
    soundSeconds: await audio?.computeDuration(),
  };
}

export async function packetsOf(path: string, kind: "video" | "audio"): Promise<Packet[]> {
  using input = open(fixture(path));
  return await packets(
    kind === "video" ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack(),
  );
}
export const data = (seen: Packet[]) => seen.map((packet) => packet.data);
/** The pictures' times in frames of the film, in display order. */
export const frameNumbers = (pictures: { timestamp: number }[]) =>
  pictures.map((p) => p.timestamp * FPS).toSorted((a, b) => a - b);
export const range = (n: number) => Array.from({ length: n }, (_, i) => i);

/** Names of the file's top-level boxes. */
export function boxes(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const names: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    names.push(String.fromCharCode(...bytes.subarray(at + 4, at + 8)));
    const size = view.getUint32(at);
    at += size === 1 ? Number(view.getBigUint64(at + 8)) : size;
  }
  return names;
}
