import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { failure } from "../../src/domain/record/failures.ts";
import { memoryFile } from "../../src/media/lib/source.ts";
import { probeSong } from "../../src/media/song/probe.ts";
import { collectTranscription } from "../../src/pipeline/stages/transcribe.ts";
import { redact } from "../../src/providers/http.ts";
import { openaiTranscriber } from "../../src/providers/openai.ts";
import { plainLine } from "../../src/providers/plain-line.ts";
import { readPrediction } from "../../src/providers/prediction.ts";
import { mp3Frame } from "../support/long-songs.ts";
import { around, expectStorable } from "../support/odd-text.ts";
import { taskOf, World } from "../support/record.ts";
import { json, scripted } from "../support/scripted-fetch.ts";
import { id3, joined, sylt, uslt, utf16 } from "../support/song-tags.ts";

/** Five seconds. */
const sound = joined(...Array(210).fill(mp3Frame));
const [TAG, LINE, BODY, MESSAGE] = [200, 500, 4000, 2000];

async function probed(tag: Uint8Array) {
  const bytes = joined(tag, sound);
  const result = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!result.ok) throw new Error(result.failure.message);
  return result.audio;
}

const lines = fc.array(fc.oneof(around(LINE), around(BODY), around(TAG)), { minLength: 1, maxLength: 3 });

describe("whatever characters a text has, it can be stored:", () => {
  it("a song's title and artist", async () => {
    await fc.assert(
      fc.asyncProperty(around(TAG), around(TAG), async (title, artist) => {
        const audio = await probed(
          id3(4, [
            ["TIT2", [1, ...utf16(title)]],
            ["TPE1", [1, ...utf16(artist, true)]],
          ]),
        );
        expectStorable(audio);
        for (const text of [audio.title, audio.artist]) expect(text?.length).toBeLessThanOrEqual(TAG);
        expect(audio.title?.length).toBeGreaterThan(TAG - 20);
      }),
    );
  });

  it("plain lyrics and LRC, also with times of words", async () => {
    const stamp = fc.constantFrom("", "[00:01.00]", "[00:01.00]<00:01.00>", "[00:01.00]a <00:02.00>");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(stamp, lines), { minLength: 1, maxLength: 3 }), async (rows) => {
        const text = rows.map(([before, pieces]) => before + pieces.join("<00:03.00>")).join("\n");
        const audio = await probed(id3(4, [uslt(utf16(text), 1)]));
        expectStorable(audio);
        for (const line of audio.embeddedLyrics?.lines ?? []) {
          expect(line.text.length).toBeLessThanOrEqual(LINE);
          for (const word of line.words) expect(word.text).toMatch(/^\S+$/);
        }
      }),
    );
  });

  it("lyrics in a frame that times them", async () => {
    const piece = fc.tuple(fc.constantFrom("", "\n", " "), fc.oneof(around(4), around(LINE)));
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), async (pieces) => {
        const timed = pieces.map(
          ([before, text], i) => [utf16(before + text.replaceAll("\0", "")), 500 * i] as const,
        );
        const audio = await probed(id3(4, [sylt(timed, { encoding: 1 })]));
        expectStorable(audio);
        for (const line of audio.embeddedLyrics?.lines ?? [])
          expect(line.text.length).toBeLessThanOrEqual(LINE);
      }),
    );
  });

  const spoken = fc.oneof(around(3), around(0));

  it("a transcription by OpenAI", async () => {
    await fc.assert(
      fc.asyncProperty(spoken, spoken, spoken, spoken, async (text, segment, word, language) => {
        const answer = {
          text,
          language,
          segments: [{ start: 0, end: 1, text: segment }],
          words: [{ word, start: 0, end: 1 }],
        };
        const { fetch } = scripted(json(200, answer));
        const transcriber = openaiTranscriber({ apiKey: "k", baseUrl: "https://api.test/v1", fetch });
        const song = { audio: new Uint8Array(8), filename: "a.mp3", contentType: "audio/mpeg" };
        const outcome = await transcriber.transcribe({ ...song, model: "whisper-1" });
        expect(outcome.kind).toBe("ok");
        expectStorable(outcome);
      }),
    );
  });

  it("a transcription by WhisperX", () => {
    fc.assert(
      fc.property(spoken, spoken, spoken, (text, word, language) => {
        const { record } = new World();
        const task = taskOf(record.readAt, { type: "transcribe" });
        const output = {
          detected_language: language,
          segments: [{ start: 0, end: 1, text, words: [{ word, start: 0, end: 1 }] }],
        };
        const prediction = readPrediction({ id: "p1", status: "succeeded", output });
        if (!prediction) throw new Error("no prediction");
        const result = collectTranscription({ task, record }, prediction);
        expect(result.kind).toBe("completed");
        expectStorable(result);
      }),
    );
  });

  it("a line of the director's, a provider's words, and a failure's message", () => {
    const limited = fc
      .constantFrom(1, 2, 40, 299, 300, MESSAGE)
      .chain((most) => fc.tuple(fc.constant(most), around(most)));
    fc.assert(
      fc.property(limited, ([most, text]) => {
        const line = plainLine(text, most);
        const { message } = failure("provider_unavailable", text);
        expectStorable([line, message, redact(text)]);
        expect(line.length).toBeLessThanOrEqual(most);
        expect(message.length).toBeLessThanOrEqual(MESSAGE);
      }),
    );
  });
});
