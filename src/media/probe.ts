/** What a song file is, measured: container, codec and length by its packets, or why it can't be used. */
import { EncodedPacketSink, type Input, type InputAudioTrack, type InputFormat } from "mediabunny";
import type { Audio, AudioFormat, Failure } from "../domain/record.ts";
import { fallsShort, promisedSeconds, promisedWavBytes } from "./completeness.ts";
import { acceptedFormat, CONTENT_TYPES, contradiction, FORMAT_NAMES, nameOther } from "./container.ts";
import { refusal, vanished } from "./failures.ts";
import { countPackets, openSong } from "./song.ts";
import { type MediaFile, reading } from "./source.ts";

type SongFacts = Omit<Audio, "key" | "etag">;
export type Probe = { ok: true; audio: SongFacts } | { ok: false; failure: Failure };

/** What the uploader said of the file. */
export interface Declared {
  filename?: string;
  contentType: string;
  bytes: number;
}

const MIN_SONG_SECONDS = 2;
/** As many as FLAC holds. */
const MAX_CHANNELS = 8;
const MAX_SONG_SECONDS = 30 * 60;

/** What the film's MP4 can hold, as it is or (8 bit PCM and telephone codecs) without loss. */
const CODECS = new Set(["mp3", "aac", "opus", "vorbis", "flac", "ulaw", "alaw"]);
const UPLOAD_INSTEAD = "Upload the song as MP3, WAV, FLAC, M4A, AAC, Ogg or WebM.";
const EXPORT_AGAIN = "Export the song again and upload the whole file.";
const MAX_TAG_CHARACTERS = 200;

const refuse = {
  empty: () => refusal("audio_empty", "There is no sound in this file.", EXPORT_AGAIN),
  truncated: (how: string) => refusal("audio_truncated", `This file is not complete: ${how}`, EXPORT_AGAIN),
  notAudio: (what: string) => refusal("audio_not_audio", `This is not a song: ${what}`, UPLOAD_INSTEAD),
  unsupported: (what: string) =>
    refusal("audio_unsupported", `${what} can't be used as a song here.`, UPLOAD_INSTEAD),
  mislabelled: (found: AudioFormat, claimed: AudioFormat) =>
    refusal(
      "audio_mislabelled",
      `This file says it is ${FORMAT_NAMES[claimed]}, but its contents are ${FORMAT_NAMES[found]}.`,
      `Rename it to end in .${found} (or export it as ${FORMAT_NAMES[claimed]}) and upload it again.`,
    ),
  noTrack: () =>
    refusal(
      "audio_no_track",
      "This video has no sound track.",
      "Upload the song itself, or a video that has sound.",
    ),
  tooShort: (seconds: number) =>
    refusal(
      "audio_too_short",
      `This song lasts ${seconds.toFixed(1)} seconds; the shortest that can become a video is ${MIN_SONG_SECONDS} seconds.`,
      "Upload a longer recording.",
    ),
  tooLong: (seconds: number) =>
    refusal(
      "audio_too_long",
      `This song lasts ${Math.round(seconds / 60)} minutes; the longest that can become a video is ${MAX_SONG_SECONDS / 60} minutes.`,
      "Upload a shorter version, or a part of it.",
    ),
};

const damaged = () => refuse.truncated("it is damaged or breaks off.");
const clock = (seconds: number) =>
  `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
const carries = (codec: string | null): codec is string =>
  codec !== null && (CODECS.has(codec) || codec.startsWith("pcm-"));

function tag(value: string | undefined): string | null {
  const text = value?.replaceAll("\0", " ").trim().slice(0, MAX_TAG_CHARACTERS) ?? "";
  return text === "" ? null : text;
}

/** Length by the packets themselves, or why the track can't be played to its end. */
async function measure(file: MediaFile, track: InputAudioTrack, format: AudioFormat) {
  const wavBytes = format === "wav" ? await promisedWavBytes(file) : null;
  if (wavBytes !== null && file.bytes + 1 < wavBytes) {
    return refuse.truncated(`its header announces ${wavBytes} bytes, and ${file.bytes} are there.`);
  }
  const stated = await track.getDurationFromMetadata();
  const promised = await promisedSeconds(file, format, stated);
  if (promised !== null && promised > MAX_SONG_SECONDS + 1) return refuse.tooLong(promised);
  // Where the length is a guess from the size, twice the limit spares reading it all.
  if (stated !== null && stated > 2 * MAX_SONG_SECONDS) return refuse.tooLong(stated);
  const sink = new EncodedPacketSink(track);
  // Without a first packet there is no last one, and mediabunny looks for that in a FLAC for ever.
  const first = await sink.getFirstPacket({ metadataOnly: true });
  // What these announce of their length says little of the way there.
  if (format === "aac" || format === "webm") await countPackets(track);
  const seconds = first ? await track.computeDuration() : 0;
  if (promised !== null && fallsShort(seconds, promised)) {
    return refuse.truncated(`it breaks off at ${clock(seconds)} of ${clock(promised)}.`);
  }
  const indexed = format === "m4a" || format === "webm";
  if (indexed && !(await sink.getPacket(Number.POSITIVE_INFINITY))) {
    return refuse.truncated("its index lists sound that is not in the file.");
  }
  if (!(seconds > 0)) return refuse.empty();
  if (seconds < MIN_SONG_SECONDS) return refuse.tooShort(seconds);
  if (seconds > MAX_SONG_SECONDS + 1) return refuse.tooLong(seconds);
  return { ok: true as const, seconds };
}

async function nameUnknown(file: MediaFile): Promise<Probe> {
  const other = nameOther(await file.read(0, 256));
  if (other?.audio) return refuse.unsupported(`It is ${other.name}, which`);
  return refuse.notAudio(
    other ? `it is ${other.name}.` : "its contents are no audio format that is known here.",
  );
}

async function examine(
  file: MediaFile,
  input: Input,
  container: InputFormat,
  declared: Declared,
): Promise<Probe> {
  const format = acceptedFormat(container);
  if (!format) return refuse.unsupported(`${container.name} files`);
  const claimed = contradiction(format, declared);
  if (claimed) return refuse.mislabelled(format, claimed);

  const track = await input.getPrimaryAudioTrack();
  if (!track) {
    if ((await input.getTracks()).length > 0) return refuse.noTrack();
    return format === "m4a" ? refuse.truncated("its index (moov) is missing.") : damaged();
  }
  const codec = await track.getCodec();
  if (!carries(codec)) {
    const name = (await track.getInternalCodecId()) === "alac" ? "Apple Lossless" : "The codec of this file";
    return refuse.unsupported(name);
  }
  const channels = await track.getNumberOfChannels();
  if (channels < 1 || channels > MAX_CHANNELS) return refuse.unsupported(`Sound of ${channels} channels`);
  const measured = await measure(file, track, format);
  if (!measured.ok) return measured;
  const tags = await input.getMetadataTags().catch(() => ({ title: undefined, artist: undefined }));
  return {
    ok: true,
    audio: {
      format,
      codec,
      contentType: CONTENT_TYPES[format],
      bytes: file.bytes,
      durationSeconds: measured.seconds,
      sampleRate: await track.getSampleRate(),
      channels,
      title: tag(tags.title),
      artist: tag(tags.artist),
    },
  };
}

/**
 * Measures a song, or refuses it in words for its uploader. Codes: `audio_empty`, `audio_truncated`,
 * `audio_not_audio`, `audio_mislabelled`, `audio_no_track`, `audio_too_short`, `audio_too_long`,
 * `audio_unsupported`, and `media_gone` for an object that changed meanwhile. The length is that of
 * all packets, with what encoders pad (0.07 s for MP3), because that is what the film will play.
 * A 200 MiB WAV, M4A or Ogg costs one to three reads; MP3, AAC, FLAC and WebM are read through.
 */
export async function probeSong(file: MediaFile, declared: Declared): Promise<Probe> {
  if (file.bytes === 0) return refusal("audio_empty", "This file is empty.", EXPORT_AGAIN);
  if (file.bytes < declared.bytes) {
    return refuse.truncated(`${declared.bytes} bytes were announced, and ${file.bytes} arrived.`);
  }
  const read = await reading(file, async () => {
    const opened = await openSong(file);
    if (!opened) return await nameUnknown(file);
    using input = opened.input;
    return await examine(file, input, opened.container, declared);
  });
  if (read.ok) return read.value;
  return read.cause === "gone" ? vanished("The song") : damaged();
}
