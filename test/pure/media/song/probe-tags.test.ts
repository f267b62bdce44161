import { describe, expect, it } from "vitest";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { content, countingBucket, longOgg, mp3Frame } from "../../../support/long-songs.ts";
import { fixture } from "../../../support/media.ts";
import {
  apic,
  bytesOf,
  id3,
  id3v1,
  joined,
  png,
  sylt,
  title,
  uslt,
  utf16,
} from "../../../support/song-tags.ts";
import { chunk, wav } from "../../../support/wavs.ts";

/** Five seconds of frames of 24 milliseconds. */
const sound = joined(...Array(210).fill(mp3Frame));
const utf8 = (text: string) => [...new TextEncoder().encode(text)];

async function probed(...parts: Uint8Array[]) {
  const bytes = joined(...parts);
  const result = await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length });
  if (!result.ok) throw new Error(result.failure.message);
  return result.audio;
}
const lyricsIn = async (...parts: Uint8Array[]) => (await probed(...parts)).embeddedLyrics;
const plain = (text: string) => ({ text, startSeconds: null, words: [] });

/** A FLAC with the given metadata blocks added. */
function flacWith(...blocks: [kind: number, content: number[]][]): Uint8Array {
  const flac = fixture("audio/song.flac");
  const tags = blocks.map(([kind, inside]) => [
    kind,
    inside.length >> 16,
    (inside.length >> 8) & 255,
    inside.length & 255,
    ...inside,
  ]);
  return joined(flac.subarray(0, 42), Uint8Array.from(tags.flat()), flac.subarray(42));
}
const comments = (...texts: string[]) => {
  const size = (n: number) => [n & 255, (n >> 8) & 255, (n >> 16) & 255, 0];
  const entries = texts.map(utf8).flatMap((text) => [...size(text.length), ...text]);
  return [...size(0), ...size(texts.length), ...entries];
};

/** An M4A whose index, at its end, has tags after its tracks. */
function m4aWith(items: Record<string, [type: number, content: number[]]>): Uint8Array {
  const box = (name: string, content: number[]) => {
    const length = content.length + 8;
    return [0, length >> 16, (length >> 8) & 255, length & 255, ...bytesOf(name), ...content];
  };
  const list = Object.entries(items).flatMap(([name, [type, content]]) =>
    box(name, box("data", [0, 0, 0, type, 0, 0, 0, 0, ...content])),
  );
  const handler = box("hdlr", [0, 0, 0, 0, 0, 0, 0, 0, ...bytesOf("mdirappl"), ...Array(9).fill(0)]);
  const tags = box("udta", box("meta", [0, 0, 0, 0, ...handler, ...box("ilst", list)]));
  const song = fixture("audio/moov-last.m4a");
  const index = String.fromCharCode(...song.subarray(-20_000)).lastIndexOf("moov") + song.length - 20_000 - 4;
  const view = new DataView(song.buffer);
  view.setUint32(index, view.getUint32(index) + tags.length);
  return joined(song, Uint8Array.from(tags));
}

function oggWith(tags: number[]): Uint8Array {
  const song = longOgg(50, [...bytesOf("OpusTags"), ...tags]);
  return song.read(0, song.bytes);
}

/** A picture in the form of FLAC and Ogg. */
function flacPicture(picture: Uint8Array): number[] {
  const uint = (n: number) => [0, 0, n >> 8, n & 255];
  const [type, mime] = [uint(3), "image/png"];
  const sizes = [...uint(0), ...uint(0), ...uint(0), ...uint(0), ...uint(0)];
  return [...type, ...uint(mime.length), ...bytesOf(mime), ...sizes, ...uint(picture.length), ...picture];
}

describe("a song's title and artist", () => {
  it.each<[string, Uint8Array]>([
    ["Latin-1", id3(3, [["TIT2", [0, ...bytesOf("Caf\xe9")]]])],
    ["UTF-8 said to be Latin-1", id3(3, [["TIT2", [0, ...utf8("Café")]]])],
    ["UTF-16", id3(3, [["TIT2", [1, ...utf16("Café")]]])],
    ["UTF-16, the other order", id3(3, [["TIT2", [1, ...utf16("Café", true)]]])],
    ["UTF-8", id3(4, [["TIT2", [3, ...utf8("Café")]]])],
    ["version 2.2", id3(2, [["TT2", [0, ...bytesOf("Caf\xe9")]]])],
    ["the second of two tags", joined(id3(4, []), id3(3, [["TIT2", [3, ...utf8("Café")]]]))],
  ])("are read in every encoding: %s", async (_name, tag) => {
    expect((await probed(tag, sound)).title).toBe("Café");
  });

  it("are those of the ID3v1 tag at the end when there is no other", async () => {
    expect(await probed(sound, id3v1("Night", "Drive"))).toMatchObject({ title: "Night", artist: "Drive" });
    expect(await probed(id3(4, [title("New")]), sound, id3v1("Old", "Drive"))).toMatchObject({
      title: "New",
      artist: "Drive",
    });
  });

  it("are read from a WAV's LIST chunk and from its ID3 chunk", async () => {
    const list = chunk("LIST", bytesOf("INFOINAM\x04\0\0\0One\0IART\x04\0\0\0Two\0"));
    expect(await probed(wav(20_000, { behind: [list] }))).toMatchObject({ title: "One", artist: "Two" });
    const tag = chunk("id3 ", id3(4, [title("Three")]));
    expect(await probed(wav(20_000, { before: [tag] }))).toMatchObject({ title: "Three" });
  });

  it("are read from a FLAC's comments", async () => {
    const flac = flacWith([4, comments("title=One", "ARTIST=Two")]);
    expect(await probed(flac)).toMatchObject({ title: "One", artist: "Two" });
  });
});

describe("lyrics in a song's tags", () => {
  const words = "Neon rain\r\n\r\nOn the wire";
  const lines = [plain("Neon rain"), plain("On the wire")];

  it.each<[string, Uint8Array[], string | null]>([
    ["ID3v2.3", [id3(3, [uslt(bytesOf(words))]), sound], "en"],
    [
      "ID3v2.4, with bytes between that no decoder should take for sound",
      [id3(4, [uslt(utf16(words), 1)], { scattered: true }), sound],
      "en",
    ],
    [
      "ID3v2.3 in UTF-16, with such bytes",
      [id3(3, [uslt(utf16(words), 1)], { scattered: true }), sound],
      "en",
    ],
    ["ID3v2.2", [id3(2, [["ULT", uslt(bytesOf(words))[1] as number[]]]), sound], "en"],
    ["no language", [id3(4, [uslt(utf8(words), 3, "XXX")]), sound], null],
    ["a FLAC's comments", [flacWith([4, comments(`LYRICS=${words}`)])], null],
    ["an M4A", [m4aWith({ "\xa9lyr": [1, utf8(words)] })], null],
    ["an Ogg", [oggWith(comments(`LYRICS=${words}`))], null],
    ["other comments", [flacWith([4, comments(`UnsyncedLyrics=${words}`)])], null],
  ])("may be plain: %s", async (_name, parts, language) => {
    expect(await lyricsIn(...parts)).toEqual({ form: "plain", language, lines });
  });

  it("may be LRC in a plain text frame, with an offset, and repeated lines in order of time", async () => {
    const lrc =
      "[ar:Somebody]\n[offset:+500]\n[00:01.00][00:03.50]Neon rain\n[00:02.20]On the wire\n[00:04.9]\n";
    expect(await lyricsIn(id3(4, [uslt(utf8(lrc), 3)]), sound)).toEqual({
      form: "lrc",
      language: "en",
      lines: [
        { text: "Neon rain", startSeconds: 0.5, words: [] },
        { text: "On the wire", startSeconds: 1.7, words: [] },
        { text: "Neon rain", startSeconds: 3, words: [] },
      ],
    });
  });

  it("may be LRC with word times", async () => {
    const lrc =
      "[00:01.00]<00:01.00>Neon <00:01.40>rain<00:02.00>\n[00:02.50]On <00:02.75> the <00:03.000>wire\n";
    const lyrics = await lyricsIn(flacWith([4, comments(`SYNCEDLYRICS=${lrc}`)]));
    expect(lyrics?.lines).toEqual([
      {
        text: "Neon rain",
        startSeconds: 1,
        words: [
          { text: "Neon", startSeconds: 1 },
          { text: "rain", startSeconds: 1.4 },
        ],
      },
      {
        text: "On the wire",
        startSeconds: 2.5,
        words: [
          { text: "On", startSeconds: 2.5 },
          { text: "the", startSeconds: 2.75 },
          { text: "wire", startSeconds: 3 },
        ],
      },
    ]);
  });

  it("keep their text when their times are those of another song", async () => {
    const lrc = "[10:01.00]Neon rain\n[10:02.20]On the wire";
    expect(await lyricsIn(id3(4, [uslt(utf8(lrc), 3)]), sound)).toEqual({
      form: "plain",
      language: "en",
      lines,
    });
  });

  it.each<[string, ReturnType<typeof sylt>]>([
    [
      "by syllable, in milliseconds",
      sylt([
        [bytesOf("\nNe"), 1000],
        [bytesOf("on "), 1200],
        [bytesOf("rain"), 1400],
        [bytesOf("\nOn "), 2000],
        [bytesOf("the "), 2200],
        [bytesOf("wire"), 2400],
      ]),
    ],
    [
      "by word, in UTF-16 of either order, without spaces",
      sylt(
        [
          [utf16("\nNeon", true), 1000],
          [utf16("rain", true), 1400],
          [utf16("\nOn", true), 2000],
          [utf16("the", true), 2200],
          [utf16("wire", true), 2400],
        ],
        { encoding: 1 },
      ),
    ],
    [
      "in frames of MPEG",
      sylt(
        [
          [bytesOf("Neon "), 1000 / 24],
          [bytesOf("rain\n"), 1400 / 24],
          [bytesOf("On "), 2000 / 24],
          [bytesOf("the "), 2200 / 24],
          [bytesOf("wire"), 2400 / 24],
        ],
        { format: 1 },
      ),
    ],
  ])("may be in the frame for lyrics with times: %s", async (_name, frame) => {
    const lyrics = await lyricsIn(id3(4, [uslt(bytesOf("[00:01]Other words")), frame]), sound);
    expect(lyrics).toMatchObject({ form: "sylt", language: "en" });
    const rounded = lyrics?.lines.map(({ text, startSeconds, words }) => [
      text,
      Number((startSeconds ?? 0).toFixed(1)),
      words.map((word) => `${word.text} ${word.startSeconds.toFixed(1)}`),
    ]);
    expect(rounded).toEqual([
      ["Neon rain", 1, ["Neon 1.0", "rain 1.4"]],
      ["On the wire", 2, ["On 2.0", "the 2.2", "wire 2.4"]],
    ]);
  });

  it("have only line times when each piece is a line", async () => {
    const frame = sylt([
      [bytesOf("Neon rain"), 1000],
      [bytesOf("On the wire"), 2000],
    ]);
    expect((await lyricsIn(id3(3, [frame]), sound))?.lines).toEqual([
      { text: "Neon rain", startSeconds: 1, words: [] },
      { text: "On the wire", startSeconds: 2, words: [] },
    ]);
  });

  it("are not read from a frame of chords or events", async () => {
    const chords = sylt([[bytesOf("Am"), 1000]], { kind: 5 });
    expect(await lyricsIn(id3(4, [chords]), sound)).toBeNull();
  });

  it("are limited to two thousand lines of five hundred characters", async () => {
    const lyrics = await lyricsIn(id3(4, [uslt(bytesOf(`${"la ".repeat(400)}\n`.repeat(3000)))]), sound);
    expect(lyrics?.lines).toHaveLength(1666);
    expect(Math.max(...(lyrics?.lines ?? []).map((line) => line.text.length))).toBeLessThanOrEqual(500);
    const short = await lyricsIn(id3(4, [uslt(bytesOf("la\n".repeat(9000)))]), sound);
    expect(short?.lines).toHaveLength(2000);
  });
});

describe("the picture in a song's tags", () => {
  const back = apic(png(10, 20), 4);
  it("is measured, the front cover in preference to the back", async () => {
    const { coverArt } = await probed(id3(4, [back, apic(png(300, 200, 5000))]), sound);
    expect(coverArt).toEqual({ contentType: "image/png", bytes: 5000, width: 300, height: 200 });
    expect((await probed(id3(3, [back]), sound)).coverArt).toMatchObject({ width: 10, height: 20 });
  });

  it("may be that of an ID3v2.2 tag, or of a FLAC", async () => {
    const old = id3(2, [["PIC", [0, ...bytesOf("PNG"), 3, 0, ...png(300, 200)]]]);
    expect((await probed(old, sound)).coverArt).toMatchObject({ width: 300 });
    const block = flacPicture(png(30, 20, 500));
    expect((await probed(flacWith([6, block]))).coverArt).toEqual({
      contentType: "image/png",
      bytes: 500,
      width: 30,
      height: 20,
    });
  });

  it("may be that of an M4A or an Ogg", async () => {
    expect((await probed(m4aWith({ covr: [14, [...png(300, 200, 900)]] }))).coverArt).toEqual({
      contentType: "image/png",
      bytes: 900,
      width: 300,
      height: 200,
    });
    const coded = Buffer.from(flacPicture(png(30, 20, 500))).toString("base64");
    const ogg = oggWith(comments(`METADATA_BLOCK_PICTURE=${coded}`));
    expect((await probed(ogg)).coverArt).toMatchObject({ bytes: 500, width: 30 });
  });

  it("is left out when it is not a picture, or larger than 16 MB", async () => {
    expect((await probed(id3(4, [apic(new Uint8Array(500))]), sound)).coverArt).toBeNull();
    const picture = png(300, 200, 17 * 1024 * 1024);
    const head = id3(4, [["APIC", picture.length + 13]]);
    expect(
      (await probed(head, Uint8Array.from([0, ...bytesOf("image/png"), 0, 3, 0]), picture, sound)).coverArt,
    ).toBeNull();
  });
});

describe("a tag of 100 MB", () => {
  it("costs few reads, and the frames before the picture are read", async () => {
    const head = id3(4, [title("Large"), ["APIC", 100e6]]);
    const song = content(head, { count: 100e6, bytes: 1 }, { count: 1000, bytes: 960, make: () => mp3Frame });
    const { storage, seen, object } = countingBucket(song);
    const result = await probeSong(storedFile(storage, object), { contentType: "", bytes: song.bytes });
    expect(result).toMatchObject({
      ok: true,
      audio: { title: "Large", durationSeconds: 24, coverArt: null },
    });
    expect(seen.bytes).toBeLessThan(16e6);
    expect(seen.ranges + seen.streams).toBeLessThanOrEqual(5);
  });
});
