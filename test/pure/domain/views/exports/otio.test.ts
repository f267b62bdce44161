import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toOtio } from "../../../../../src/domain/views/exports/otio.ts";
import { anyFilm, card, clip, film, scenesOf, still } from "../../../../support/exports.ts";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * The fields of each schema, as OpenTimelineIO 0.15 to 0.18 write them (tests/baselines and
 * docs/tutorials/otio-serialized-schema-only-fields.md). `?`: may be null; `[]`: a list of these.
 */
const ITEM = {
  metadata: "object",
  name: "string",
  source_range: "TimeRange.1?",
  effects: "LinearTimeWarp.1|FreezeFrame.1[]",
  markers: "Marker.2[]",
  enabled: "boolean",
};
const MEDIA = {
  metadata: "object",
  name: "string",
  available_range: "TimeRange.1?",
  available_image_bounds: "null",
};
const EFFECT = {
  metadata: "object",
  name: "string",
  effect_name: "string",
  enabled: "boolean",
  time_scalar: "number",
};
const SCHEMAS: Record<string, Record<string, string>> = {
  "Timeline.1": {
    metadata: "object",
    name: "string",
    global_start_time: "RationalTime.1?",
    tracks: "Stack.1",
  },
  "Stack.1": { ...ITEM, children: "Track.1[]" },
  "Track.1": { ...ITEM, kind: "string", children: "Clip.2|Gap.1[]" },
  "Clip.2": { ...ITEM, media_references: "object", active_media_reference_key: "string" },
  "Gap.1": ITEM,
  "ExternalReference.1": { ...MEDIA, target_url: "string" },
  "MissingReference.1": MEDIA,
  "LinearTimeWarp.1": EFFECT,
  "FreezeFrame.1": EFFECT,
  "Marker.2": {
    metadata: "object",
    name: "string",
    color: "string",
    marked_range: "TimeRange.1",
    comment: "string",
  },
  "TimeRange.1": { start_time: "RationalTime.1", duration: "RationalTime.1" },
  "RationalTime.1": { rate: "number", value: "number" },
};

function fits(value: unknown, type: string): string[] {
  if (type.endsWith("[]")) {
    return Array.isArray(value)
      ? value.flatMap((one) => fits(one, type.slice(0, -2)))
      : [`not a list: ${JSON.stringify(value)}`];
  }
  if (type.endsWith("?")) return value === null ? [] : fits(value, type.slice(0, -1));
  if (type === "null") return value === null ? [] : ["not null"];
  if (type === "object") return isObject(value) ? [] : ["not an object"];
  if (type.includes(".")) {
    const schema = isObject(value) ? String(value.OTIO_SCHEMA) : "";
    return type.split("|").includes(schema) && isObject(value)
      ? faultsOf(value)
      : [`${schema} is not ${type}`];
  }
  return typeof value === type ? [] : [`${JSON.stringify(value)} is not a ${type}`];
}

/** What differs from the schema; empty where nothing does. */
function faultsOf(value: Json): string[] {
  const { OTIO_SCHEMA, ...fields } = value;
  const schema = SCHEMAS[String(OTIO_SCHEMA)];
  if (!schema) return [`no schema ${OTIO_SCHEMA}`];
  const names = [Object.keys(fields).toSorted(), Object.keys(schema).toSorted()].map(String);
  return [
    ...(names[0] === names[1] ? [] : [`${OTIO_SCHEMA} has ${names[0]}, not ${names[1]}`]),
    ...Object.entries(schema).flatMap(([name, type]) => fits(fields[name], type)),
    ...(isObject(fields.media_references)
      ? fits(
          fields.media_references[String(fields.active_media_reference_key)],
          "ExternalReference.1|MissingReference.1",
        )
      : []),
  ];
}

interface Range {
  start_time: { value: number; rate: number };
  duration: { value: number; rate: number };
}
interface Item {
  OTIO_SCHEMA: string;
  name: string;
  source_range: Range;
  effects: { OTIO_SCHEMA: string; time_scalar: number }[];
  markers: { name: string; comment: string; marked_range: Range }[];
  media_references?: {
    DEFAULT_MEDIA: { OTIO_SCHEMA: string; target_url?: string; available_range: Range | null };
  };
}
interface Timeline {
  tracks: { markers: Item["markers"]; children: { kind: string; children: Item[] }[] };
}

/** The document, once it is seen to be as the schema says: only then do the types above hold. */
function exported(timeline: Parameters<typeof toOtio>[0]) {
  const text = toOtio(timeline);
  // The project's own reader refuses half a surrogate pair, which JSON.parse takes.
  expect(text).not.toMatch(/\\ud[89a-f][0-9a-f]{2}/iu);
  const document: unknown = JSON.parse(text);
  expect(fits(document, "Timeline.1")).toEqual([]);
  const { tracks } = document as Timeline;
  const [pictures, sound] = tracks.children;
  const [song] = sound?.children ?? [];
  if (!pictures || !song) throw new Error("not two tracks");
  return { chapters: tracks.markers, pictures: pictures.children, song };
}
const seconds = ({ value, rate }: { value: number; rate: number }) => value / rate;
const span = ({ start_time, duration }: Range) => [start_time.value, duration.value];

describe("OpenTimelineIO", () => {
  it("lays clips, stills and missing cards on a track of pictures, and the song on one of sound", () => {
    const { pictures, song } = exported(
      film({ scenes: scenesOf([120, clip()], [48, still()], [72, card()]) }),
    );
    const seen = pictures.map((item) => [
      item.name,
      item.media_references?.DEFAULT_MEDIA.OTIO_SCHEMA,
      item.media_references?.DEFAULT_MEDIA.target_url,
      ...span(item.source_range),
    ]);
    expect(seen).toEqual([
      ["Theme 0", "ExternalReference.1", "media/clip.mp4", 0, 120],
      ["Theme 1", "ExternalReference.1", "media/still.png", 0, 48],
      ["Theme 2", "MissingReference.1", undefined, 0, 72],
    ]);
    expect(song.media_references?.DEFAULT_MEDIA).toMatchObject({
      target_url: "media/song.mp3",
      available_range: { duration: { value: 441_000, rate: 44_100 } },
    });
    expect(span(song.source_range)).toEqual([0, 240]);
  });

  it("marks scenes on the timeline and sung lines on the song", () => {
    const lines = [{ text: "Paper boats", startFrame: 30, endFrame: 60, words: [] }];
    const { chapters, song } = exported(film({ lines }));
    expect(chapters.map((m) => [m.name, m.comment, ...span(m.marked_range)])).toEqual([
      ["Theme 0", "Lyric 0", 0, 120],
      ["Theme 1", "Lyric 1", 120, 48],
    ]);
    expect(song.markers.map((m) => [m.name, ...span(m.marked_range)])).toEqual([["Paper boats", 30, 30]]);
  });

  it("slows, holds and repeats a clip as was chosen", () => {
    const { pictures } = exported(
      film({
        scenes: scenesOf(
          [160, clip({ fill: "stretch" })],
          [130, clip({ fill: "hold" })],
          [250, clip({ fill: "loop" })],
        ),
      }),
    );
    const seen = pictures.map((item) => [
      ...span(item.source_range),
      ...item.effects.flatMap((effect) => [effect.OTIO_SCHEMA, effect.time_scalar]),
    ]);
    expect(seen).toEqual([
      [0, 160, "LinearTimeWarp.1", 0.75],
      [0, 120],
      [119, 10, "FreezeFrame.1", 0],
      [0, 120],
      [0, 120],
      [0, 10],
    ]);
  });

  it("leaves a gap where a clip ends before its scene and nothing was chosen", () => {
    const { pictures } = exported(film({ scenes: scenesOf([130, clip()]) }));
    expect(pictures.map((item) => [item.OTIO_SCHEMA, item.source_range.duration.value])).toEqual([
      ["Clip.2", 120],
      ["Gap.1", 10],
    ]);
  });

  it("keeps the last picture of a clip that is up to half a frame short, as the film does", () => {
    const { pictures } = exported(film({ scenes: scenesOf([122, clip({ frames: 81, fps: 16 })]) }));
    expect(pictures.map((item) => item.effects.map((effect) => effect.OTIO_SCHEMA))).toEqual([
      [],
      ["FreezeFrame.1"],
    ]);
  });

  it("fits the schema, lasts as long as the song to the frame and stays inside its media, for any film", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const { pictures, song } = exported(timeline);
        const total = pictures.reduce((sum, item) => sum + item.source_range.duration.value, 0);
        expect(total).toBe(timeline.frames);
        expect(song.source_range.duration.value).toBe(timeline.frames);
        for (const { source_range, effects, media_references } of pictures) {
          expect(source_range.duration.value).toBeGreaterThan(0);
          const available = media_references?.DEFAULT_MEDIA.available_range;
          if (!available) continue;
          const speed = effects[0]?.time_scalar ?? 1;
          const reached = seconds(source_range.start_time) + seconds(source_range.duration) * speed;
          expect(reached).toBeLessThanOrEqual(seconds(available.duration) + 1e-6);
        }
      }),
    );
  });
});
