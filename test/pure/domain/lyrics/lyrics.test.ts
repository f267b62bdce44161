import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lyricsFrom } from "../../../../src/domain/lyrics/lyrics.ts";
import type { Transcript } from "../../../../src/domain/record/song.ts";
import fixture from "../../../fixtures/song.json" with { type: "json" };

const FPS = 24;
const song = { totalFrames: 65 * FPS, fps: FPS };
const transcript = (over: Partial<Transcript>): Transcript => ({
  text: "",
  language: null,
  segments: [],
  words: [],
  ...over,
});
const segment = (text: string, start: number, end: number, noSpeech = 0.01, confidence = 0.9) => ({
  text,
  start,
  end,
  noSpeech,
  confidence,
});
const word = (text: string, start: number, end: number) => ({ text, start, end });
const texts = (h: Transcript, s = song) => lyricsFrom(h, s).lines.map((l) => l.text);

const fixtureWords = fixture.lines.flatMap((l) => l.words.map((w) => word(w.word, w.start, w.end)));
const fixtureText = fixture.lines.map((l) => l.text);

const anyTime = fc.oneof(
  { weight: 9, arbitrary: fc.double({ min: -5, max: 90, noNaN: true }) },
  { weight: 1, arbitrary: fc.double() },
);
const anyText = fc.oneof(
  fc.lorem({ maxCount: 6 }),
  fc.string({ maxLength: 12 }),
  fc.constantFrom("la la la", "", "♪", "東京"),
);
const anyTimed = fc.record({ text: anyText, start: anyTime, end: anyTime });
const anyShare = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1, noNaN: true }));
const anyHeard = fc.record({
  text: fc.lorem({ maxCount: 30 }),
  language: fc.constantFrom("en", null),
  segments: fc.array(
    fc.record({ text: anyText, start: anyTime, end: anyTime, noSpeech: anyShare, confidence: anyShare }),
    { maxLength: 25 },
  ),
  words: fc.array(anyTimed, { maxLength: 60 }),
});

describe("lyrics from a transcription", () => {
  it("always ascend in whole frames inside the song, and so do the words of every line", () => {
    fc.assert(
      fc.property(anyHeard, fc.integer({ min: 1, max: 2000 }), (h, totalFrames) => {
        let at = 0;
        for (const line of lyricsFrom(h, { totalFrames, fps: FPS }).lines) {
          expect(Number.isSafeInteger(line.startFrame) && Number.isSafeInteger(line.endFrame)).toBe(true);
          expect(line.startFrame).toBeGreaterThanOrEqual(at);
          expect(line.endFrame).toBeGreaterThan(line.startFrame);
          expect(line.endFrame).toBeLessThanOrEqual(totalFrames);
          let inLine = line.startFrame;
          for (const w of line.words) {
            expect(w.startFrame).toBeGreaterThanOrEqual(inLine);
            expect(w.endFrame).toBeGreaterThanOrEqual(w.startFrame);
            inLine = w.endFrame;
          }
          expect(inLine).toBeLessThanOrEqual(line.endFrame);
          at = line.endFrame;
        }
      }),
      { numRuns: 300 },
    );
  });

  it("are the segments, with the times of their words", () => {
    const segments = fixture.lines.map((l) => segment(` ${l.text},`, l.start - 0.4, l.end + 0.3));
    const { lines } = lyricsFrom(transcript({ segments, words: fixtureWords }), song);
    expect(lines.map((l) => l.text)).toEqual(fixtureText.map((t) => `${t},`));
    expect(lines.map((l) => [l.startFrame, l.endFrame])).toEqual(
      fixture.lines.map((l) => [Math.round(l.start * FPS), Math.round(l.end * FPS)]),
    );
    expect(lines[0]?.words.map((w) => w.text)).toEqual(["Neon", "rain", "on", "the", "window", "pane,"]);
    expect(lines[0]?.words[1]).toEqual({ text: "rain", startFrame: 137, endFrame: 149 });
    expect(lines.every((l) => l.confidence === 0.9)).toBe(true);
  });

  it("are cut at pauses where there are words and no segments, with the punctuation of the text", () => {
    const text = fixtureText.map((t) => `${t}!`).join(" ");
    const { lines } = lyricsFrom(transcript({ text, words: fixtureWords }), song);
    expect(lines.map((l) => l.text)).toEqual(fixtureText.map((t) => `${t}!`));
    expect(lines.every((l) => l.confidence === null)).toBe(true);
  });

  it("break where the text breaks its lines", () => {
    const words = ["one", "two", "three", "four"].map((w, i) => word(w, i, i + 1));
    expect(texts(transcript({ text: "One, two\nthree four.", words }))).toEqual(["One, two", "three four."]);
  });

  it("fill the song by the length of their text where no times are known", () => {
    const { lines } = lyricsFrom(transcript({ text: "abcd\nefgh ijkl mn\n\n" }), {
      totalFrames: 160,
      fps: FPS,
    });
    expect(lines).toEqual([
      { text: "abcd", startFrame: 0, endFrame: 40, words: [], confidence: null },
      { text: "efgh ijkl mn", startFrame: 40, endFrame: 160, words: [], confidence: null },
    ]);
    const rambling = Array.from({ length: 40 }, (_, i) => `w${i}`).join(" ");
    expect(texts(transcript({ text: rambling }))).toHaveLength(4);
    expect(texts(transcript({ text: rambling })).join(" ")).toBe(rambling);
  });

  it.each([
    ["nothing", transcript({})],
    ["white space", transcript({ text: "  \n " })],
    [
      "signs of music",
      transcript({ segments: [segment(" ♪♪", 0, 5), segment("[Music]", 5, 9), segment("*humming*", 9, 12)] }),
    ],
  ])("are empty for %s", (_what, h) => {
    expect(lyricsFrom(h, song).lines).toEqual([]);
  });

  it("leave out text made up over music, and keep singing that only sounds like music", () => {
    const segments = [
      segment("Thanks for watching", 0, 5, 0.9, 0.2),
      segment("Sung over a loud band", 5, 9, 0.9, 0.8),
      segment("A mumbled line", 10, 14, 0.1, 0.2),
      segment("(Oh yeah)", 15, 16),
    ];
    expect(texts(transcript({ segments }))).toEqual(["Sung over a loud band", "A mumbled line", "(Oh yeah)"]);
  });

  it("leave out text that repeats itself only where there is another sign that it was made up", () => {
    const round = (text: string, noSpeech: number, confidence: number) => ({
      ...segment(text, 0, 0.5, noSpeech, confidence),
      compressionRatio: 5,
    });
    const segments = [
      round("La la la la la la la la", 0.3, 0.9),
      round("Over no voice at all", 0.7, 0.9),
      round("By guesses alone", 0.3, 0.2),
    ].map((s, i) => ({ ...s, start: 5 * i, end: 5 * i + 4 }));
    expect(texts(transcript({ segments }))).toEqual(["La la la la la la la la"]);
  });

  it("cut a segment that is too long at its widest pause", () => {
    const words = [word("one", 0, 2), word("two", 2, 4), word("three", 4.5, 7), word("four", 7, 9.5)];
    expect(texts(transcript({ segments: [segment("One, two; three four.", 0, 10)], words }))).toEqual([
      "One, two;",
      "three four.",
    ]);
  });

  it("give a written word that was not heard the time between its neighbours", () => {
    const words = [word("hello", 1, 2), word("world", 3, 4)];
    const [line] = lyricsFrom(
      transcript({ segments: [segment("Hello, cruel world", 1, 4)], words }),
      song,
    ).lines;
    expect(line?.words.map((w) => [w.text, w.startFrame, w.endFrame])).toEqual([
      ["Hello,", 24, 48],
      ["cruel", 48, 72],
      ["world", 72, 96],
    ]);
  });

  it("keep a repeated chorus line by line", () => {
    const words = [0, 5, 10].flatMap((at) =>
      ["na", "na", "hey"].map((w, i) => word(w, at + i, at + i + 0.9)),
    );
    const segments = [0, 5, 10].map((at) => segment("Na na, hey", at - 0.4, at + 4.9));
    const { lines } = lyricsFrom(transcript({ segments, words }), song);
    expect(lines.map((l) => l.startFrame)).toEqual([0, 5 * FPS, 10 * FPS]);
    expect(lines.every((l) => l.words.length === 3)).toBe(true);
  });

  it("keep the words of a script without spaces as they were heard", () => {
    const words = [word("東", 1, 1.5), word("京", 1.5, 2), word("夜", 2, 3)];
    const [line] = lyricsFrom(transcript({ segments: [segment("東京夜。", 1, 3)], words }), song).lines;
    expect(line?.text).toBe("東京夜。");
    expect(line?.words.map((w) => w.text)).toEqual(["東", "京", "夜"]);
    expect(texts(transcript({ text: "東京夜", words }))).toEqual(["東京夜"]);
  });

  it("end with the song: times past it are clamped, lines past it are left out", () => {
    const segments = [segment("Last line", 60, 80), segment("Thank you", 70, 75)];
    expect(lyricsFrom(transcript({ segments }), song).lines).toMatchObject([
      { text: "Last line", startFrame: 60 * FPS, endFrame: 65 * FPS },
    ]);
  });

  it("keep the start of a line that overlaps the one before", () => {
    const segments = [segment("One", 0, 6), segment("Two", 4, 8)];
    expect(lyricsFrom(transcript({ segments }), song).lines).toMatchObject([
      { startFrame: 0, endFrame: 4 * FPS },
      { startFrame: 4 * FPS, endFrame: 8 * FPS },
    ]);
  });
});
