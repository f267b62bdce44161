import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { motifsOf } from "../../../../src/domain/cover/motifs.ts";
import { sungWords } from "../../../../src/domain/lyrics/sung-words.ts";

const film = (...excerpts: string[]) =>
  excerpts.map((lyricExcerpt, i) => ({ id: `scene ${i + 1}`, lyricExcerpt }));
const linked = (...excerpts: string[]) => motifsOf(film(...excerpts)).map((m) => m.sceneIds);

const CHORUS = "Hold me, river, hold me\nuntil the morning comes";

describe("scenes over the same lyrics", () => {
  it("are one motif, led by the first, in the film's order", () => {
    const motifs = motifsOf(film("Verse one", CHORUS, "Verse two", CHORUS, "And then", CHORUS));
    expect(motifs).toMatchObject([{ leaderId: "scene 2", sceneIds: ["scene 2", "scene 4", "scene 6"] }]);
  });

  it.each([
    ["case and punctuation", CHORUS, "HOLD ME river... hold me until (the morning) comes!"],
    ["how lines are broken", CHORUS, CHORUS.replace("\n", " ").replace("river, ", "river,\n")],
    ["how apostrophes are written", "Don't you dare", "Don’t you dare"],
    ["how letters are composed", "Él cantó así", "Él cantó así".normalize("NFD")],
    ["one changed word in a line of five", "we are all made of", "we are all kinds of"],
    ["one changed character in an unspaced script", "夜空に星が光る", "夜空に月が光る"],
    ["a line more in a long scene", CHORUS, `${CHORUS}\noh, oh, oh`],
  ])("are linked whatever %s", (_what, one, other) => {
    expect(linked(one, other)).toEqual([["scene 1", "scene 2"]]);
  });

  it.each([
    ["a changed line", CHORUS, "Hold me, river, hold me\nbefore the city wakes again"],
    ["a changed word in a line of three", "gone for good", "gone for bad"],
    ["other diacritics", "el papá llegó", "el papa llego"],
    ["other vowel signs", "कुल", "किल"],
    ["no words in either", "", ""],
    ["nothing but signs of music", "♪ ♪", "♪ ♪"],
  ])("are not linked with %s", (_what, one, other) => {
    expect(linked(one, other)).toEqual([]);
  });

  it("join the one that is most like them, not the first that is like enough", () => {
    const one = "a b c d e f g h i j";
    const two = "a b c d e f g h x y z";
    const changed = "a b c d e f g h x y w";
    expect(linked(one, two, changed)).toEqual([["scene 2", "scene 3"]]);
  });

  it("have a key that depends on the words alone", () => {
    const [alone] = motifsOf(film(CHORUS, CHORUS));
    const among = motifsOf(film("Intro", "la la la", CHORUS.toUpperCase(), "la la la", CHORUS));
    expect(among.map((m) => m.key)).toContain(alone?.key);
    expect(new Set(among.map((m) => m.key)).size).toBe(2);
  });

  it("are each in at most one motif, and equal words are never apart", () => {
    const line = fc
      .array(fc.constantFrom("love", "me", "do", "you", "know", "I", "!"), { maxLength: 6 })
      .map((words) => words.join(" "));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 25 }), (excerpts) => {
        const motifs = motifsOf(film(...excerpts));
        const ids = motifs.flatMap((m) => m.sceneIds);
        expect(new Set(ids).size).toBe(ids.length);
        const motifOf = (i: number) => motifs.findIndex((m) => m.sceneIds.includes(`scene ${i + 1}`));
        const said = excerpts.map((e) => sungWords(e).join(" "));
        for (const { leaderId, sceneIds } of motifs) {
          expect(sceneIds.length).toBeGreaterThan(1);
          expect(sceneIds[0]).toBe(leaderId);
        }
        said.forEach((text, i) => {
          if (text === "") expect(motifOf(i)).toBe(-1);
          const again = said.indexOf(text, i + 1);
          if (text !== "" && again > 0)
            expect([motifOf(i), motifOf(again)]).toEqual([motifOf(i), motifOf(i)]);
          if (text !== "" && again > 0) expect(motifOf(i)).toBeGreaterThanOrEqual(0);
        });
      }),
      { numRuns: 500 },
    );
  });
});
