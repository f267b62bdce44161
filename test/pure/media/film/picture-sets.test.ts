import { describe, expect, it } from "vitest";
import { toBase64 } from "../../../../src/media/film/avc.ts";
import { pictureSets } from "../../../../src/media/film/picture-sets.ts";
import { box, boxesIn, joined, viewOf } from "../../../../src/media/lib/mp4-boxes.ts";
import { faultsOf } from "../../../support/conformance.ts";
import { editList, film, madeOf } from "../../../support/films.ts";

const SPS = [0x67, 100, 0, 12, 0x80];
const HIGHER = [0x67, 100, 0, 31, 0x80];
const PPS = [0x68, 0xef];
const OTHER_PPS = [0x68, 0xff];
const SECOND_PPS = [0x68, 0x50];
const IDR = [0x65, 0x88, 1];
const SLICE = [0x41, 0x9a, 2];
const DELIMITER = [9, 0x10];
const SEI = [6, 5, 1, 0, 0x80];

type Unit = readonly number[];
const packet = (...units: Unit[]) => joined(units.map((unit) => [0, 0, 0, unit.length, ...unit]));
const unitsIn = (bytes: readonly Uint8Array[]) => {
  const data = joined(bytes);
  const view = viewOf(data);
  const units: number[][] = [];
  for (let at = 0; at < data.length; at += 4 + view.getUint32(at))
    units.push([...data.subarray(at + 4, at + 4 + view.getUint32(at))]);
  return units;
};

const PASP = box("pasp", [0, 0, 0, 1, 0, 0, 0, 1]);
const COLR = box("colr", [...Buffer.from("nclx")], [0, 1, 0, 1, 0, 1, 0]);

/** A clip with the given sample entry. */
function clip(sps: Unit, pps: Unit, ...further: Uint8Array[]) {
  const record = joined([
    [1, 100, 0, sps[3] ?? 0, 0xff, 0xe1, 0, sps.length, ...sps, 1, 0, pps.length, ...pps],
  ]);
  const fields = new Uint8Array(78);
  viewOf(fields).setUint16(24, 320);
  viewOf(fields).setUint16(26, 180);
  // Texts that a QuickTime file has in fields that are reserved in MP4.
  fields.set(Buffer.from("appl"), 12);
  const entry = box("avc1", fields, box("avcC", record), box("btrt", new Uint8Array(12)), ...further);
  return { packets: { facts: { decoderConfig: toBase64(record) }, pictureEntry: entry } };
}
const nameOf = (entry: Uint8Array) => String.fromCharCode(...entry.subarray(4, 8));
const inside = (entry: Uint8Array) => [...boxesIn(entry, 86, entry.length)].map(({ name }) => name);

describe("parameter sets of a film’s pictures", () => {
  const [a, again, b] = [clip(SPS, PPS), clip(SPS, PPS), clip(SPS, OTHER_PPS)];

  it("are in one avc1 entry when all clips have the same, and in no sample", () => {
    const sets = pictureSets([a, again]);
    const samples: [typeof a, boolean, Unit[], Unit[]][] = [
      [a, true, [SPS, PPS, SEI, IDR], [SEI, IDR]],
      [a, false, [SLICE], [SLICE]],
      [again, true, [DELIMITER, SPS, PPS, SPS, IDR], [DELIMITER, IDR]],
      [again, false, [PPS, SLICE], [SLICE]],
    ];
    for (const [cut, key, given, expected] of samples) {
      const placed = sets.place({ cut, key, opens: key }, packet(...given));
      expect(unitsIn(placed.bytes)).toEqual(expected);
      expect(placed).toMatchObject({ key, entry: 1 });
    }
    expect([sets.inSamples(), sets.entries().map(nameOf)]).toEqual([false, ["avc1"]]);
  });

  it("are in an avc3 entry for each group when clips differ, and in every key sample", () => {
    const sets = pictureSets([a, b, again]);
    expect(sets.entries().map(nameOf)).toEqual(["avc3", "avc3"]);
    const [first, second] = [a, b].map((cut) =>
      sets.place({ cut, key: true, opens: true }, packet(DELIMITER, SEI, PPS, IDR)),
    );
    expect(first?.entry).toBe(sets.place({ cut: again, key: true, opens: true }, packet(IDR)).entry);
    expect(second?.entry).not.toBe(first?.entry);
    expect(unitsIn(first?.bytes ?? [])).toEqual([DELIMITER, SPS, PPS, SEI, IDR]);
    expect(unitsIn(sets.place({ cut: a, key: false, opens: false }, packet(SLICE)).bytes)).toEqual([SLICE]);
  });

  it("have the most demanding clip’s entry first, for players that read only that one", () => {
    const sets = pictureSets([a, clip(HIGHER, PPS), b]);
    expect(sets.entries().map((entry) => entry[86 + 8 + 3])).toEqual([31, 12, 12]);
    expect(sets.place({ cut: a, key: true, opens: true }, packet(IDR)).entry).toBeGreaterThan(1);
  });

  it("that only samples have make the film avc3, and are repeated at each key picture from there on", () => {
    const sets = pictureSets([a, again]);
    const place = (cut: typeof a, opens: boolean, ...units: Unit[]) =>
      unitsIn(sets.place({ cut, key: units.includes(IDR), opens }, packet(...units)).bytes);
    expect(place(a, true, IDR)).toEqual([IDR]);
    expect(place(a, false, SECOND_PPS, SLICE)).toEqual([SECOND_PPS, SLICE]);
    expect(place(a, false, IDR)).toEqual([SPS, PPS, SECOND_PPS, IDR]);
    // The sets of the earlier clip do not apply to the next one.
    expect(place(again, true, IDR)).toEqual([SPS, PPS, IDR]);
    expect(place(again, false, OTHER_PPS, IDR)).toEqual([SPS, OTHER_PPS, IDR]);
    // When it is played again, it begins with its own sets.
    expect(place(again, true, IDR)).toEqual([SPS, PPS, IDR]);
    expect([sets.inSamples(), sets.entries().map(nameOf)]).toEqual([true, ["avc3"]]);
  });

  it.each([
    ["an IDR picture that the clip calls key", true, [IDR], true],
    ["a picture of another kind that the clip calls key", true, [SLICE], false],
    ["an IDR picture that the clip does not call key", false, [IDR], false],
  ])("belong to key pictures, which must be IDR pictures: %s", (_what, key, units, expected) => {
    expect(pictureSets([a]).place({ cut: a, key, opens: true }, packet(...units)).key).toBe(expected);
  });
});

describe("the sample entries of a film’s pictures", () => {
  it.each([
    [
      "all clips say the same",
      [
        [PASP, COLR],
        [COLR, PASP],
      ],
      ["avcC", "pasp", "colr"],
    ],
    ["one clip says nothing of colours", [[PASP, COLR], [PASP]], ["avcC", "pasp"]],
    ["no clip says anything", [[], []], ["avcC"]],
  ])("have the boxes of colours and pixels that all clips share: %s", (_what, clips, expected) => {
    const [entry] = pictureSets(clips.map((further) => clip(SPS, PPS, ...further))).entries();
    expect(inside(entry ?? new Uint8Array())).toEqual(expected);
  });

  it("have the clip’s size, and nothing in reserved fields", () => {
    const [entry = new Uint8Array()] = pictureSets([clip(SPS, PPS)]).entries();
    const view = viewOf(entry);
    expect([view.getUint16(14), view.getUint16(32), view.getUint16(34)]).toEqual([1, 320, 180]);
    expect([...entry.subarray(16, 32)].every((byte) => byte === 0)).toBe(true);
  });
});

describe("a film of clips that repeat their parameter sets", () => {
  it("has them only in its entry when all are the same", async () => {
    const edits = editList(
      ["field/avc-repeats-sets", 20],
      ["field/avc-a", 20],
      ["field/avc-repeats-sets", 20],
    );
    const { bytes } = await madeOf(edits);
    expect(faultsOf(bytes)).toEqual([]);
    const { pictures } = await film(edits);
    expect(pictures.filter(({ key }) => key).map(({ data }) => (data[4] ?? 0) & 31)).toEqual([6, 6, 6]);
  });

  it("has each clip’s sets once in a key sample when they differ", async () => {
    const edits = editList(["field/avc-repeats-sets", 20], ["field/avc-b-other-pps", 20]);
    const { bytes, pictures } = await film(edits);
    expect(faultsOf(bytes)).toEqual([]);
    const [key] = pictures.filter((picture) => picture.key);
    expect(unitsIn([key?.data ?? new Uint8Array()]).map(([first = 0]) => first & 31)).toEqual([7, 8, 6, 5]);
  });
});
