/**
 * Probes a song file: container, codec, length (by its packets) and tags, or the reason why it can't be used.
 */
import type { InputAudioTrack } from "mediabunny";
import type { SongRefusalCode } from "../../domain/record/failures.ts";
import { type Audio, type AudioFormat, type Failure, MAX_SONG_SECONDS } from "../../domain/record/record.ts";
import { clock } from "../lib/clock.ts";
import { mediaGone, refusal } from "../lib/failures.ts";
import { type MediaFile, readSafely } from "../lib/source.ts";
import { alacCookie, isAlac } from "./alac-cookie.ts";
import { acceptedFormat, CONTENT_TYPES, contradiction, FORMAT_NAMES, identifyOther } from "./container.ts";
import { isCutOff, type Length, measureSong } from "./measure.ts";
import { oggTagsFit } from "./ogg-headers.ts";
import { type OpenSong, openSong } from "./open-song.ts";
import {
  addAiffText,
  addFlac,
  addId3,
  addId3v1,
  addRead,
  addRiffInfo,
  bestOf,
  nothingFound,
  type SongTags,
} from "./song-tags.ts";
import { trackCodec } from "./track-codec.ts";
import { pcmCodec, unsupportedWav } from "./wav.ts";

type SongFacts = Omit<Audio, "key" | "etag">;
export type Probe =
  | { ok: true; audio: SongFacts }
  | { ok: false; failure: Failure<SongRefusalCode | "media_gone"> };

/** What the client declared when it uploaded the file. */
export interface Declared {
  filename?: string;
  contentType: string;
  bytes: number;
}

const MIN_SONG_SECONDS = 2;
/** FLAC's limit. */
const MAX_CHANNELS = 8;
/** Music has no lower rate, and resampling a lower one to the film's rate would take unbounded memory. */
const MIN_SAMPLE_RATE = 4000;

/** Codecs that a film can be made of: their packets are copied, or the sound is encoded as AAC or FLAC. */
const CODECS = new Set(["mp3", "aac", "opus", "vorbis", "flac", "alac", "ulaw", "alaw"]);
/** Unsupported sample entries of MP4, with their common names. */
const FOREIGN_CODECS: Record<string, string> = {
  "ac-3": "Dolby Digital sound",
  "ec-3": "Dolby Digital Plus sound",
  "ac-4": "Dolby AC-4 sound",
  dtsc: "DTS sound",
  samr: "Sound of a telephone (AMR)",
  drms: "A song that is protected against copying",
  enca: "A song that is protected against copying",
};
const UPLOAD_INSTEAD = "Upload the song as MP3, WAV, AIFF, FLAC, M4A, AAC, Ogg or WebM.";
const EXPORT_AGAIN = "Export the song again and upload the whole file.";

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
  tooManyTags: () =>
    refusal(
      "audio_unsupported",
      "This file carries more tags or larger pictures than can be read here.",
      "Remove the picture from its tags and upload it again.",
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

/** The codec's name when a film can be made of it, else a name for what the track holds. */
async function codecOf(track: InputAudioTrack): Promise<{ codec: string } | { foreign: string }> {
  const foreign = FOREIGN_CODECS[String(await track.getInternalCodecId())];
  if (foreign) return { foreign };
  // xHE-AAC (MPEG-D USAC, object type 42) is reported as AAC, but few players support it.
  if ((await track.getCodecParameterString()) === "mp4a.40.42") return { foreign: "xHE-AAC sound" };
  const codec = (await isAlac(track)) ? "alac" : await trackCodec(track);
  const known = codec && (CODECS.has(codec) || codec.startsWith("pcm-"));
  return known ? { codec } : { foreign: "The codec of this file" };
}

/** The song's length, or the failure that says why it can't be played to its end. */
async function lengthOf(
  file: MediaFile,
  track: InputAudioTrack,
  format: AudioFormat,
  { layout }: OpenSong,
): Promise<{ ok: true; length: Length } | { ok: false; failure: Failure<SongRefusalCode> }> {
  const measured = await measureSong(file, track, format, layout, MAX_SONG_SECONDS + 1);
  switch (measured.kind) {
    case "tooLong":
      return refuse.tooLong(measured.seconds);
    case "missing":
      return refuse.truncated(
        `its header announces ${measured.announced} bytes, and ${file.bytes} are there.`,
      );
    case "unindexed":
      return refuse.truncated("its index lists sound that is not in the file.");
    case "unsupported":
      return refuse.unsupported(measured.what);
    case "damaged":
      return damaged();
    case "length": {
      const { length } = measured;
      const { seconds, promised } = length;
      if (isCutOff(length))
        return refuse.truncated(`it breaks off at ${clock(seconds)} of ${clock(promised ?? 0)}.`);
      if (!(seconds > 0)) return refuse.empty();
      if (seconds < MIN_SONG_SECONDS) return refuse.tooShort(seconds);
      if (seconds > MAX_SONG_SECONDS + 1) return refuse.tooLong(seconds);
      return { ok: true, length };
    }
  }
}

async function tagsOf(file: MediaFile, { input, layout }: OpenSong, length: Length): Promise<SongTags> {
  const { id3, id3v1, flac, wav, aiff } = layout;
  const context = { mpegFrameSeconds: length.mpegFrameSeconds, songSeconds: length.seconds };
  const found = nothingFound();
  if (flac) await addFlac(found, file, flac);
  for (const span of id3) await addId3(found, file, span, context);
  for (const { name, span } of aiff?.texts ?? []) await addAiffText(found, file, name, span);
  for (const { name, span } of wav?.tags ?? []) {
    if (name === "id3") await addId3(found, file, span, context);
    else await addRiffInfo(found, file, span);
  }
  if (typeof id3v1 === "number") addId3v1(found, await file.read(id3v1, id3v1 + 128));
  if (!layout.view) {
    const read = await input.getMetadataTags().catch((error) => {
      if (file.trouble()) throw error;
      return {};
    });
    addRead(found, read);
  }
  return bestOf(found, length.seconds);
}

async function nameUnknown(file: MediaFile): Promise<Probe> {
  const other = identifyOther(await file.read(0, 256));
  if (other?.audio) return refuse.unsupported(`It is ${other.name}, which`);
  return refuse.notAudio(
    other ? `it is ${other.name}.` : "its contents are no audio format that is known here.",
  );
}

async function examine(file: MediaFile, open: OpenSong, declared: Declared): Promise<Probe> {
  const { input, container, layout } = open;
  const format = layout.aiff ? "aiff" : acceptedFormat(container);
  if (!format) return refuse.unsupported(`${container.name} files`);
  const claimed = contradiction(format, declared);
  if (claimed) return refuse.mislabelled(format, claimed);
  const foreign = layout.wav && unsupportedWav(layout.wav);
  if (foreign) return refuse.unsupported(`${layout.aiff ? "An AIFF" : "A WAV"} that holds ${foreign}`);
  if (format === "ogg" && !(await oggTagsFit(file))) return refuse.tooManyTags();

  const track = await input.getPrimaryAudioTrack();
  if (!track) {
    if ((await input.getTracks()).length > 0) return refuse.noTrack();
    if (format === "ogg") return refuse.unsupported("What this Ogg file holds");
    return format === "m4a" ? refuse.truncated("its index (moov) is missing.") : damaged();
  }
  const found = await codecOf(track);
  if ("foreign" in found) return refuse.unsupported(found.foreign);
  const codec = pcmCodec(found.codec, layout.wav);
  const { channels, sampleRate } =
    codec === "alac"
      ? await alacCookie(file, track)
      : { channels: await track.getNumberOfChannels(), sampleRate: await track.getSampleRate() };
  if (channels < 1 || channels > MAX_CHANNELS) return refuse.unsupported(`Sound of ${channels} channels`);
  if (!(sampleRate > 0)) return damaged();
  if (sampleRate < MIN_SAMPLE_RATE) return refuse.unsupported(`Sound of ${sampleRate} Hz`);
  const measured = await lengthOf(file, track, format, open);
  if (!measured.ok) return measured;
  const { seconds, bitsPerSecond } = measured.length;
  return {
    ok: true,
    audio: {
      format,
      codec,
      contentType: CONTENT_TYPES[format],
      bytes: file.bytes,
      durationSeconds: seconds,
      sampleRate,
      channels,
      bitRate: Math.round(bitsPerSecond),
      ...(await tagsOf(file, open, measured.length)),
    },
  };
}

/**
 * Measures a song, or refuses it with a message for the user; `media_gone` for an object that changed
 * meanwhile. The length is what decoders play (see `Length`). 200 MB of any format cost at most eight reads of the bucket: a few
 * ranges for formats with an index, one range and one stream for the others.
 */
export async function probeSong(file: MediaFile, declared: Declared): Promise<Probe> {
  if (file.bytes === 0) return refusal("audio_empty", "This file is empty.", EXPORT_AGAIN);
  if (file.bytes < declared.bytes) {
    return refuse.truncated(`${declared.bytes} bytes were announced, and ${file.bytes} arrived.`);
  }
  const read = await readSafely(file, async () => {
    const opened = await openSong(file);
    if (!opened) return await nameUnknown(file);
    using _ = opened.input;
    return await examine(file, opened, declared);
  });
  file.release();
  if (read.ok) return read.value;
  return read.cause === "gone" ? mediaGone("The song") : damaged();
}
