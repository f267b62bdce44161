import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { line, oneLine, storable } from "../../../../src/domain/record/text.ts";
import { around, expectStorable } from "../../../support/odd-text.ts";

/** Where the characters (graphemes) begin, and the text's end. */
const borders = (text: string) => [
  ...Array.from(new Intl.Segmenter("en").segment(text), ({ index }) => index),
  text.length,
];

describe("a text to be stored", () => {
  it("keeps everything but NUL if it is short enough, and replaces lone surrogates", () => {
    expect(storable("Ünï 😀 👩\u200d🚀\n", 100)).toBe("Ünï 😀 👩\u200d🚀\n");
    expect(storable("a\0b\0")).toBe("ab");
    expect(storable("a\ud83db\ude00")).toBe("a\ufffdb\ufffd");
  });

  it.each([
    ["a pair of surrogates", "aaa😀", 4, "aaa"],
    ["a letter and its mark", "aaae\u0301b", 4, "aaa"],
    ["joined emoji", "aaa👩\u200d🚀b", 7, "aaa"],
    ["nothing that fits whole", "aaa😀b", 5, "aaa😀"],
    ["by code points where one character is longer than the limit", "👩\u200d🚀", 4, "👩\u200d"],
    ["to nothing where not even one code point fits", "😀", 1, ""],
  ])("is cut so that it does not break %s", (_what, text, most, kept) => {
    expect(storable(text, most)).toBe(kept);
  });

  it("is as long as whole characters allow, whatever is at the limit", () => {
    const cut = fc.integer({ min: 0, max: 200 }).chain((most) => fc.tuple(fc.constant(most), around(most)));
    fc.assert(
      fc.property(cut, ([most, text]) => {
        const [kept, whole] = [storable(text, most), storable(text)];
        expectStorable([kept, whole]);
        expect(whole.startsWith(kept)).toBe(true);
        const fitting = borders(whole).filter((at) => at <= most);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept.length).toBeGreaterThanOrEqual(Math.max(...fitting));
        if (Math.max(...fitting) > 0) expect(borders(whole)).toContain(kept.length);
      }),
    );
  });
});

describe("a name or a tag of one line", () => {
  const OVERRIDE = "\u202e";
  it.each([
    ["a line break", "Night\nDrive", "Night Drive"],
    ["an escape", "\u001b[31mNight", "[31mNight"],
    ["a NUL", "Night\0Drive", "Night Drive"],
    ["a right-to-left override", `Night ${OVERRIDE}evirD`, "Night evirD"],
    ["a line separator", "Night\u2028Drive", "Night Drive"],
    ["an isolate", "\u2066Night\u2069", "Night"],
    ["zero-width characters only", "\u200b\u200d\ufeff", ""],
    ["marks only", "\u0301\u0300", ""],
    ["spaces only", "  \u00a0", ""],
  ])("is refused with %s in a request, and cleaned in a file", (_what, text, cleaned) => {
    expect(line(200).safeParse(text).success).toBe(false);
    expect(oneLine(text, 200)).toBe(cleaned);
  });

  it.each(["Night Drive", "夜のドライブ", "ليل", "👩\u200d🚀", "!", "é", "Ça va ?", "a\u200db"])(
    "is taken as it is: %s",
    (text) => {
      expect(line(200).parse(text)).toBe(text);
      expect(oneLine(text, 200)).toBe(text);
    },
  );
});
