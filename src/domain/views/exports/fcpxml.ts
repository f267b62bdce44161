/**
 * Final Cut Pro's XML, version 1.10 (Final Cut Pro 10.6 and later, DaVinci Resolve).
 * Source: the DTD of that version, and what Final Cut Pro itself writes.
 */
import { type Resources, resourcesOf, songSamples } from "./fcpxml-resources.ts";
import { type Shot, shotsOf } from "./shots.ts";
import { cuesOf, oneLine, textOf } from "./text.ts";
import { type Rate, rateOf, rational } from "./timecode.ts";
import type { ExportMedia, ExportTimeline } from "./timeline-model.ts";
import { element, xmlText } from "./xml.ts";

/** Rates that `conform-rate` can name. */
const CONFORMED = ["23.98", "24", "25", "29.97", "30", "60", "47.95", "48", "50", "59.94"];
const AUDIO_RATES = ["32k", "44.1k", "88.2k", "96k", "176.4k", "192k"];

/** A clip of another rate plays in real time, as it does in the film: its frames are sampled, not sped up. */
function conform({ fps }: ExportMedia, film: Rate): string {
  if (fps === null) return "";
  const own = rateOf(fps);
  const name = String(Number((own.num / own.den).toFixed(2)));
  const same = own.num * film.den === film.num * own.den;
  return same || !CONFORMED.includes(name)
    ? ""
    : element("conform-rate", { scaleEnabled: 0, srcFrameRate: name });
}

/** Maps the shot's time to the clip's: the whole clip (slowed) or its last picture (held); else empty. */
function timeMap({ shows, startFrame, endFrame }: Shot, { frames, fps }: ExportMedia, film: Rate): string {
  if (frames === null || !fps || (shows !== "slowed" && shows !== "held")) return "";
  const own = rateOf(fps);
  const point = (frame: number, source: number) =>
    element("timept", { time: rational(frame, film), value: rational(source, own), interp: "linear" });
  const [from, to] = shows === "held" ? [frames - 1, frames - 1] : [0, frames];
  return element("timeMap", {}, point(0, from), point(endFrame - startFrame, to));
}

/** The lyric as a title in the middle of the picture; each style needs its own id. */
function lyricCard(lyric: string, id: string): string {
  const look = {
    font: "Helvetica",
    fontSize: 63,
    fontFace: "Regular",
    fontColor: "1 1 1 1",
    alignment: "center",
  };
  return (
    element("text", {}, element("text-style", { ref: id }, xmlText(lyric))) +
    element("text-style-def", { id }, element("text-style", look))
  );
}

/** One element of the spine; `connected` returns the elements that are attached to its start. */
function spineElement(
  shot: Shot,
  index: number,
  { film, resources, connected }: { film: Rate; resources: Resources; connected: (at: string) => string },
): string {
  const { scene, shows, first } = shot;
  // Where the media has no time of its own, Final Cut Pro starts its time at one hour.
  const ownTime = shows === "nothing" || shows === "still";
  const start = ownTime ? rational(Math.round(film.num / film.den) * 3600, film) : "0s";
  const name = (scene && oneLine(scene.name)) || "Gap";
  const attributes = {
    name,
    offset: rational(shot.startFrame, film),
    start,
    duration: rational(shot.endFrame - shot.startFrame, film),
  };
  const lyric = scene && first ? oneLine(scene.lyric, 500) : "";
  const note = lyric === "" ? "" : element("note", {}, xmlText(lyric));
  const chapter =
    scene && first
      ? element("chapter-marker", { start, duration: rational(1, film), value: name, posterOffset: "0s" })
      : "";
  const last = connected(start) + chapter;
  const url = scene?.media.url ?? null;
  if (!scene || url === null || shows === "nothing") {
    if (lyric === "") return element("gap", attributes, last);
    return element("title", { ref: resources.title(), ...attributes }, lyricCard(lyric, `ts${index}`), last);
  }
  const { asset, format } = resources.picture(scene.media, url);
  if (shows === "still") return element("video", { ref: asset, ...attributes }, note, last);
  return element(
    "asset-clip",
    { ref: asset, ...attributes, format, tcFormat: "NDF", srcEnable: "video" },
    note,
    conform(scene.media, film),
    timeMap(shot, scene.media, film),
    last,
  );
}

/** The song, under the first picture; the sung lines are its markers, since its speed never changes. */
function connectedSong(timeline: ExportTimeline, film: Rate, { song }: Resources, offset: string): string {
  const samples = songSamples(timeline);
  const { sampleRate, name } = timeline.song;
  const short = samples * film.num < timeline.frames * film.den * sampleRate;
  const markers = cuesOf(timeline.lines).map((cue) =>
    element("marker", {
      start: rational(cue.startFrame, film),
      duration: rational(1, film),
      value: textOf(cue),
    }),
  );
  return element(
    "asset-clip",
    {
      ref: song.asset,
      lane: -1,
      offset,
      name: oneLine(name),
      start: "0s",
      duration: short ? rational(samples, { num: sampleRate, den: 1 }) : rational(timeline.frames, film),
      format: song.format,
      audioRole: "music",
    },
    ...markers,
  );
}

/** Scenes are chapters; a clip that does not fill its scene is slowed, held or repeated, as was chosen. */
export function toFcpxml(timeline: ExportTimeline): string {
  const film = rateOf(timeline.fps);
  const resources = resourcesOf(timeline);
  const spine = shotsOf(timeline).map((shot, i) =>
    spineElement(shot, i, {
      film,
      resources,
      connected: (at) => (i === 0 ? connectedSong(timeline, film, resources, at) : ""),
    }),
  );
  const title = oneLine(timeline.title) || "Untitled";
  const rate = `${timeline.song.sampleRate / 1000}k`;
  const sequence = element(
    "sequence",
    {
      format: resources.sequence,
      duration: rational(timeline.frames, film),
      tcStart: "0s",
      tcFormat: "NDF",
      audioLayout: "stereo",
      audioRate: AUDIO_RATES.includes(rate) ? rate : "48k",
    },
    element("spine", {}, ...spine.map((one) => `\n${one}`), "\n"),
  );
  const project = element("project", { name: title }, sequence);
  const document = element(
    "fcpxml",
    { version: "1.10" },
    element("resources", {}, ...resources.written().map((one) => `\n${one}`), "\n"),
    element("library", {}, element("event", { name: title }, project)),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n${document}\n`;
}
