/** What a transcriber is sent: the song as it is, or parts of it that the provider takes. */
import { type Input, MP4 } from "mediabunny";
import type { Audio, AudioFormat, Failure } from "../domain/record/record.ts";
import { refusal, vanished } from "./lib/failures.ts";
import { type MediaFile, reading } from "./lib/source.ts";
import { packedPart } from "./listening/flac-mono.ts";
import { monoOf } from "./listening/mono.ts";
import { packetFormat, remuxedPart } from "./listening/remux.ts";
import { CONTENT_TYPES } from "./song/container.ts";
import { openSong } from "./song/open-song.ts";
import { trackCodec } from "./song/track-codec.ts";

export interface HeardPart {
  bytes: Uint8Array;
  /** Its ending tells the provider the format. */
  filename: string;
  contentType: string;
  /** Of the song, what the bytes hold. */
  startSeconds: number;
  endSeconds: number;
  /** Reaches the song's end. */
  last: boolean;
}
type Song = Pick<Audio, "format" | "codec" | "bytes" | "durationSeconds">;

/** OpenAI takes 26,214,400 bytes of request, with its other fields and what divides them. */
const MOST_BYTES = 25_000_000;
/** What two neighbours both hear, so that a word cut by one border is whole in the other part. */
const OVERLAP_SECONDS = 6;
/** Containers that OpenAI takes whatever they hold; in MP4 and WebM it depends on that. ADTS it does not take. */
const TAKEN = new Set<AudioFormat>(["mp3", "wav", "flac", "ogg"]);
const TAKEN_IN_MP4 = new Set(["aac", "mp3"]);

const unreadable = () =>
  refusal("song_unreadable", "The song's sound can't be read.", "Upload the song again, as MP3 or WAV.");

const named = (format: AudioFormat) => ({ filename: `song.${format}`, contentType: CONTENT_TYPES[format] });

async function whole(file: MediaFile, { format, durationSeconds }: Song): Promise<HeardPart> {
  const bytes = await file.take(0, file.bytes);
  return { ...named(format), bytes, startSeconds: 0, endSeconds: durationSeconds, last: true };
}

/** Whether an MP4 or WebM is sound alone, in a form that the provider takes. */
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
): Promise<HeardPart | null> {
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
 * The part of the song that begins where `afterSeconds` (0, or the `endSeconds` of the part before)
 * leaves off, with six seconds before that which the part before holds too. The same bytes give the
 * same parts. A file that fits goes as it is; compressed sound is cut at its packets, into as few
 * parts as fit, about equally large; what can be decoded here is mixed to 16 kHz mono FLAC and cut
 * where it is quiet. Holds one part in memory, and two blocks of the file.
 *
 * Failures: `song_unreadable`, `media_gone`. What the bucket throws is thrown.
 */
export async function nextPart(
  file: MediaFile,
  song: Song,
  afterSeconds: number,
  maxBytes = MOST_BYTES,
): Promise<{ ok: true; part: HeardPart } | { ok: false; failure: Failure }> {
  const read = await reading(file, () => partOf(file, song, afterSeconds, maxBytes));
  // The caller copies the part into a request: what else is held makes room for that.
  file.release();
  if (!read.ok && read.cause === "gone") return vanished("The song");
  if (!read.ok || !read.value) return unreadable();
  return { ok: true, part: read.value };
}
