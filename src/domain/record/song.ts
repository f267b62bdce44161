/** The song as the record knows it: what the file is, what is sung in it and when, and where its beats fall. */
import type { Transcript } from "../lyrics/lyrics.ts";

export interface Audio {
  key: string;
  etag: string;
  /** Container as measured, not as declared. */
  format: AudioFormat;
  codec: string;
  contentType: string;
  bytes: number;
  durationSeconds: number;
  sampleRate: number;
  channels: number;
  title: string | null;
  artist: string | null;
  /** The last three are absent where a version before this one measured the song. Bits per second of the sound. */
  bitRate?: number;
  /** Words that the file carries. */
  embeddedLyrics?: EmbeddedLyrics | null;
  coverArt?: CoverArt | null;
}

/** Lyrics in a song's tags: `plain` text, or lines with times (LRC, ID3 SYLT). */
export interface EmbeddedLyrics {
  form: "plain" | "lrc" | "sylt";
  language: string | null;
  /** Seconds from the song's start where the form has times; words where it times them. */
  lines: { text: string; startSeconds: number | null; words: { text: string; startSeconds: number }[] }[];
}

/** The picture in a song's tags. */
export interface CoverArt {
  contentType: string;
  bytes: number;
  width: number;
  height: number;
}

/** Where the song's beats fall. */
export interface BeatGrid {
  bpm: number;
  /** Of the first downbeat, from the song's start. */
  offsetSeconds: number;
  beatsPerBar: number;
  /** 0 to 1; what a person tapped is sure. */
  confidence: number;
  source: "estimated" | "tapped";
}

export const AUDIO_FORMATS = ["mp3", "wav", "m4a", "aac", "ogg", "flac", "webm", "aiff"] as const;
export type AudioFormat = (typeof AUDIO_FORMATS)[number];

export interface LyricWord {
  text: string;
  startFrame: number;
  endFrame: number;
}
interface LyricLine extends LyricWord {
  words: LyricWord[];
  /** 0 to 1 where the transcriber tells, else null. */
  confidence: number | null;
}
export const LYRICS_SOURCES = ["transcribed", "embedded", "edited"] as const;
export interface Lyrics {
  source: (typeof LYRICS_SOURCES)[number];
  language: string | null;
  lines: LyricLine[];
}

/** A song in parts that a transcriber has heard so far. */
export interface PartialTranscription {
  audioEtag: string;
  parts: TranscribedPart[];
}
export interface TranscribedPart {
  /** Of the song, in seconds: what the part holds. */
  startSeconds: number;
  endSeconds: number;
  /** Times in seconds from the part's start. */
  transcript: Transcript;
}

/** The song that the scenes still follow, after another recording of it took its place. */
export interface Retiming {
  frames: number;
  lines: Lyrics["lines"];
}
