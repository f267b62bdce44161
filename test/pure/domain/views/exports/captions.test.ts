import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lyricsFrom } from "../../../../../src/domain/lyrics/lyrics.ts";
import { toLrc } from "../../../../../src/domain/views/exports/lrc.ts";
import { toSrt } from "../../../../../src/domain/views/exports/srt.ts";
import { toVtt } from "../../../../../src/domain/views/exports/vtt.ts";
import { anyFilm, film } from "../../../../support/exports.ts";

/** What a reader must find again whatever a format does to marks and spaces. */
const substance = (text: string) => text.replace(/[^\p{L}\p{N}\p{Emoji_Presentation}]/gu, "");
/** Lines that have anything to show. */
const shown = <T extends { text: string }>(lines: readonly T[]): T[] =>
  lines.filter((line) => /[^\s\u0085\p{Cc}\p{Cs}\uFFFE\uFFFF]/u.test(line.text));

interface ReadCue {
  start: number;
  end: number;
  text: string;
}

const msOf = (clock: string) => {
  const [, h, m, s, ms] = /^(\d{2,}):([0-5]\d):([0-5]\d)[.,](\d{3})$/.exec(clock) ?? [];
  if (ms === undefined) throw new Error(`not a time: ${clock}`);
  return ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000 + Number(ms);
};
const frameOf = (ms: number, fps: number) => Math.round((ms * fps) / 1000);

/** As lenient parsers read it: a cue wherever a line has an arrow, up to the next empty line. */
function readSrt(text: string): (ReadCue & { index: string })[] {
  const lines = text.split(/\r\n|\r|\n/u);
  return lines.flatMap((line, i) => {
    if (!line.includes("-->")) return [];
    const [start = "", end = ""] = line.split(" --> ");
    const rest = lines.slice(i + 1);
    const last = rest.indexOf("");
    return [
      {
        index: lines[i - 1] ?? "",
        start: msOf(start),
        end: msOf(end),
        text: rest.slice(0, last < 0 ? undefined : last).join("\n"),
      },
    ];
  });
}

/** The WebVTT parser of the specification (section 6.1), without settings, regions and styles, and strict. */
function readVtt(text: string): (ReadCue & { stamps: { ms: number; before: string }[] })[] {
  const blocks = text.replace(/\n$/u, "").split(/\n{2,}/u);
  if (blocks.shift()?.trimEnd() !== "WEBVTT") throw new Error("no signature");
  return blocks.map((block) => {
    const [timing = "", ...payload] = block.split("\n");
    const [start = "", end = ""] = timing.split(" --> ");
    const stamps: { ms: number; before: string }[] = [];
    let plain = "";
    for (const token of payload.join("\n").split(/(<[^>]*>)/u)) {
      if (token.startsWith("<")) stamps.push({ ms: msOf(token.slice(1, -1)), before: plain });
      else if (/[<>]|&(?!amp;|lt;|gt;)/u.test(token)) throw new Error(`not escaped: ${token}`);
      else plain += token.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
    }
    return { start: msOf(start), end: msOf(end), text: plain, stamps };
  });
}

const line = (
  text: string,
  startFrame: number,
  endFrame: number,
  words: [string, number, number][] = [],
) => ({
  text,
  startFrame,
  endFrame,
  words: words.map(([word, from, to]) => ({ text: word, startFrame: from, endFrame: to })),
});
const sung = (...lines: ReturnType<typeof line>[]) => film({ lines });

describe("SubRip", () => {
  it("has a numbered cue for each line, with a comma before the milliseconds", () => {
    const text = toSrt(sung(line("Paper boats", 10, 100), line("on the tide", 86_410, 86_500)));
    expect(text).toBe(
      "1\n00:00:00,417 --> 00:00:04,167\nPaper boats\n\n2\n01:00:00,417 --> 01:00:04,167\non the tide\n",
    );
  });

  it("shows what looks like markup as text, since it has no escapes", () => {
    const text = toSrt(sung(line("<b>I <3 you</b> {\\an8} --> now", 0, 24)));
    expect(text).toContain("‹b>I <3 you‹/b> (\\an8} → now");
  });

  it("gives back every line, whole and to the frame, whatever the text", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const cues = readSrt(toSrt(timeline));
        const lines = shown(timeline.lines);
        expect(cues.map((cue) => cue.index)).toEqual(lines.map((_, i) => String(i + 1)));
        cues.forEach((cue, i) => {
          expect(substance(cue.text)).toBe(substance(lines[i]?.text ?? ""));
          expect(cue.text).not.toMatch(/[\n\r\p{Cc}\p{Cs}]|<[a-z/]/iu);
          expect(frameOf(cue.start, timeline.fps)).toBe(lines[i]?.startFrame);
          expect(frameOf(cue.end, timeline.fps)).toBe(lines[i]?.endFrame);
        });
      }),
    );
  });

  it("is empty for a song without words", () => {
    expect(toSrt(sung())).toBe("");
  });
});

describe("WebVTT", () => {
  it("sets a timestamp before each timed word, but not at the cue's own start", () => {
    const words: [string, number, number][] = [
      ["Paper", 120, 128],
      ["boats,", 130, 140],
      ["again", 150, 160],
    ];
    expect(toVtt(sung(line("Paper boats, again", 120, 200, words)))).toBe(
      "WEBVTT\n\n00:00:05.000 --> 00:00:08.333\nPaper <00:00:05.417>boats, <00:00:06.250>again\n",
    );
  });

  it("keeps the line as written where a heard word is not in it", () => {
    const words: [string, number, number][] = [
      ["papr", 0, 4],
      ["boats", 10, 20],
    ];
    expect(readVtt(toVtt(sung(line("Paper boats", 0, 48, words))))).toEqual([
      { start: 0, end: 2000, text: "Paper boats", stamps: [{ ms: 417, before: "Paper " }] },
    ]);
  });

  it("times repeated words one by one", () => {
    const words: [string, number, number][] = [
      ["lala", 0, 10],
      ["la", 12, 20],
      ["la", 24, 30],
    ];
    const [cue] = readVtt(toVtt(sung(line("lala la la", 0, 48, words))));
    expect(cue?.stamps).toEqual([
      { ms: 500, before: "lala " },
      { ms: 1000, before: "lala la " },
    ]);
  });

  it("takes lyrics as the project keeps them, in a script without spaces too", () => {
    const lyrics = lyricsFrom(
      {
        text: "紙の舟",
        language: "ja",
        segments: [{ text: "紙の舟", start: 1, end: 3, noSpeech: null, confidence: null }],
        words: [
          { text: "紙", start: 1, end: 1.5 },
          { text: "の", start: 1.5, end: 2 },
          { text: "舟", start: 2, end: 3 },
        ],
      },
      { totalFrames: 240, fps: 24 },
    );
    const [cue] = readVtt(toVtt(film({ lines: lyrics.lines })));
    expect(substance(cue?.text ?? "")).toBe("紙の舟");
    expect(cue?.stamps.map((stamp) => stamp.ms)).toEqual([1500, 2000]);
  });

  it("gives back every line, whole and to the frame, with timestamps that ascend inside it", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const cues = readVtt(toVtt(timeline));
        const lines = shown(timeline.lines);
        expect(cues).toHaveLength(lines.length);
        cues.forEach((cue, i) => {
          expect(substance(cue.text)).toBe(substance(lines[i]?.text ?? ""));
          expect(frameOf(cue.start, timeline.fps)).toBe(lines[i]?.startFrame);
          expect(frameOf(cue.end, timeline.fps)).toBe(lines[i]?.endFrame);
          const times = [cue.start, ...cue.stamps.map((stamp) => stamp.ms), cue.end];
          expect(times.every((ms, k) => k === 0 || ms > (times[k - 1] ?? 0))).toBe(true);
        });
      }),
    );
  });
});

describe("LRC", () => {
  it("names the song, times lines and words, and clears a line that silence follows", () => {
    const words: [string, number, number][] = [
      ["Paper", 24, 30],
      ["boats", 36, 50],
    ];
    const lines = [line("Paper boats", 24, 60, words), line("on the tide", 62, 90), line("home", 200, 230)];
    expect(toLrc(film({ lines, frames: 24 * 95, scenes: [] }))).toBe(
      [
        "[ti:Paper Boats]",
        "[ar:The Tides]",
        "[length:01:35]",
        "[00:01.00]<00:01.00>Paper <00:01.50>boats<00:02.50>",
        "[00:02.58]on the tide",
        "[00:03.75]",
        "[00:08.33]home",
        "[00:09.58]",
        "",
      ].join("\n"),
    );
  });

  it("has one tag at the start of each line and no other, whatever the text", () => {
    fc.assert(
      fc.property(anyFilm, (timeline) => {
        const rows = toLrc(timeline)
          .trimEnd()
          .split(/[\n\r\u2028\u2029\u0085]/u);
        const head = rows.filter((row) => /^\[(ti|ar|length):[^[\]]*\]$/u.test(row));
        const body = rows.slice(head.length).map((row) => {
          const [, m, s, text] = /^\[(\d\d+):([0-5]\d\.\d\d)\]([^[\]]*)$/u.exec(row) ?? [];
          expect(text, row).toBeDefined();
          return { at: Number(m) * 60 + Number(s), text: text ?? "" };
        });
        const lines = shown(timeline.lines);
        const texts = body.filter((row) => row.text !== "");
        expect(texts).toHaveLength(lines.length);
        texts.forEach((row, i) => {
          expect(Math.round(row.at * timeline.fps)).toBe(lines[i]?.startFrame);
          const plain = row.text.replace(/<\d\d+:[0-5]\d\.\d\d>/gu, "");
          expect(substance(plain)).toBe(substance(lines[i]?.text ?? ""));
          expect(plain).not.toMatch(/<\d+:/u);
        });
        expect(body.every((row, i) => i === 0 || row.at >= (body[i - 1]?.at ?? 0))).toBe(true);
      }),
    );
  });
});

it("cuts a line that is longer than 500 characters, never inside one", () => {
  const [cue] = readVtt(toVtt(sung(line("🎤".repeat(900), 0, 48))));
  expect(cue?.text).toBe("🎤".repeat(500));
});
