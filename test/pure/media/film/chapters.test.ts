import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { captionTexts, chapterList, chapterTexts } from "../../../../src/media/film/text-track.ts";
import { boxWithin } from "../../../../src/media/lib/mp4-boxes.ts";
import { editList, FPS, film, madeOf, open, song } from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";
import { movieOf, textTracks, tracksOf } from "../../../support/mp4-text.ts";

const A = "a-5s-24fps";
const B = "b-5s-24fps";
const FRAMES = 200;
const EDITS = editList([A, 100], [B, 100]);
const CHAPTERS = [
  { title: "Intro — é", startFrame: 0 },
  { title: "Outro 🎵", startFrame: 100 },
];
const CAPTIONS = [
  { startFrame: 24, endFrame: 48, text: "Sparks fly\nover us" },
  { startFrame: 48, endFrame: 60, text: "Été" },
  { startFrame: 150, endFrame: 200, text: "the end" },
];
const SONG = song("audio/faststart.m4a");

describe("chapters", () => {
  it("are a track that QuickTime reads, referenced by pictures and song, and disabled by default", async () => {
    const { bytes } = await madeOf(EDITS, { song: SONG, chapters: CHAPTERS });
    const [track] = textTracks(bytes, "text");
    expect(track).toMatchObject({ enabled: false, form: "text" });
    expect(track?.texts).toEqual([
      { start: 0, seconds: 100 / FPS, text: "Intro — é" },
      { start: 100 / FPS, seconds: 100 / FPS, text: "Outro 🎵" },
    ]);
    const pointers = tracksOf(bytes).map((trak) => boxWithin(bytes, trak, "tref", "chap"));
    const view = new DataView(bytes.buffer);
    expect(pointers.map((chap) => chap && view.getUint32(chap.start))).toEqual([track?.id, track?.id, null]);
  });

  it("are also in the list that VLC and others read", async () => {
    const { bytes } = await madeOf(EDITS, { song: SONG, chapters: CHAPTERS });
    const list = boxWithin(bytes, movieOf(bytes), "udta", "chpl");
    expect(list && [...bytes.subarray(list.at, list.end)]).toEqual([
      ...chapterList(chapterTexts(CHAPTERS, FRAMES), FPS),
    ]);
  });

  it.each([
    [
      "begin with the film even where the first does not",
      [{ title: "Late", startFrame: 9 }],
      [
        ["", 0],
        ["Late", 9],
      ],
    ],
    [
      "are in order, one at a time, and within the film",
      [
        { title: "Second", startFrame: 50 },
        { title: "First", startFrame: 0 },
        { title: "Also second", startFrame: 50 },
        { title: "After the end", startFrame: FRAMES },
        { title: "Before the start", startFrame: -1 },
      ],
      [
        ["First", 0],
        ["Second", 50],
      ],
    ],
    ["need not be", [], []],
  ])("%s", (_what, chapters, expected) => {
    expect(chapterTexts(chapters, FRAMES).map(({ text, startFrame }) => [text, startFrame])).toEqual(
      expected,
    );
  });

  it("are cut between characters when a title is too long for the list", () => {
    const list = chapterList([{ startFrame: 0, text: "é🎵".repeat(100) }], FPS);
    const length = list[8 + 4 + 4 + 1 + 8] ?? 0;
    expect(length).toBeGreaterThan(248);
    expect(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(list.subarray(-length)),
    ).not.toContain("\ufffd");
  });
});

describe("captions", () => {
  it("are a separate track in the song’s language, disabled by default, with empty texts between them", async () => {
    const { bytes } = await madeOf(EDITS, { song: SONG, captions: CAPTIONS, language: "de" });
    const [track] = textTracks(bytes, "sbtl");
    expect(track).toMatchObject({ enabled: false, form: "tx3g", language: "deu" });
    expect(track?.texts.map(({ start, text }) => [Math.round(start * FPS), text])).toEqual([
      [0, ""],
      [24, "Sparks fly\nover us"],
      [48, "Été"],
      [60, ""],
      [150, "the end"],
    ]);
    expect(track?.texts.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(FRAMES / FPS, 9);
  });

  it("are never burned in: the pictures are the clips’ own packets", async () => {
    const plain = await film(EDITS, { song: SONG });
    const captioned = await film(EDITS, { song: SONG, captions: CAPTIONS, chapters: CHAPTERS });
    expect(captioned.pictures).toEqual(plain.pictures);
    expect(captioned.sound).toEqual(plain.sound);
  });

  it.each([
    ["en", "eng"],
    ["PT-br", "por"],
    ["haw", "haw"],
    ["xx", "und"],
    [null, "und"],
  ])("in the language %s have the code %s", async (language, expected) => {
    const { bytes } = await madeOf(EDITS, { song: SONG, captions: CAPTIONS, language });
    expect(textTracks(bytes, "sbtl")[0]?.language).toBe(expected);
    using input = open(bytes);
    expect(await (await input.getPrimaryAudioTrack())?.getLanguageCode()).toBe(expected);
  });

  it("show at every frame all that are active then, one below the other", () => {
    const caption = fc.record({
      startFrame: fc.integer({ min: -20, max: FRAMES + 20 }),
      endFrame: fc.integer({ min: -20, max: FRAMES + 20 }),
      text: fc.constantFrom("", "  ", "one", "two"),
    });
    fc.assert(
      fc.property(fc.array(caption), (captions) => {
        const texts = captionTexts(captions, FRAMES);
        texts.forEach(({ startFrame }, i) => {
          expect(startFrame).toBeGreaterThan(texts[i - 1]?.startFrame ?? -1);
          expect(startFrame).toBeLessThan(FRAMES);
        });
        for (let frame = 0; frame < FRAMES; frame++) {
          const shown = texts.findLast(({ startFrame }) => startFrame <= frame)?.text ?? "";
          const said = captions.filter(
            ({ startFrame, endFrame, text }) => text.trim() && startFrame <= frame && frame < endFrame,
          );
          expect(shown.split("\n").sort()).toEqual(said.length ? said.map(({ text }) => text).sort() : [""]);
        }
      }),
    );
  });
});

describe("the film’s metadata", () => {
  const tagsOf = async (over: Parameters<typeof film>[1]) =>
    (await film(EDITS, { song: SONG, ...over })).tags;

  it("has the song’s title and artist", async () => {
    const tags = { title: "Sparks ü", artist: "Nobody" };
    expect(await tagsOf({ tags })).toMatchObject(tags);
  });

  it("is empty when nothing is known", async () => {
    const tags = await tagsOf({ tags: { title: null, artist: null } });
    expect([tags.title, tags.artist, tags.images]).toEqual([undefined, undefined, undefined]);
  });

  it.each([
    ["JPEG", [0xff, 0xd8, 0xff, 0xe0], "image/jpeg"],
    ["PNG", [0x89, 0x50, 0x4e, 0x47], "image/png"],
  ])("has a cover that is a %s", async (_form, magic, mimeType) => {
    const poster = new Uint8Array(2 * 1024 * 1024).fill(7);
    poster.set(magic);
    const { images } = await tagsOf({ poster });
    expect(images).toMatchObject([{ mimeType, kind: "coverFront" }]);
    expect(images?.[0]?.data).toEqual(poster);
  });

  it.each([
    ["in another form", fixture("song.json")],
    ["too large", Uint8Array.from({ length: 2 * 1024 * 1024 + 1 }, (_, i) => [0xff, 0xd8, 0xff][i] ?? 0)],
  ])("has no cover that is %s", async (_what, poster) => {
    expect((await tagsOf({ poster })).images).toBeUndefined();
  });
});
