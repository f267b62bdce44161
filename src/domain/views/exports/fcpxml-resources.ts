/** The files and formats that an FCPXML document's spine refers to, each declared once. */
import { oneLine } from "./text.ts";
import { type Rate, rateOf, rational } from "./timecode.ts";
import type { ExportMedia, ExportTimeline } from "./timeline-model.ts";
import { element } from "./xml.ts";

const REC_709 = "1-1-1 (Rec. 709)";
/** Final Cut Pro's own title, which it refers to by this path. */
const BASIC_TITLE = ".../Titles.localized/Bumper:Opener.localized/Basic Title.localized/Basic Title.moti";

export interface Resources {
  /** Id of the sequence's format. */
  sequence: string;
  /** Ids of the song's asset and of the format of media without pictures. */
  song: { asset: string; format: string };
  /** Ids of a clip's or a still's asset and format. */
  picture(media: ExportMedia, url: string): { asset: string; format: string };
  /** Id of the title that lyric cards are made with. */
  title(): string;
  /** Every resource asked for so far, as XML. */
  written(): string[];
}

export function resourcesOf(timeline: ExportTimeline): Resources {
  const { song, width, height } = timeline;
  const known = new Map<string, string>();
  const written: string[] = [];
  const once = (key: string, make: (id: string) => string): string => {
    const id = known.get(key) ?? `r${known.size + 1}`;
    if (!known.has(key)) {
      known.set(key, id);
      written.push(make(id));
    }
    return id;
  };
  const format = (rate: Rate | null, wide: number | null, high: number | null) =>
    once(`format ${rate?.num}/${rate?.den} ${wide} ${high}`, (id) =>
      element("format", {
        id,
        name: rate ? null : "FFVideoFormatRateUndefined",
        frameDuration: rate && rational(1, rate),
        width: wide,
        height: high,
        colorSpace: rate && REC_709,
      }),
    );
  const asset = (url: string, name: string, attributes: Record<string, string | number | null>) =>
    once(`asset ${url}`, (id) =>
      element(
        "asset",
        { id, name: oneLine(name), start: "0s", ...attributes },
        element("media-rep", { kind: "original-media", src: url, suggestedFilename: oneLine(name) }),
      ),
    );
  return {
    sequence: format(rateOf(timeline.fps), width, height),
    song: {
      format: format(null, null, null),
      asset: asset(song.url, song.name, {
        duration: rational(songSamples(timeline), { num: song.sampleRate, den: 1 }),
        hasAudio: 1,
        audioSources: 1,
        audioChannels: song.channels,
        audioRate: song.sampleRate,
      }),
    },
    picture(media, url) {
      const still = media.kind === "still";
      const rate = still ? null : rateOf(media.fps ?? timeline.fps);
      const id = format(rate, media.width ?? width, media.height ?? height);
      // A still has no length; a clip of unknown length is measured by the program that opens it.
      const known = rate && media.fps && media.frames !== null ? rational(media.frames, rate) : null;
      const duration = still ? "0s" : known;
      const attributes = { duration, hasVideo: 1, format: id, videoSources: 1 };
      return { format: id, asset: asset(url, media.name, attributes) };
    },
    title: () => once("title", (id) => element("effect", { id, name: "Basic Title", uid: BASIC_TITLE })),
    written: () => written,
  };
}

/** Samples of each channel. */
export const songSamples = ({ song }: ExportTimeline) => Math.round(song.durationSeconds * song.sampleRate);
