import { describe, expect, it } from "vitest";
import {
  box,
  boxesIn,
  cutBoxesIn,
  fileBoxes,
  joined,
  u32,
  zeros,
} from "../../../../src/media/lib/mp4-boxes.ts";
import { checkIndex, indexParts } from "../../../../src/media/lib/mp4-index.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";

const names = (boxes: Iterable<{ name: string }>) => Array.from(boxes, ({ name }) => name);
const namesOfFile = async (bytes: Uint8Array, maxBoxes: number) => {
  const out: string[] = [];
  const read = async (start: number, end: number) => bytes.slice(start, end);
  for await (const found of fileBoxes(bytes.length, read, maxBoxes)) out.push(found.box.name);
  return out;
};
const TWO = joined([box("free", zeros(4)), box("mdat", zeros(8))]);
const CUT = TWO.subarray(0, TWO.length - 1);

describe("the boxes of an MP4", () => {
  it("end before a box that does not fit, unless boxes are cut", () => {
    expect(names(boxesIn(TWO, 0, TWO.length))).toEqual(["free", "mdat"]);
    expect(names(boxesIn(CUT, 0, CUT.length))).toEqual(["free"]);
    expect([...cutBoxesIn(CUT, 0, CUT.length)].map(({ end }) => end)).toEqual([12, CUT.length]);
  });

  it("end before a header that does not fit, also where more bytes follow", () => {
    expect(names(cutBoxesIn(TWO, 0, 12 + 7))).toEqual(["free"]);
  });

  it("end before a size that is smaller than the header", () => {
    const bytes = joined([box("free"), u32(7), zeros(4)]);
    expect(names(boxesIn(bytes, 0, bytes.length))).toEqual(["free"]);
    expect(names(cutBoxesIn(bytes, 0, bytes.length))).toEqual(["free"]);
  });

  it("of a file end after the most boxes that are asked for, and include a last one that is cut off", async () => {
    expect(await namesOfFile(TWO, 1)).toEqual(["free"]);
    expect(await namesOfFile(CUT, 9)).toEqual(["free", "mdat"]);
  });

  it("of a file count from the header, which may have a size of 64 bits or reach to the end", async () => {
    const wide = joined([u32(1), Array.from("free", (c) => c.charCodeAt(0)), u32(0), u32(20), zeros(4)]);
    const bytes = joined([wide, u32(0), Array.from("mdat", (c) => c.charCodeAt(0)), zeros(5)]);
    const found = [];
    const read = async (start: number, end: number) => bytes.slice(start, end);
    for await (const one of fileBoxes(bytes.length, read, 9)) found.push(one);
    expect(found).toEqual([
      { box: { name: "free", at: 0, start: 16, end: 20 }, position: 0 },
      { box: { name: "mdat", at: 0, start: 8, end: 13 }, position: 20 },
    ]);
  });
});

/** A file of `bytes` zeros that begins with `head`; nothing beyond the head is held. */
const largeFile = (head: Uint8Array, bytes: number) => ({
  bytes,
  read: async (start: number, end: number) => head.slice(start, end),
});

describe("an MP4's index", () => {
  it("is read in all its parts, in order, and cut at the file's end", async () => {
    const bytes = joined([box("moov", zeros(8)), box("mdat"), box("moof", zeros(8))]).slice(0, -1);
    const parts = [];
    for await (const { name, bytes: part } of indexParts(memoryFile(bytes))) parts.push([name, part.length]);
    expect(parts).toEqual([
      ["moov", 16],
      ["moof", 15],
    ]);
  });

  it("is safe where there is none", async () => {
    await expect(checkIndex(memoryFile(TWO))).resolves.toBeUndefined();
  });

  it("is not safe beyond 32 MiB", async () => {
    const size = 32 * 1024 * 1024;
    const head = (bytes: number) => joined([u32(bytes), Array.from("moov", (c) => c.charCodeAt(0))]);
    await expect(checkIndex(largeFile(head(size), 2 * size))).resolves.toBeUndefined();
    await expect(checkIndex(largeFile(head(size + 1), 2 * size))).rejects.toThrow("not safe");
  });

  it("is not safe behind more than 100,000 boxes", async () => {
    const many = (count: number) => memoryFile(joined(new Array(count).fill(box("free"))));
    await expect(checkIndex(many(100_000))).resolves.toBeUndefined();
    await expect(checkIndex(many(100_001))).rejects.toThrow("not safe");
  });

  it.each([
    ["more samples with shifted times than a song's video has", "ctts", [0, 1, 2_000_001, 0], false],
    ["as many of them as are read", "ctts", [0, 1, 2_000_000, 0], true],
    ["chunks that hold more samples than there are", "stsc", [0, 1, 1, 3, 1], false],
    ["chunks that hold as many samples as there are", "stsc", [0, 1, 1, 2, 1], true],
  ])("with %s", async (_, name, numbers, isSafe) => {
    const sizes = box("stsz", ...[0, 0, 2, 1, 1].map(u32));
    const tables = box("stbl", sizes, box(name, ...numbers.map(u32)));
    const track = box("trak", box("mdia", box("minf", tables)));
    const checked = checkIndex(memoryFile(box("moov", track)));
    await (isSafe ? expect(checked).resolves.toBeUndefined() : expect(checked).rejects.toThrow("not safe"));
  });
});
