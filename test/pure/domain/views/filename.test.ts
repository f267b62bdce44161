import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { attachment, safeFilename } from "../../../../src/domain/views/filename.ts";

const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("a file's name", () => {
  it.each([
    ["as it is", "Night Drive.mp4", "Night Drive.mp4"],
    ["with letters of any script", "夜のドライブ – Ночь.mp4", "夜のドライブ – Ночь.mp4"],
    ["with emoji of several characters", "👩‍🚀🇩🇪 go.mp4", "👩‍🚀🇩🇪 go.mp4"],
    ["composed, as most systems write it", "Beyonce\u0301.mp4", "Beyoncé.mp4"],
    ["with the joiners that some scripts need", "می\u200Cروم.mp4", "می\u200Cروم.mp4"],
    ["without separators", "AC/DC \\ live.mp4", "AC DC live.mp4"],
    ["without what Windows reserves", 'Who? "Me": <a|b>*.mp4', "Who Me a b.mp4"],
    [
      "without line ends and other control characters",
      "a\r\nSet-Cookie: b\0\u0085\u2028c.edl",
      "a Set-Cookie b c.edl",
    ],
    ["without a way to turn its reading around", "song\u202Egpj.exe\u2066.mp4", "songgpj.exe.mp4"],
    ["without half a character", "a\uD800b.mp4", "a\uFFFDb.mp4"],
    ["not hidden", "...And Justice.mp4", "And Justice.mp4"],
    ["without dots and spaces before its ending", "Wait. . . .mp4", "Wait.mp4"],
    ["with dots inside", "Mr. T feat. M.I.A.mp4", "Mr. T feat. M.I.A.mp4"],
    ["not a device of Windows", "CON.mp4", "_CON.mp4"],
    ["not one in small letters", "nul.fcpxml", "_nul.fcpxml"],
    ["not one with a second ending", "Com1.live.mp4", "_Com1.live.mp4"],
    ["not one of the odd ones", "LPT³.mp4", "_LPT³.mp4"],
    ["though it begins as one", "Conway.mp4", "Conway.mp4"],
    ["where there is none", ".mp4", "download.mp4"],
    ["where there is nothing at all", "", "download"],
    ["of nothing but what can't be saved", "???/\\.srt", "download.srt"],
    ["relative to nothing", "../../etc/passwd", "etc passwd"],
  ])("is saved %s", (_how, given, saved) => {
    expect(safeFilename(given)).toBe(saved);
  });

  it.each([
    ["é", "Latin"],
    ["夜", "CJK"],
    ["👩‍👩‍👧‍👦", "emoji"],
  ])("that is too long ends with a whole character and its ending: %s", (character) => {
    const saved = safeFilename(`${character.repeat(300)}.mp4`);
    expect(bytes(saved)).toBeLessThanOrEqual(200);
    expect(bytes(saved)).toBeGreaterThan(200 - bytes(character));
    expect(saved).toBe(`${character.repeat((saved.length - 4) / character.length)}.mp4`);
  });

  it("of any kind can be saved everywhere, and a second pass does not change it", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (given) => {
        const saved = safeFilename(`${given}.mp4`);
        expect(saved).toMatch(/^[^\s.].*\.mp4$/u);
        expect(saved).not.toMatch(/[\p{Cc}<>:"/\\|?*]/u);
        expect(saved).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\./i);
        expect(bytes(saved)).toBeLessThanOrEqual(201);
        expect(safeFilename(saved)).toBe(saved);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a header that saves a file", () => {
  it.each([
    ["Night Drive.mp4", "Night Drive.mp4", "Night%20Drive.mp4"],
    ["Zoë & J'aime (50%).mp4", "Zo_ & J'aime (50_).mp4", "Zo%C3%AB%20%26%20J%27aime%20%2850%25%29.mp4"],
    ["夜.srt", "_.srt", "%E5%A4%9C.srt"],
    ["💿.mp4", "__.mp4", "%F0%9F%92%BF.mp4"],
    ["a;b=c.otio", "a_b=c.otio", "a%3Bb%3Dc.otio"],
  ])("says %s in plain letters and exactly", (name, plain, exact) => {
    expect(attachment(name)).toBe(`attachment; filename="${plain}"; filename*=UTF-8''${exact}`);
  });

  it("names exactly the file name that it is saved under", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const [, exact = ""] =
          /^attachment; filename="[ -~]+"; filename\*=UTF-8''([\w.!~%-]+)$/.exec(attachment(name)) ?? [];
        expect(decodeURIComponent(exact)).toBe(safeFilename(name));
      }),
    );
  });
});
