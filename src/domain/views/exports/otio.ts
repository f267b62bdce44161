/**
 * OpenTimelineIO's JSON, in the schema versions that its releases from 0.15 on read.
 * Source: docs/tutorials/otio-serialized-schema.md and src/opentimelineio of that project.
 */
import { filmFrames, type Shot, shotsOf, wholeFrames } from "./shots.ts";
import { cuesOf, oneLine, textOf } from "./text.ts";
import { rateOf } from "./timecode.ts";
import type { ExportTimeline } from "./timeline-model.ts";

const time = (value: number, rate: number) => ({ OTIO_SCHEMA: "RationalTime.1", rate, value });
const range = (start: number, duration: number, rate: number) => ({
  OTIO_SCHEMA: "TimeRange.1",
  duration: time(duration, rate),
  start_time: time(start, rate),
});

const item = (schema: string, name: string, source: object | null, more: object) => ({
  OTIO_SCHEMA: schema,
  metadata: {},
  name,
  source_range: source,
  effects: [],
  markers: [],
  enabled: true,
  ...more,
});

const clip = (name: string, source: object, media: object, more: object) =>
  item("Clip.2", name, source, {
    media_references: { DEFAULT_MEDIA: { metadata: {}, available_image_bounds: null, ...media } },
    active_media_reference_key: "DEFAULT_MEDIA",
    ...more,
  });

const external = (name: string, url: string, available: object | null) => ({
  OTIO_SCHEMA: "ExternalReference.1",
  name,
  available_range: available,
  target_url: url,
});

const marker = (name: string, start: number, duration: number, fps: number, color: string, comment = "") => ({
  OTIO_SCHEMA: "Marker.2",
  metadata: {},
  name,
  color,
  marked_range: range(start, duration, fps),
  comment,
});

/** A time effect does not change how long a clip lasts here: its source range is as long as the shot. */
function timing({ scene, shows, startFrame, endFrame }: Shot, fps: number) {
  const length = endFrame - startFrame;
  const effect = (name: string, scalar: number) => [
    {
      OTIO_SCHEMA: `${name}.1`,
      metadata: {},
      name: "",
      effect_name: name,
      enabled: true,
      time_scalar: scalar,
    },
  ];
  const media = scene?.media;
  if (media && shows === "held")
    return { from: wholeFrames(media, fps) - 1, effects: effect("FreezeFrame", 0) };
  if (media && shows === "slowed")
    return { from: 0, effects: effect("LinearTimeWarp", filmFrames(media, fps) / length) };
  return { from: 0, effects: [] };
}

function picture(shot: Shot, fps: number) {
  const { scene, shows, startFrame, endFrame } = shot;
  const length = endFrame - startFrame;
  const { from, effects } = timing(shot, fps);
  const source = range(from, length, fps);
  if (!scene || (shows === "nothing" && !shot.first)) return item("Gap.1", "", source, {});
  const { media } = scene;
  const own = media.frames !== null && media.fps ? range(0, media.frames, rateFloat(media.fps)) : null;
  const reference =
    shows === "nothing" || media.url === null
      ? { OTIO_SCHEMA: "MissingReference.1", name: "", available_range: null }
      : external(oneLine(media.name), media.url, shows === "still" ? source : own);
  const metadata = { omvee: { scene: scene.id, kind: media.kind, lyric: oneLine(scene.lyric, 500) } };
  return clip(oneLine(scene.name), source, reference, { effects, metadata });
}

function rateFloat(fps: number): number {
  const { num, den } = rateOf(fps);
  return num / den;
}

/** A track of pictures and one of the song; scenes are markers of the timeline, sung lines of the song. */
export function toOtio(timeline: ExportTimeline): string {
  const { song, frames, lines } = timeline;
  const fps = rateFloat(timeline.fps);
  const songClip = clip(
    oneLine(song.name),
    range(0, frames, fps),
    external(
      oneLine(song.name),
      song.url,
      range(0, Math.round(song.durationSeconds * song.sampleRate), song.sampleRate),
    ),
    {
      markers: cuesOf(lines).map((cue) =>
        marker(textOf(cue), cue.startFrame, cue.endFrame - cue.startFrame, fps, "CYAN"),
      ),
    },
  );
  const track = (name: string, kind: string, children: object[]) =>
    item("Track.1", name, null, { kind, children });
  const chapters = timeline.scenes.map((scene) =>
    marker(
      oneLine(scene.name),
      scene.startFrame,
      scene.endFrame - scene.startFrame,
      fps,
      "GREEN",
      oneLine(scene.lyric, 500),
    ),
  );
  const document = {
    OTIO_SCHEMA: "Timeline.1",
    metadata: { omvee: { artist: oneLine(timeline.artist ?? "") } },
    name: oneLine(timeline.title),
    global_start_time: time(0, fps),
    tracks: item("Stack.1", "tracks", null, {
      markers: chapters,
      children: [
        track(
          "Pictures",
          "Video",
          shotsOf(timeline).map((shot) => picture(shot, fps)),
        ),
        track("Song", "Audio", [songClip]),
      ],
    }),
  };
  // JSON can write half a surrogate pair, which OpenTimelineIO does not read.
  const whole = (_: string, value: unknown) => (typeof value === "string" ? value.toWellFormed() : value);
  return `${JSON.stringify(document, whole, 2)}\n`;
}
