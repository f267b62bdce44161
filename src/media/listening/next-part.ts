/** Parts of a song for a transcriber: the whole file, or pieces that are small enough for the provider. */
import { type Input, MP4 } from "mediabunny";
import { MAX_TRANSCRIBED_BYTES } from "../../domain/models/language-models.ts";
import type { Audio, AudioFormat, Failure } from "../../domain/record/record.ts";
import { mediaGone, refusal } from "../lib/failures.ts";
import { type MediaFile, readSafely } from "../lib/source.ts";
import { CONTENT_TYPES } from "../song/container.ts";
import { openSong } from "../song/open-song.ts";
import { trackCodec } from "../song/track-codec.ts";
import { packedPart } from "./flac-mono.ts";
import { monoOf } from "./mono.ts";
import { packetFormat, remuxedPart } from "./remux.ts";

export interface SongPart {
  bytes: Uint8Array;
  /** The provider takes the format from its extension. */
  filename: string;
  contentType: string;
  /** The span of the song that the bytes hold. */
  startSeconds: number;
  endSeconds: number;
  /** Whether it reaches the song's end. */
  last: boolean;
}
type Song = Pick<Audio, "format" | "codec" | "bytes" | "durationSeconds">;

/** Two neighbouring parts share this span, so that a word that one border cuts is whole in the other part. */
const OVERLAP_SECONDS = 6;
/** Containers that OpenAI takes with any codec. MP4 and WebM depend on their contents; ADTS is not taken. */
const TAKEN = new Set<AudioFormat>(["mp3", "wav", "flac", "ogg"]);
const TAKEN_IN_MP4 = new Set(["aac", "mp3"]);

const unreadable = () =>
  refusal("song_unreadable", "The song's sound can't be read.", "Upload the song again, as MP3 or WAV.");

const named = (format: AudioFormat) => ({ filename: `song.${format}`, contentType: CONTENT_TYPES[format] });

async function whole(file: MediaFile, { format, durationSeconds }: Song): Promise<SongPart> {
  const bytes = await file.take(0, file.bytes);
  return { ...named(format), bytes, startSeconds: 0, endSeconds: durationSeconds, last: true };
}

/** Whether an MP4 or WebM has no pictures, and holds sound in a form that the provider takes. */
async function isSoundAlone(input: Input, song: Song): Promise<boolean> {
  if ((await input.getVideoTracks()).length > 0) return false;
  if (song.format === "webm") return true;
  return (await input.getFormat()) === MP4 && TAKEN_IN_MP4.has(song.codec);
}

async function partOf(
  file: MediaFile,
  song: Song,
  afterSeconds: number,
  maxBytes: number,
): Promise<SongPart | null> {
  const fits = song.bytes <= maxBytes;
  if (fits && TAKEN.has(song.format)) return whole(file, song);
  const opened = await openSong(file);
  if (!opened) return null;
  using input = opened.input;
  if (fits && song.format !== "aac" && (await isSoundAlone(input, song))) return whole(file, song);
  const track = await input.getPrimaryAudioTrack();
  if (!track) return null;
  const codec = await trackCodec(track);
  const format = codec && packetFormat(codec);
  if (codec && format) {
    const part = await remuxedPart(track, codec, afterSeconds, OVERLAP_SECONDS, maxBytes);
    return part && { ...named(format), ...part };
  }
  const sound = await monoOf(file, track, opened.layout);
  const part = sound && (await packedPart(sound, afterSeconds, OVERLAP_SECONDS, maxBytes));
  return part && { ...named("flac"), ...part };
}

/**
 * The part of the song after `afterSeconds` (0, or the `endSeconds` of the previous part), preceded by the
 * last six seconds of the previous part. The same bytes give the same parts. A file that fits is sent
 * unchanged; compressed sound is cut between packets into as few parts as possible, about equally large;
 * other codecs that can be decoded here are mixed to 16 kHz mono FLAC and cut where the sound is quiet. Holds
 * one part and two blocks of the file in memory.
 *
 * Failures: `song_unreadable`, `media_gone`. Errors of the bucket are thrown.
 */
export async function nextPart(
  file: MediaFile,
  song: Song,
  afterSeconds: number,
  maxBytes = MAX_TRANSCRIBED_BYTES,
): Promise<{ ok: true; part: SongPart } | { ok: false; failure: Failure }> {
  const read = await readSafely(file, () => partOf(file, song, afterSeconds, maxBytes));
  // The caller copies the part into a request: free what else is in memory.
  file.release();
  if (!read.ok && read.cause === "gone") return mediaGone("The song");
  if (!read.ok || !read.value) return unreadable();
  return { ok: true, part: read.value };
}
