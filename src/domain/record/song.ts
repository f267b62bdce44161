/** The song: its file, its lyrics with their times, and its beats. */

/** A song that is longer, by more than a second of tolerance, is refused. */
export const MAX_SONG_SECONDS = 30 * 60;

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
  /**
   * Bits per second of the sound. This and the two below are absent if an older version of this program
   * probed the song.
   */
  bitRate?: number;
  /** The lyrics in the file's tags; null if there are none. */
  embeddedLyrics?: EmbeddedLyrics | null;
  /** Null if the file has none. */
  coverArt?: CoverArt | null;
}

/** Lyrics in a song's tags: `plain` text, or lines with times (LRC, ID3 SYLT). */
export interface EmbeddedLyrics {
  form: "plain" | "lrc" | "sylt";
  language: string | null;
  /**
   * Times in seconds from the song's start; null in a form without times. `words` is empty unless the words
   * are timed.
   */
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
  /** 0 to 1; a tapped grid has 1. */
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
  /** 0 to 1; null if the transcriber gives none. */
  confidence: number | null;
}
export const LYRICS_SOURCES = ["transcribed", "embedded", "edited"] as const;
export interface Lyrics {
  source: (typeof LYRICS_SOURCES)[number];
  language: string | null;
  lines: LyricLine[];
}

/** The transcripts of a song's parts so far. */
export interface PartialTranscription {
  audioEtag: string;
  parts: TranscribedPart[];
}
export interface TranscribedPart {
  /** Where the part lies in the song, in seconds. */
  startSeconds: number;
  endSeconds: number;
  /** Times in seconds from the part's start. */
  transcript: Transcript;
}

/** The earlier recording, which the scenes still follow after a new one replaced it: its length and lines. */
export interface Retiming {
  frames: number;
  lines: Lyrics["lines"];
}

export interface TranscribedWord {
  text: string;
  /** Seconds from the song's start. */
  start: number;
  end: number;
}

/** What a transcriber returns, as far as lyrics need it. Times in seconds from the song's start. */
export interface Transcript {
  text: string;
  language: string | null;
  /**
   * `noSpeech` and `confidence` from 0 to 1, or null where the provider does not say. The text's
   * `compressionRatio` (its bytes to those of its zlib) is high where it repeats itself.
   */
  segments: readonly (TranscribedWord & {
    noSpeech: number | null;
    confidence: number | null;
    compressionRatio?: number | null;
  })[];
  /** Without punctuation; empty where the provider gives none. */
  words: readonly TranscribedWord[];
}

/** Frames of song time: `startFrame` is in the span, `endFrame` is not. */
export interface Span {
  startFrame: number;
  endFrame: number;
}
