import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toEdl } from "../../../../../src/domain/views/exports/edl.ts";
import { anyFilm, card, clip, film, scenesOf, still } from "../../../../support/exports.ts";

interface Event {
  number: number;
  reel: string;
  channels: string;
  source: [number, number];
  record: [number, number];
  speed: number | null;
  notes: string[];
}

function frameOf(timecode: string, fps: number): number {
  const [h = 0, m = 0, s = 0, f = 0] = timecode.split(":").map(Number);
  expect(f).toBeLessThan(fps);
  return ((h * 60 + m) * 60 + s) * fps + f;
}

/** A reader of CMX3600: columns as the format has them, everything else is a note of the event before. */
function readEdl(text: string, fps = 24): { title: string; events: Event[] } {
  const [title = "", mode, empty, ...rows] = text.split(/\r\n|[\n\r]/u);
  expect(title).toMatch(/^TITLE: {3}.{1,75}$/u);
  expect([mode, empty]).toEqual(["FCM: NON-DROP FRAME", ""]);
  const tc = "(\\d\\d:\\d\\d:\\d\\d:\\d\\d)";
  const form = new RegExp(`^(\\d{3})  (\\S{1,8}) +(V|AA?) +C +${tc} ${tc} ${tc} ${tc}$`, "u");
  const events: Event[] = [];
  for (const row of rows.slice(0, -1)) {
    const [, number, reel = "", channels = "", ...times] = form.exec(row) ?? [];
    const [a = 0, b = 0, c = 0, d = 0] = times.map((time) => frameOf(time, fps));
    if (number) {
      events.push({
        number: Number(number),
        reel,
        channels,
        source: [a, b],
        record: [c, d],
        speed: null,
        notes: [],
      });
      continue;
    }
    const event = events.at(-1);
    const motion = /^M2 {3}(\S{1,8}) +(\d{3}\.\d) +(\d\d:\d\d:\d\d:\d\d)$/u.exec(row);
    if (!event || !(motion || row.startsWith("* "))) throw new Error(`unknown row: ${row}`);
    if (motion) {
      expect([motion[1], frameOf(motion[3] ?? "", fps)]).toEqual([event.reel, event.source[0]]);
      event.speed = Number(motion[2]);
    } else event.notes.push(row);
  }
  return { title, events };
}

const length = ([from, to]: [number, number]) => to - from;
const pictures = (events: Event[]) => events.filter((event) => event.channels === "V");
const eventsOf = (timeline: Parameters<typeof toEdl>[0]) =>
  toEdl(timeline).flatMap((text) => readEdl(text, Math.round(timeline.fps)).events);

describe("the edit decision list", () => {
  it("lays the song under clips, stills and black, from 00:00:00:00", () => {
    const scenes = scenesOf([120, clip()], [48, still()], [72, card()]);
    expect(toEdl(film({ scenes }))).toEqual([
      [
        "TITLE:   Paper Boats",
        "FCM: NON-DROP FRAME",
        "",
        "001  SONG     AA    C        00:00:00:00 00:00:10:00 00:00:00:00 00:00:10:00",
        "* FROM CLIP NAME:  song.mp3",
        "* RECORD STARTS AT 00:00:00:00, 24 FRAMES A SECOND, NON-DROP",
        "002  V0001    V     C        00:00:00:00 00:00:05:00 00:00:00:00 00:00:05:00",
        "* FROM CLIP NAME:  clip.mp4",
        "* LOC: 00:00:00:00 GREEN   Theme 0",
        "003  I0002    V     C        00:00:00:00 00:00:02:00 00:00:05:00 00:00:07:00",
        "* FROM CLIP NAME:  still.png",
        "* LOC: 00:00:05:00 GREEN   Theme 1",
        "004  BL       V     C        00:00:00:00 00:00:03:00 00:00:07:00 00:00:10:00",
        "* LOC: 00:00:07:00 GREEN   Theme 2",
        "* LYRIC CARD: Lyric 2",
        "",
      ].join("\r\n"),
    ]);
  });

  it("slows a stretched clip by M2, in frames of the source for each second", () => {
    const scenes = scenesOf([160, clip({ frames: 120, fill: "stretch" })]);
    const [event] = pictures(eventsOf(film({ scenes })));
    expect(event).toMatchObject({ source: [0, 120], record: [0, 160], speed: 18 });
  });

  it("freezes the last picture of a held clip", () => {
    const scenes = scenesOf([160, clip({ frames: 120, fill: "hold" })]);
    const events = pictures(eventsOf(film({ scenes })));
    expect(events).toMatchObject([
      { source: [0, 120], record: [0, 120], speed: null },
      { source: [119, 120], record: [120, 160], speed: 0 },
    ]);
    expect(events[1]?.notes).toContain("* * FREEZE FRAME");
  });

  it("plays a looped clip again from its first frame until the scene ends", () => {
    const scenes = scenesOf([250, clip({ frames: 100, fill: "loop" })]);
    const events = pictures(eventsOf(film({ scenes })));
    expect(events.map((event) => event.source)).toEqual([
      [0, 100],
      [0, 100],
      [0, 50],
    ]);
  });

  it("calls a file that is used twice by one reel name", () => {
    const scenes = scenesOf([24, clip()], [24, clip({ url: "media/other.mp4" })], [24, clip()]);
    const names = pictures(eventsOf(film({ scenes }))).map((event) => event.reel);
    expect(names).toEqual(["V0001", "V0002", "V0001"]);
  });

  it("goes on in a second list after 999 events", () => {
    const scenes = scenesOf(...Array.from({ length: 1500 }, () => [24, clip()] as const));
    const lists = toEdl(film({ scenes })).map((text) => readEdl(text));
    expect(lists.map((list) => list.title)).toEqual([
      "TITLE:   Paper Boats 1 OF 2",
      "TITLE:   Paper Boats 2 OF 2",
    ]);
    expect(lists.map((list) => list.events.length)).toEqual([999, 502]);
    for (const { events } of lists) expect(events.map((e) => e.number)).toEqual(events.map((_, i) => i + 1));
    const all = pictures(lists.flatMap((list) => list.events));
    expect(all.every((event, i) => event.record[0] === (all[i - 1]?.record[1] ?? 0))).toBe(true);
    expect(all.at(-1)?.record[1]).toBe(1500 * 24);
  });

  it("covers the film to the frame, and changes speed only where it says so, for any film and text", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const events = eventsOf(timeline);
        const [song, ...rest] = events;
        expect(song).toMatchObject({
          reel: "SONG",
          record: [0, timeline.frames],
          source: [0, timeline.frames],
        });
        let at = 0;
        for (const event of rest) {
          expect(event.record[0]).toBe(at);
          at = event.record[1];
          expect(length(event.record)).toBeGreaterThan(0);
          if (event.speed === null) expect(length(event.source)).toBe(length(event.record));
          else if (event.speed === 0) expect(length(event.source)).toBe(1);
          else {
            const speed = (timeline.fps * length(event.source)) / length(event.record);
            expect(Math.abs(event.speed - speed)).toBeLessThanOrEqual(0.051);
          }
        }
        expect(at).toBe(timeline.frames);
      }),
    );
  });
});
