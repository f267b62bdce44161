import { describe, expect, it } from "vitest";
import { clipPackets, inspectClip } from "../../../../src/media/film/clip.ts";
import { type Box, box, boxesIn, boxWithin, joined, viewOf } from "../../../../src/media/lib/mp4-boxes.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { faultsOf } from "../../../support/conformance.ts";
import { assemble, editList, madeOf } from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";
import { movieOf, tracksOf } from "../../../support/mp4-text.ts";

const UPRIGHT = fixture("clips/field/avc-a.mp4");
const CUT = fixture("clips/field/avc-editlist-preroll.mp4");
const ONE = 0x1_0000;

function within(bytes: Uint8Array, ...path: string[]): Box {
  const [trak] = tracksOf(bytes);
  const found = trak && boxWithin(bytes, trak, ...path);
  if (!found) throw new Error(`No ${path.join("/")}.`);
  return found;
}
/** The clip with other numbers, 4 bytes each, at these offsets after a box's header. */
function patched(bytes: Uint8Array, start: number, numbers: Readonly<Record<number, number>>): Uint8Array {
  const out = bytes.slice();
  for (const [at, n] of Object.entries(numbers)) viewOf(out).setInt32(start + Number(at), n);
  return out;
}
/** a, b, c and d in the header of the track, or of the movie. */
function turned(of: "track" | "movie", a: number, b: number, c: number, d: number): Uint8Array {
  const bytes = UPRIGHT;
  const moov = movieOf(bytes);
  const start =
    of === "track" ? within(bytes, "tkhd").start + 40 : (boxWithin(bytes, moov, "mvhd")?.start ?? 0) + 36;
  return patched(bytes, start, { 0: a * ONE, 4: b * ONE, 12: c * ONE, 16: d * ONE });
}
const resized = (width: number, height: number) =>
  patched(UPRIGHT, within(UPRIGHT, "tkhd").start, { 76: width * ONE, 80: height * ONE });

/** The clip, whose index is last, with other boxes after the first one of its sample entry. */
function withBoxes(...further: Uint8Array[]): Uint8Array {
  const stsd = within(UPRIGHT, "mdia", "minf", "stbl", "stsd");
  const entry = stsd.start + 8;
  const [avcC] = [...boxesIn(UPRIGHT, entry + 86, stsd.end)];
  if (!avcC) throw new Error("No avcC.");
  const added = joined(further);
  const old = stsd.end - avcC.end;
  const out = joined([UPRIGHT.subarray(0, avcC.end), added, UPRIGHT.subarray(stsd.end)]);
  const outer = [["mdia"], ["mdia", "minf"], ["mdia", "minf", "stbl"], ["mdia", "minf", "stbl", "stsd"]];
  const [trak] = tracksOf(UPRIGHT);
  const starts = [
    movieOf(UPRIGHT).at,
    trak?.at ?? 0,
    ...outer.map((path) => within(UPRIGHT, ...path).at),
    entry,
  ];
  const view = viewOf(out);
  for (const at of starts) view.setUint32(at, view.getUint32(at) + added.length - old);
  return out;
}
const numbers = (...all: number[]) => {
  const out = new Uint8Array(all.length * 4);
  all.forEach((n, i) => {
    viewOf(out).setInt32(i * 4, n);
  });
  return out;
};

interface Row {
  /** Seconds. */
  lasts: number;
  /** Seconds of the media; -1 for an empty edit. */
  from: number;
  rate?: number;
}
/**
 * A clip of 144 pictures with a key picture each second; the first picture's time is 1,024 units of 1/12,288
 * s.
 */
const [MEDIA, MOVIE, FIRST] = [12_288, 1000, 1024 / 12_288];
/** The clip with this edit list, which may be empty. */
function edited(...rows: Row[]): Uint8Array {
  const edts = within(CUT, "edts");
  const table = rows.flatMap(({ lasts, from, rate = 1 }) => [
    Math.round(lasts * MOVIE),
    from < 0 ? -1 : Math.round((from + FIRST) * MEDIA),
    rate * ONE,
  ]);
  const list =
    rows.length > 0 ? box("edts", box("elst", numbers(0, rows.length, ...table))) : new Uint8Array();
  const out = joined([CUT.subarray(0, edts.at), list, CUT.subarray(edts.end)]);
  const view = viewOf(out);
  const [trak] = tracksOf(CUT);
  for (const at of [movieOf(CUT).at, trak?.at ?? 0])
    view.setUint32(at, view.getUint32(at) + list.length - (edts.end - edts.at));
  return out;
}

const REFUSED = { ok: false, failure: { code: "output_form", retryable: false } };
const said = async (bytes: Uint8Array) => {
  const inspected = await inspectClip(bytes);
  if (inspected.ok) throw new Error("It was taken.");
  expect(inspected).toMatchObject(REFUSED);
  return inspected.failure.message;
};

describe("a clip whose header transforms its pictures", () => {
  it.each([
    ["turned right", turned("track", 0, 1, -1, 0), /turned by 90° by its header;/],
    ["upside down", turned("track", -1, 0, 0, -1), /turned by 180° by its header;/],
    ["turned left", turned("track", 0, -1, 1, 0), /turned by 270° by its header;/],
    ["turned left, as it came", fixture("clips/field/avc-rotated-90.mp4"), /turned by 270° by its header;/],
    ["turned by a little", turned("track", 0.866, 0.5, -0.5, 0.866), /turned by 30° by its header;/],
    ["turned in the movie's header", turned("movie", 0, 1, -1, 0), /turned by 90° by its header;/],
    ["mirrored", turned("track", -1, 0, 0, 1), /mirrored by its header;/],
    ["mirrored downwards", turned("track", 1, 0, 0, -1), /mirrored by its header;/],
    ["mirrored and turned", turned("track", 0, 1, 1, 0), /mirrored by its header;/],
    ["stretched by its matrix", turned("track", 2, 0, 0, 1), /stretched by its header;/],
    ["stretched by its size", resized(240, 180), /stretched by its header;/],
    ["of broad pixels", withBoxes(box("pasp", numbers(4, 3))), /pixels that are not square \(4:3\);/],
    [
      "cropped",
      withBoxes(box("clap", numbers(300, 1, 180, 1, 0, 1, 0, 1))),
      /shown only in part \(clean aperture\);/,
    ],
    [
      "cropped off its middle",
      withBoxes(box("clap", numbers(320, 1, 180, 1, 5, 1, 0, 1))),
      /shown only in part \(clean aperture\);/,
    ],
  ])("is refused when it is collected, with the reason: %s", async (_way, bytes, expected) => {
    const message = await said(bytes);
    expect(message).toMatch(expected);
    expect(message).toMatch(
      /films show pictures as they are stored: upright, whole and with square pixels\.$/,
    );
  });

  it.each([
    ["as it came", UPRIGHT],
    ["with a matrix of zeros", turned("track", 0, 0, 0, 0)],
    ["larger", turned("track", 2, 0, 0, 2)],
    ["of a larger size", resized(640, 360)],
    ["of no size", resized(0, 0)],
    ["of lines that are shown fewer than coded", resized(320, 179)],
    ["of square pixels", withBoxes(box("pasp", numbers(7, 7)))],
    ["with an aperture that is all of it", withBoxes(box("clap", numbers(640, 2, 180, 1, 0, 1, 0, 1)))],
  ])("is accepted when the pictures are shown as they are stored: %s", async (_way, bytes) => {
    expect(await inspectClip(bytes)).toMatchObject({
      ok: true,
      clip: { width: 320, height: 180, frames: 120 },
    });
  });

  it("is refused by its scene where it was collected before", async () => {
    const { result } = await assemble(
      editList(["field/avc-a", 20], [memoryFile(turned("track", 0, 1, -1, 0)), 20]),
    );
    expect(result).toMatchObject({ ok: false, failure: { code: "output_form" } });
    expect(result.ok || result.failure.message).toMatch(/^Scene 2: The clip's pictures are turned by 90°/);
  });
});

describe("a clip with an edit list", () => {
  it.each<[string, Row[], { frames: number; first: number; start: number }]>([
    ["none", [], { frames: 144, first: 0, start: FIRST }],
    ["all pictures", [{ lasts: 6, from: 0 }], { frames: 144, first: 0, start: 0 }],
    ["to the end, in a row that says 0", [{ lasts: 0, from: 0 }], { frames: 144, first: 0, start: 0 }],
    [
      "a wait first",
      [
        { lasts: 0.5, from: -1 },
        { lasts: 6, from: 0 },
      ],
      { frames: 144, first: 0, start: 0.5 },
    ],
    ["from its second key picture", [{ lasts: 5, from: 1 }], { frames: 120, first: 24, start: 0 }],
    ["nearly from a key picture", [{ lasts: 4, from: 2.01 }], { frames: 96, first: 48, start: -0.01 }],
    ["a part in the middle", [{ lasts: 2, from: 3 }], { frames: 48, first: 72, start: 0 }],
    ["all but the last second", [{ lasts: 5, from: 0 }], { frames: 120, first: 0, start: 0 }],
    ["up to within a group of B-frames", [{ lasts: 53 / 24, from: 0 }], { frames: 53, first: 0, start: 0 }],
  ])("contributes the pictures that are shown: %s", async (_what, rows, expected) => {
    const bytes = edited(...rows);
    const whole = await clipPackets(memoryFile(edited()), true);
    const found = await clipPackets(memoryFile(bytes), true);
    if (!found.ok || !whole.ok) throw new Error("refused");
    const { facts, start, end } = found.packets;
    const pictures = found.packets.pictures();
    expect(facts.frames).toBe(expected.frames);
    expect(facts.fps).toBeCloseTo(24, 2);
    expect(start).toBeCloseTo(expected.start, 3);
    expect(end - start).toBeCloseTo(expected.frames / 24, 1);
    // The index comes last, so another length of the list does not move packets.
    expect(pictures.map(({ offset }) => offset)).toEqual(
      whole.packets
        .pictures()
        .slice(expected.first, expected.first + expected.frames)
        .map(({ offset }) => offset),
    );
    const times = pictures.map(({ time }) => time - start).sort((a, b) => a - b);
    times.forEach((time, i) => {
      expect(time).toBeCloseTo(i / 24, 3);
    });
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["between key pictures, as it came", CUT, /hides pictures that the others need;/],
    ["between key pictures", edited({ lasts: 3, from: 1.5 }), /hides pictures that the others need;/],
    ["several parts", edited({ lasts: 1, from: 0 }, { lasts: 1, from: 3 }), /shows them in several pieces;/],
    ["half as fast", edited({ lasts: 6, from: 0, rate: 0.5 }), /shows them at 0\.5 times their speed;/],
    ["backwards", edited({ lasts: 6, from: 0, rate: -1 }), /shows them at -1 times their speed;/],
    ["one picture held", edited({ lasts: 6, from: 0, rate: 0 }), /shows them at 0 times their speed;/],
    ["nothing but a wait", edited({ lasts: 6, from: -1 }), /shows none of its pictures;/],
    ["what comes after its end", edited({ lasts: 6, from: 7 }), /shows none of its pictures;/],
  ])(
    "that can't be applied by copying packets is refused when it is collected: %s",
    async (_what, bytes, expected) => {
      const message = await said(bytes);
      expect(message).toMatch(expected);
      expect(message).toMatch(
        /films show the pictures of a clip one after another, from one that needs no other\.$/,
      );
    },
  );

  it("contributes all pictures of its fragments, whatever the length of the edit that was written before them", async () => {
    const fragments = fixture("clips/numbered/fragments.mp4");
    const [trak] = tracksOf(fragments);
    if (!trak) throw new Error("No track.");
    const list = box("edts", box("elst", numbers(0, 1, 1000, 0, ONE)));
    const out = joined([fragments.subarray(0, trak.end), list, fragments.subarray(trak.end)]);
    for (const at of [movieOf(fragments).at, trak.at])
      viewOf(out).setUint32(at, viewOf(out).getUint32(at) + list.length);
    expect(await inspectClip(out)).toMatchObject({ ok: true, clip: { frames: 90 } });
  });

  it("gives a conforming film of the pictures that it shows", async () => {
    const file = memoryFile(edited({ lasts: 5, from: 1 }));
    const { bytes } = await madeOf(editList([file, 120], ["field/avc-a", 20], [file, 150, "loop"]));
    expect(faultsOf(bytes)).toEqual([]);
  });

  it("is refused by its scene where it was collected before", async () => {
    const { result } = await assemble(editList([memoryFile(CUT), 20]));
    expect(result).toMatchObject({ ok: false, failure: { code: "output_form" } });
    expect(result.ok || result.failure.message).toMatch(/^Scene 1: The clip's edit list hides/);
  });
});
