import { beforeAll, describe, expect, it } from "vitest";
import { boxWithin, viewOf } from "../../../../src/media/lib/mp4-boxes.ts";
import { faultsOf } from "../../../support/conformance.ts";
import { editList, madeOf, otherFile, song } from "../../../support/films.ts";
import { movieOf, tracksOf } from "../../../support/mp4-text.ts";

let plain: Uint8Array;
let mixed: Uint8Array;
beforeAll(async () => {
  // A clip with B-frames, and a second scene, whose key picture is not the track's first sample.
  plain = (await madeOf(editList(["field/avc-a", 51], ["field/avc-a", 50]))).bytes;
  mixed = (await madeOf(editList(["field/avc-a", 51], ["field/avc-b-other-pps", 50]))).bytes;
});

/** Offset of the contents of a box of the picture track. */
function startOf(film: Uint8Array, ...path: string[]): number {
  const [trak] = tracksOf(film);
  const found = trak && boxWithin(film, trak, ...path);
  if (!found) throw new Error(`No ${path.join("/")}.`);
  return found.start;
}
const inTable = (film: Uint8Array, name: string) => startOf(film, "mdia", "minf", "stbl", name);
type Damage = (film: Uint8Array, view: DataView) => void;
const adding =
  (table: string, at: number, n: number): Damage =>
  (film, view) => {
    const start = inTable(film, table) + at;
    view.setInt32(start, view.getInt32(start) + n);
  };
const naming =
  (path: readonly string[], at: number, name: string): Damage =>
  (film) => {
    film.set(Buffer.from(name, "latin1"), startOf(film, ...path) + at);
  };
const STSD = ["mdia", "minf", "stbl", "stsd"];

describe("a film", () => {
  it("conforms with everything that it can carry", async () => {
    const edits = editList(["with-audio-5s", 97], ["a-5s-24fps", 130, "hold"], ["with-audio-5s", 61]);
    const { bytes } = await madeOf(edits, {
      song: song("audio/faststart.m4a"),
      clipAudio: "track",
      language: "en",
      tags: { title: "Sparks", artist: "Nobody" },
      chapters: [
        { title: "Verse", startFrame: 0 },
        { title: "Chorus", startFrame: 97 },
      ],
      captions: [{ startFrame: 24, endFrame: 72, text: "Sparks fly" }],
    });
    expect(faultsOf(bytes)).toEqual([]);
  });

  const SONGS = ["cbr.mp3", "vbr.mp3", "opus.ogg", "song.flac", "pcm16.wav", "faststart.m4a"];
  it.each(SONGS.flatMap((name) => [[name, "aac"] as const, [name, "original"] as const]))(
    "conforms with any song, also without edit lists: %s, %s",
    async (name, sound) => {
      const edits = editList(["field/avc-a", 40]);
      const { bytes, result } = await madeOf(edits, { song: song(`audio/${name}`), sound });
      expect(faultsOf(bytes)).toEqual([]);
      const other = otherFile(bytes, result.withoutEdits);
      if (!other) throw new Error("no file without edit lists");
      expect(faultsOf(other)).toEqual([]);
    },
  );
});

describe("the conformance check of films", () => {
  it("finds no fault where there is none", () => {
    expect([faultsOf(plain), faultsOf(mixed)]).toEqual([[], []]);
  });

  it.each<[string, Damage, RegExp]>([
    [
      "an avc3 entry beside the brand avc1",
      naming(STSD, 12, "avc3"),
      /the brand avc1 and the sample entries/,
    ],
    ["an unknown entry", naming(STSD, 12, "zzz1"), /zzz1/],
    ["a sample entry number out of range", adding("stsc", 16, 1), /stsc names sample entry 2/],
    ["chunks of more samples", adding("stsc", 12, 1), /the chunks hold \d+ samples of 101/],
    ["a chunk outside of mdat", adding("stco", 8, 1 << 28), /chunk 1 is not within mdat/],
    ["a sample that is shorter", adding("stsz", 12, -1), /sample 1 can't be read/],
    ["longer samples", adding("stts", 12, 1), /stts lasts \d+, mdhd \d+/],
    ["fewer samples", adding("stts", 8, -1), /stts has 100 samples/],
    ["fewer shifts", adding("ctts", 8, -1), /ctts has 100 samples/],
    ["another shift", adding("cslg", 4, -1), /cslg shifts by too little/],
    ["another least shift", adding("cslg", 8, 1), /cslg has other limits than ctts/],
    ["another end", adding("cslg", 20, -90_000), /cslg ends before the last picture/],
    ["a key sample that is none", adding("stss", 12, 1), /sample 53 is in stss, and no IDR/],
    ["another kind of track", naming(["mdia", "hdlr"], 8, "soun"), /soun has no smhd/],
    ["another size", naming(["tkhd"], 76, "\0\x10\0\0"), /tkhd has another size than the sample entry/],
    ["a number twice", naming(["tkhd"], 12, "\0\0\0\x02"), /tracks have the numbers 2, 2/],
    ["no language", naming(["mdia", "mdhd"], 20, "\0\0"), /mdhd names no language/],
    ["another length of the track", naming(["tkhd"], 20, "\0\0\0\x02"), /tkhd lasts other than its media/],
    ["another data reference", naming([...STSD], 23, "\x02"), /lies in data reference 2/],
    ["a lower level", naming([...STSD], 8 + 86 + 8 + 3, "\x01"), /avcC names a lower level than its SPS/],
    ["another profile", naming([...STSD], 8 + 86 + 8 + 1, "\x42"), /avcC names another profile than its SPS/],
  ])("finds %s", (_what, damage, expected) => {
    const film = plain.slice();
    damage(film, viewOf(film));
    expect(faultsOf(film).join("\n")).toMatch(expected);
  });

  it.each<[string, Damage, RegExp]>([
    [
      "parameter sets in samples of avc1",
      (film) => {
        const stsd = startOf(film, ...STSD);
        const second = stsd + 8 + viewOf(film).getUint32(stsd + 8);
        for (const at of [stsd + 12, second + 4]) film.set(Buffer.from("avc1"), at);
      },
      /sample 52 of avc1 has parameter sets in it/,
    ],
    [
      "sets that only the entry of a later clip has",
      (film) => {
        // Turns the PPS in the second clip's key sample into a unit of another type.
        film[Buffer.from(film).indexOf("0000000668ebe3cb22c0", movieOf(film).end, "hex") + 4] = 0x6c;
      },
      /other sets where only the first entry is read/,
    ],
  ])("finds %s", (_what, damage, expected) => {
    const film = mixed.slice();
    damage(film, viewOf(film));
    expect(faultsOf(film).join("\n")).toMatch(expected);
  });

  it.each<[string, string, number, number[], RegExp]>([
    ["sound that rolls forward", "sgpd", 16, [0, 1], /sgpd rolls by 1/],
    ["groups of another kind", "sgpd", 4, [...Buffer.from("prol")], /sgpd is no roll group/],
    ["samples in no group", "sbgp", 12, [0, 0, 0, 9], /sbgp does not cover all samples/],
    [
      "an edit list without groups",
      "sgpd",
      -4,
      [...Buffer.from("free")],
      /an edit list without sample groups/,
    ],
  ])("finds %s", async (_what, name, at, bytes, expected) => {
    const film = (await madeOf(editList(["field/avc-a", 40]), { song: song("audio/vbr.mp3"), sound: "aac" }))
      .bytes;
    const sound = tracksOf(film)[1];
    const table = sound && boxWithin(film, sound, "mdia", "minf", "stbl", name);
    if (!table) throw new Error(`No ${name}.`);
    film.set(bytes, table.start + at);
    expect(faultsOf(film).join("\n")).toMatch(expected);
  });

  it("finds packets that are cut off", () => {
    expect(faultsOf(plain.slice(0, plain.length - 100_000)).join("\n")).toMatch(
      /mdat reaches beyond the file/,
    );
  });

  it("finds a missing brand", () => {
    const film = plain.slice();
    const view = viewOf(film);
    for (let at = 8; at < view.getUint32(0); at += 4)
      if (Buffer.from(film.subarray(at, at + 4)).toString() === "iso4") film.set(Buffer.from("iso3"), at);
    expect(faultsOf(film)).toContain("signed shifts without the brand iso4");
  });
});
