import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toFcpxml } from "../../../../../src/domain/views/exports/fcpxml.ts";
import type { ExportTimeline } from "../../../../../src/domain/views/exports/timeline-model.ts";
import { anyFilm, card, clip, film, scenesOf, still } from "../../../../support/exports.ts";
import { invalidIn } from "../../../../support/fcpxml.ts";
import { allOf, readXml, type XmlElement } from "../../../../support/xml.ts";

/** An exact time: a fraction of seconds. */
type Time = [bigint, bigint];
const timeOf = (text = ""): Time => {
  const [, top, bottom] = /^(\d+)(?:\/(\d+))?s$/u.exec(text) ?? [];
  if (top === undefined) throw new Error(`not a time: ${text}`);
  return [BigInt(top), BigInt(bottom ?? 1)];
};
const plus = (a: Time, b: Time): Time => [a[0] * b[1] + b[0] * a[1], a[1] * b[1]];
const compare = (a: Time, b: Time) => {
  const difference = a[0] * b[1] - b[0] * a[1];
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
const frames = (count: number, fps: number): Time =>
  fps === 23.976 ? [BigInt(count * 1001), 24_000n] : [BigInt(count), BigInt(fps)];

const only = (root: XmlElement, name: string): XmlElement => {
  const [found, ...more] = allOf(root).filter((element) => element.name === name);
  if (!found || more.length > 0) throw new Error(`${more.length + 1} of ${name}`);
  return found;
};
const exported = (timeline: ExportTimeline) => {
  const root = readXml(toFcpxml(timeline));
  const resource = (id?: string) => allOf(root).find((element) => element.attributes.id === id);
  return { root, spine: only(root, "spine").children, resource };
};
const summary = (element?: XmlElement) => ({
  name: element?.name,
  offset: element?.attributes.offset,
  duration: element?.attributes.duration,
});
const child = (element: XmlElement | undefined, name: string) =>
  element?.children.find((one) => one.name === name);

describe("FCPXML", () => {
  it("lays clips, stills and lyric cards one after another, the song under the first", () => {
    const scenes = scenesOf([120, clip()], [49, still()], [72, card()]);
    const { root, spine, resource } = exported(film({ scenes }));
    expect(spine.map(summary)).toEqual([
      { name: "asset-clip", offset: "0s", duration: "5s" },
      { name: "video", offset: "5s", duration: "49/24s" },
      { name: "title", offset: "169/24s", duration: "3s" },
    ]);
    const song = child(spine[0], "asset-clip");
    expect(song?.attributes).toMatchObject({ lane: "-1", offset: "0s", duration: "241/24s" });
    expect(resource(song?.attributes.ref)?.attributes).toMatchObject({ hasAudio: "1", audioRate: "44100" });
    expect(resource(spine[1]?.attributes.ref)?.attributes).toMatchObject({ duration: "0s" });
    expect(child(only(root, "text"), "text-style")?.text).toBe("Lyric 2");
  });

  it("marks scenes as chapters and sung lines on the song", () => {
    const lines = [{ text: "Paper boats", startFrame: 30, endFrame: 60, words: [] }];
    const { root, spine } = exported(film({ lines, scenes: scenesOf([24, card()], [48, clip()]) }));
    expect(spine.map((one) => child(one, "chapter-marker")?.attributes)).toMatchObject([
      { start: "3600s", value: "Theme 0" },
      { start: "0s", value: "Theme 1" },
    ]);
    expect(only(root, "marker").attributes).toMatchObject({ start: "5/4s", value: "Paper boats" });
  });

  it("slows a stretched clip by a time map over all of it", () => {
    const scenes = scenesOf([160, clip({ frames: 81, fps: 16, fill: "stretch" })]);
    const { root } = exported(film({ scenes }));
    expect(only(root, "timeMap").children.map((point) => point.attributes)).toMatchObject([
      { time: "0s", value: "0s", interp: "linear" },
      { time: "20/3s", value: "81/16s", interp: "linear" },
    ]);
  });

  it("holds the last picture of a clip, and repeats a looped one", () => {
    const scenes = scenesOf(
      [160, clip({ frames: 120, fill: "hold" })],
      [250, clip({ frames: 120, fill: "loop" })],
    );
    const { root, spine } = exported(film({ scenes }));
    expect(spine.map((one) => one.attributes.duration)).toEqual(["5s", "5/3s", "5s", "5s", "5/12s"]);
    expect(only(root, "timeMap").children.map((point) => point.attributes.value)).toEqual([
      "119/24s",
      "119/24s",
    ]);
  });

  it("plays a clip of another rate in real time, without conforming its speed", () => {
    const scenes = scenesOf([48, clip({ fps: 25 })], [48, clip({ fps: 16, url: "media/16.mp4" })]);
    const { root, spine, resource } = exported(film({ scenes }));
    expect(only(root, "conform-rate").attributes).toEqual({ scaleEnabled: "0", srcFrameRate: "25" });
    const rates = spine.map((one) => resource(one.attributes.format)?.attributes.frameDuration);
    expect(rates).toEqual(["1/25s", "1/16s"]);
  });

  it("names a file once, however often it is shown", () => {
    const { root } = exported(film({ scenes: scenesOf([24, clip()], [24, still()], [24, clip()]) }));
    const sources = allOf(root).flatMap((one) => (one.name === "media-rep" ? [one.attributes.src] : []));
    expect(sources).toEqual(["media/song.mp3", "media/clip.mp4", "media/still.png"]);
  });

  it("ends the song where its sound ends, when that is before the film's last frame is over", () => {
    const timeline = film({ scenes: scenesOf([240, clip({ frames: null })]) });
    const song = { ...timeline.song, durationSeconds: 9.99 };
    const { spine } = exported({ ...timeline, song });
    expect(child(spine[0], "asset-clip")?.attributes.duration).toBe("999/100s");
  });

  it("is valid, exact to the frame and inside its media, for any film and text", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const { root, spine, resource } = exported(timeline);
        expect(invalidIn(root)).toEqual([]);
        const whole = frames(timeline.frames, timeline.fps);
        expect(compare(timeOf(only(root, "sequence").attributes.duration), whole)).toBe(0);
        let at: Time = [0n, 1n];
        for (const one of spine) {
          expect(compare(timeOf(one.attributes.offset), at)).toBe(0);
          at = plus(at, timeOf(one.attributes.duration));
        }
        expect(compare(at, whole)).toBe(0);
        for (const one of allOf(root).filter((element) => element.name === "asset-clip")) {
          const media = resource(one.attributes.ref)?.attributes.duration;
          if (media === undefined) continue;
          const mapped = child(one, "timeMap")?.children.map((point) => point.attributes.value);
          const reached = mapped ?? [one.attributes.duration];
          for (const time of reached) expect(compare(timeOf(time), timeOf(media))).toBeLessThanOrEqual(0);
        }
      }),
    );
  });

  it("keeps every word of a card, whatever it is made of", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const substance = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, "");
        const cards = scenesOf(...timeline.scenes.map(({ lyric }) => [24, card(), { lyric }] as const));
        const texts = allOf(exported(film({ scenes: cards })).root)
          .filter((one) => one.name === "text-style" && one.attributes.ref !== undefined)
          .map((one) => substance(one.text));
        const lyrics = cards.map((scene) => scene.lyric).filter((lyric) => /[^\s\u0085\p{C}]/u.test(lyric));
        expect(texts.filter((text) => text !== "")).toEqual(
          lyrics.map(substance).filter((text) => text !== ""),
        );
      }),
    );
  });
});
