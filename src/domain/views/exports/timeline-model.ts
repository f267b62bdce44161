/** Input of the exporters: the film as far as it is ready. Song time is in whole frames. */

/** As the record's lyrics have it: lines ascend, don't overlap and last at least a frame. */
export interface TimedLine {
  text: string;
  startFrame: number;
  endFrame: number;
  words: readonly { text: string; startFrame: number; endFrame: number }[];
}

export interface ExportMedia {
  /** What is shown for the scene: its clip, else its image, else a card with its lyric. */
  kind: "clip" | "still" | "card";
  /** Absolute, or relative to the exported file; null where there is no file. */
  url: string | null;
  /** The file's name, by which an editing program finds it again. */
  name: string;
  /** The clip's own length in frames of its own; null where not known, which counts as long enough. */
  frames: number | null;
  fps: number | null;
  /** How a clip that is shorter than its scene lasts as long; null leaves the rest of the scene empty. */
  fill: "stretch" | "hold" | "loop" | null;
  /** In pixels; the film's own where not known. */
  width?: number | null;
  height?: number | null;
}

export interface ExportScene {
  id: string;
  /** The scene's theme. */
  name: string;
  startFrame: number;
  endFrame: number;
  lyric: string;
  media: ExportMedia;
}

export interface ExportTimeline {
  title: string;
  artist: string | null;
  fps: number;
  /** Of the whole film: every export of pictures lasts exactly this long. */
  frames: number;
  width: number;
  height: number;
  song: {
    name: string;
    url: string;
    sampleRate: number;
    channels: number;
    /** As measured; may differ from the film's by up to half a frame. */
    durationSeconds: number;
  };
  /** In song order. Where they leave frames out, the film shows nothing. */
  scenes: readonly ExportScene[];
  lines: readonly TimedLine[];
}

/** Input of the exporters of lyrics. */
export type ExportLyrics = Pick<ExportTimeline, "title" | "artist" | "fps" | "song" | "lines">;
