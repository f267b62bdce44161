import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ProvenanceMark } from "../../../../src/domain/record/record.ts";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { clipProvenance, pictureProvenance } from "../../../../src/media/marks/provenance.ts";
import { assemble, editList } from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";
import {
  box,
  bytesOf,
  carrying,
  drawn,
  FORMS,
  jpegSegment,
  manifestParts,
  manifestStore,
  pngChunk,
  webpChunk,
  xmpPart,
} from "../../../support/pictures.ts";

const IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/** As in the manifests of Google's pictures. */
const GOOGLE = `c2pa.created digitalSourceType ${IPTC}trainedAlgorithmicMedia Applied imperceptible SynthID watermark.`;
const AIGC = '{"AIGC":{"Label":"1","ContentProducer":"001","ProduceID":"7"}}';
const xmpSaying = (term: string) =>
  `<x:xmpmeta><a:DigitalSourceType>${IPTC}${term}</a:DigitalSourceType></x:xmpmeta>`;

const facts = (kind: ProvenanceMark["kind"], over: Partial<ProvenanceMark> = {}) => ({
  kind,
  bytes: expect.any(Number),
  name: null,
  sources: [],
  watermark: null,
  ...over,
});

describe.each(FORMS)("a picture in %s", (form) => {
  const plain = drawn(form);
  const found = (...parts: Uint8Array[]) => pictureProvenance(carrying(form, plain, ...parts));

  it("says nothing where it carries nothing", () => {
    expect(pictureProvenance(plain)).toEqual([]);
  });

  it("has a mark for its C2PA manifest, with its terms and size", () => {
    const store = manifestStore(GOOGLE);
    const of = { bytes: store.length, sources: ["trainedAlgorithmicMedia"], watermark: "SynthID" as const };
    expect(found(...manifestParts(form, store))).toEqual([facts("c2pa", of)]);
  });

  it("has a mark for its XMP, with its terms", () => {
    const packet = xmpSaying("compositeSynthetic");
    expect(found(xmpPart(form, packet))).toEqual([
      facts("xmp", { bytes: packet.length, sources: ["compositeSynthetic"] }),
    ]);
  });

  it("has a mark for China's label in XMP, besides that for the packet", () => {
    const marks = found(
      xmpPart(form, `<TC260:AIGC xmlns:TC260="http://www.tc260.org.cn/ns/AIGC/1.0/">${AIGC}</TC260:AIGC>`),
    );
    expect(marks.map(({ kind }) => kind)).toEqual(["xmp", "aigc"]);
  });

  it("never fails, and its marks are few and short, whatever its bytes", () => {
    const whole = carrying(
      form,
      plain,
      ...manifestParts(form, manifestStore(GOOGLE)),
      xmpPart(form, xmpSaying("a".repeat(500))),
    );
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 });
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (changes, cut) => {
        const file = whole.slice(0, cut);
        for (const [at, byte] of changes) if (at < cut) file[at] = byte;
        const marks = pictureProvenance(file);
        expect(marks.length).toBeLessThanOrEqual(16);
        for (const { bytes, sources } of marks) {
          expect(bytes).toBeLessThanOrEqual(file.length);
          for (const term of sources) expect(term).toMatch(/^[A-Za-z]{1,64}$/);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a picture", () => {
  it("of another format has no marks, whatever its bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(pictureProvenance(bytes)).toEqual([]);
      }),
    );
  });

  it("in PNG has a mark for each text chunk, named by its keyword", () => {
    const file = carrying(
      "png",
      drawn("png"),
      pngChunk("tEXt", bytesOf("parameters\0a cat, seed 7")),
      pngChunk("iTXt", bytesOf("workflow\0\0\0\0\0{}")),
      pngChunk("tEXt", bytesOf(`AIGC\0${AIGC}`)),
      pngChunk("tEXt", bytesOf(`${"k".repeat(80)}\0too long`)),
      pngChunk("tEXt", bytesOf("no end")),
    );
    expect(pictureProvenance(file)).toEqual([
      facts("text", { name: "parameters", bytes: 13 }),
      facts("text", { name: "workflow", bytes: 6 }),
      facts("aigc", { name: "AIGC", bytes: AIGC.length }),
    ]);
  });

  it.each([
    ["jpeg", jpegSegment(0xe1, bytesOf(`Exif\0\0${AIGC}`))],
    ["webp", webpChunk("EXIF", bytesOf(AIGC))],
    ["png", pngChunk("eXIf", bytesOf(AIGC))],
  ] as const)("in %s has a mark for China's label in Exif", (form, part) => {
    expect(pictureProvenance(carrying(form, drawn(form), part))).toEqual([facts("aigc")]);
  });

  it.each(["AIGC", "AIGC {", 'AIGC {"Other":1}', "AIGC } Label {", "AIGC".repeat(100_000)])(
    "has no label where there is only %.20s",
    (text) => {
      expect(pictureProvenance(carrying("png", drawn("png"), xmpPart("png", text)))).toEqual([facts("xmp")]);
    },
  );

  it("names each term once, and at most eight", () => {
    const terms = Array.from({ length: 12 }, (_, i) => `term${"abcdefghijkl"[i]}`);
    const [mark] = pictureProvenance(
      carrying("png", drawn("png"), xmpPart("png", [...terms, ...terms].map(xmpSaying).join(""))),
    );
    expect(mark?.sources).toEqual(terms.slice(0, 8));
  });

  it("has no C2PA manifest in a JUMBF box of another kind", () => {
    const other = Buffer.from(manifestStore(GOOGLE).toString("latin1").replace("c2pa", "jpeg"), "latin1");
    for (const form of FORMS)
      expect(pictureProvenance(carrying(form, drawn(form), ...manifestParts(form, other)))).toEqual([]);
  });
});

describe("a clip", () => {
  const clip = fixture("clips/a-5s-24fps.mp4");
  const c2pa = (store: Uint8Array) =>
    box(
      "uuid",
      Buffer.from("d8fec3d61b0e483c92975828877ec481", "hex"),
      bytesOf("\0\0\0\0manifest\0\0\0\0\0\0\0\0\0"),
      store,
    );
  const xmp = (packet: string) =>
    box("uuid", Buffer.from("be7acfcb97a942e89c71999491e3afac", "hex"), bytesOf(packet));
  const of = (...pieces: Uint8Array[]) => clipProvenance(memoryFile(new Uint8Array(Buffer.concat(pieces))));

  it("says nothing where it carries nothing", async () => {
    expect(await of(clip)).toEqual([]);
  });

  it("has marks for boxes before and after its packets", async () => {
    const store = manifestStore(GOOGLE);
    const ftyp = (clip[2] ?? 0) * 256 + (clip[3] ?? 0);
    expect(
      await of(clip.subarray(0, ftyp), c2pa(store), clip.subarray(ftyp), xmp(xmpSaying("digitalCapture"))),
    ).toEqual([
      facts("c2pa", { bytes: store.length + 21, sources: ["trainedAlgorithmicMedia"], watermark: "SynthID" }),
      facts("xmp", { sources: ["digitalCapture"] }),
    ]);
  });

  it("has marks for what its index contains: XMP in QuickTime's form, and China's label", async () => {
    const moov = box(
      "moov",
      box("udta", box("XMP_", bytesOf(xmpSaying("digitalCapture"))), box("meta", bytesOf(AIGC))),
    );
    expect(await of(box("ftyp"), moov)).toEqual([
      facts("xmp", { sources: ["digitalCapture"] }),
      facts("aigc"),
    ]);
  });

  it("that is a film of ours has the mark that we wrote", async () => {
    const { target } = await assemble(editList(["a-5s-24fps", 24]));
    expect(await of(target.film())).toEqual([facts("xmp", { sources: ["compositeSynthetic"] })]);
  });

  it("costs one read, and one for each box after its first part, whatever their sizes", async () => {
    const reads: number[] = [];
    const file = Buffer.concat([
      box("ftyp"),
      c2pa(Buffer.alloc(3_000_000)),
      box("mdat", Buffer.alloc(2_000_000)),
      box("moov"),
    ]);
    const bucket = {
      read: async (_key: string, start: number, end: number) => {
        reads.push(end - start);
        return new Uint8Array(file.subarray(start, end));
      },
    };
    const marks = await clipProvenance(storedFile(bucket, { key: "k", etag: "e", bytes: file.length }));
    expect(marks).toEqual([facts("c2pa", { bytes: 3_000_021 })]);
    expect(reads).toHaveLength(5);
    expect(Math.max(...reads)).toBeLessThanOrEqual(1024 * 1024);
  });

  it("is read up to a number of boxes", async () => {
    const many = Buffer.concat(Array.from({ length: 1000 }, () => box("free")));
    expect(await of(many, xmp(xmpSaying("digitalCapture")))).toEqual([]);
  });

  it("never fails, whatever its bytes", async () => {
    const whole = Buffer.concat([
      box("ftyp"),
      c2pa(manifestStore(GOOGLE)),
      box("moov", box("udta", box("XMP_"))),
    ]);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(whole.length), async (changes, cut) => {
        const file = new Uint8Array(whole.subarray(0, cut));
        for (const [at, byte] of changes) if (at < cut) file[at] = byte;
        const marks = await clipProvenance(memoryFile(file));
        expect(marks.length).toBeLessThanOrEqual(16);
        for (const { bytes } of marks) expect(bytes).toBeLessThanOrEqual(file.length);
      }),
      { numRuns: 300 },
    );
  });
});
