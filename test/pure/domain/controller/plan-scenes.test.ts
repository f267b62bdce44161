import fc from "fast-check";
import { expect, test } from "vitest";
import { proposedScenes } from "../../../../src/domain/controller/plan-scenes.ts";
import { World } from "../../../support/record.ts";

const MAX_CHARACTERS = 2000;

/** The excerpt of a song's one scene that sings these lines. */
function excerptOf(texts: readonly string[]): string {
  const { record } = new World({ scenes: { minSeconds: 4, maxSeconds: 9 } }, 8);
  const { audio } = record.project;
  if (!audio) throw new Error("no song");
  const lines = texts.map((text, i) => ({
    text,
    startFrame: i,
    endFrame: i + 1,
    words: [],
    confidence: null,
  }));
  const planned = proposedScenes(
    {
      record,
      audio,
      lyrics: { source: "transcribed", language: null, lines },
      beat: null,
      inputHash: "h",
      newId: () => "scene",
      now: record.readAt,
    },
    {
      inputHash: "h",
      scenes: [{ firstLine: 0, lastLine: texts.length - 1, theme: "", reasoning: "", energy: 1 }],
    },
    false,
  );
  if (!planned.ok) throw new Error(planned.failure.message);
  expect(planned.scenes).toHaveLength(1);
  return planned.scenes[0]?.lyricExcerpt ?? "";
}

test("a scene's excerpt is all of its lines where they are few", () => {
  expect(excerptOf(["Neon rain", "On the wire"])).toBe("Neon rain\nOn the wire");
});

test("a scene's excerpt is as many whole lines as 2,000 characters hold, of any length", () => {
  const line = fc.integer({ min: 1, max: 900 }).map((length) => "é".repeat(length));
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
      const kept = excerptOf(lines);
      const count = kept.split("\n").length;
      expect(kept.length).toBeLessThanOrEqual(MAX_CHARACTERS);
      expect(kept).toBe(lines.slice(0, count).join("\n"));
      if (count < lines.length) expect(`${kept}\n${lines[count]}`.length).toBeGreaterThan(MAX_CHARACTERS);
    }),
  );
});

test("a scene's excerpt is the beginning of a line that is longer than 2,000 characters, in whole ones", () => {
  expect(excerptOf([`${"a".repeat(MAX_CHARACTERS - 1)}😀`, "b"])).toBe("a".repeat(MAX_CHARACTERS - 1));
});
