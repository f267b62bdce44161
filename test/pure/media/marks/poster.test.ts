import { crc32, deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { measurePicture } from "../../../../src/media/lib/picture.ts";
import { partsOf, pictureForm, xmpIn } from "../../../../src/media/marks/containers.ts";
import { markedPoster } from "../../../../src/media/marks/poster.ts";
import { assemble, boxes, editList } from "../../../support/films.ts";
import {
  bytesOf,
  carrying,
  drawn,
  FORMS,
  jpegSegment,
  manifestParts,
  manifestStore,
  pixels,
  pngChunk,
  webpChunk,
  xmpPart,
} from "../../../support/pictures.ts";

const AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const CREDIT =
  '<photoshop:Credit xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/">A Studio</photoshop:Credit>';
const packetOf = (inside: string, about = 'rdf:about=""', room = "") =>
  `<?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">` +
  `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description ${about}>${inside}` +
  `</rdf:Description></rdf:RDF></x:xmpmeta>${room}<?xpacket end="w"?>`;

/** Every XMP packet of a picture, as text. */
function packets(bytes: Uint8Array): string[] {
  const form = pictureForm(bytes);
  if (!form) throw new Error("no picture");
  return partsOf(form, bytes).flatMap((part) => {
    const packet = xmpIn(form, bytes, part);
    return packet ? [new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(packet)] : [];
  });
}
const occurrences = (text: string, of: string) => text.split(of).length - 1;
const same = (a: Uint8Array, b: Uint8Array) => Buffer.from(a).equals(Buffer.from(b));

describe.each(FORMS)("a poster in %s", (form) => {
  const plain = drawn(form);

  it("states in one XMP packet that AI made it, and its pixels are unchanged", async () => {
    const { bytes, by } = markedPoster(plain);
    expect(by).toBe("added");
    expect(packets(bytes)).toHaveLength(1);
    expect(packets(bytes)[0]).toContain(
      `<Iptc4xmpExt:DigitalSourceType>${AI}</Iptc4xmpExt:DigitalSourceType>`,
    );
    expect(measurePicture(bytes)).toEqual(measurePicture(plain));
    expect(await pixels(bytes)).toBe(await pixels(plain));
  });

  it("is marked once, even when it is marked again", () => {
    const { bytes } = markedPoster(plain);
    expect(markedPoster(bytes)).toEqual({ bytes, by: "xmp" });
  });

  it("keeps its XMP, with the property added to it, about the same resource", async () => {
    const before = packetOf(CREDIT, "rdf:about='uuid:1'");
    const file = carrying(form, plain, xmpPart(form, before));
    const { bytes, by } = markedPoster(file);
    const [packet = "", ...others] = packets(bytes);
    expect([by, others]).toEqual(["added", []]);
    expect(packet).toContain(CREDIT);
    expect(occurrences(packet, AI)).toBe(1);
    expect(occurrences(packet, "rdf:about='uuid:1'")).toBe(2);
    const [head = "", tail = ""] = packet.split(
      /<rdf:Description rdf:about='uuid:1' xmlns:Iptc4xmpExt.*?<\/rdf:Description>/s,
    );
    expect(head + tail).toBe(before);
    expect(await pixels(bytes)).toBe(await pixels(plain));
  });

  it("uses the padding at the end of a packet", () => {
    const room = " ".repeat(2000);
    const { bytes } = markedPoster(
      carrying(form, plain, xmpPart(form, packetOf(CREDIT, 'rdf:about=""', room))),
    );
    expect(packets(bytes)[0]).toHaveLength(packetOf(CREDIT, 'rdf:about=""', room).length);
  });

  it.each([
    `<a:DigitalSourceType xmlns:a="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture</a:DigitalSourceType>`,
    `<a:DigitalSourceType xmlns:a="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">${AI}</a:DigitalSourceType>`,
  ])("is unchanged when its XMP names a source already: %s", (inside) => {
    const file = carrying(form, plain, xmpPart(form, packetOf(inside)));
    expect(markedPoster(file)).toEqual({ bytes: file, by: "xmp" });
  });

  it.each([
    ["no XML", bytesOf("none")],
    ["no place for it", bytesOf("<rdf:RDF/>")],
    ["UTF-16", Buffer.from(packetOf(CREDIT), "utf16le")],
    ["no UTF-8", Buffer.from([0xff, 0xfe, 0x3c])],
    ["compressed", deflateSync(packetOf(CREDIT))],
    ["empty", Buffer.alloc(0)],
  ])("has a new packet in place of one that is %s", (_what, bad) => {
    const { bytes, by } = markedPoster(carrying(form, plain, xmpPart(form, bad)));
    expect(by).toBe("added");
    expect(packets(bytes)).toHaveLength(1);
    expect(packets(bytes)[0]).toContain(AI);
  });

  it("is unchanged when a C2PA manifest says it, because any byte would break its binding", () => {
    const file = carrying(form, plain, ...manifestParts(form, manifestStore(`x digitalSourceType x${AI} x`)));
    expect(markedPoster(file)).toEqual({ bytes: file, by: "c2pa" });
  });

  it.each(["nothing of the kind", AI.replace("trainedAlgorithmicMedia", "digitalCapture")])(
    "is marked, and its manifest kept, when the C2PA manifest says %s",
    (text) => {
      const store = manifestStore(text);
      const { bytes, by } = markedPoster(carrying(form, plain, ...manifestParts(form, store, 10_000)));
      expect(by).toBe("added");
      expect(Buffer.from(bytes).includes(store.subarray(8))).toBe(true);
      expect(packets(bytes)).toHaveLength(1);
    },
  );

  it("is marked or unchanged, whatever its bytes: no byte is lost and nothing fails", () => {
    const damage = fc.record({
      cut: fc.integer({ min: 0, max: plain.length }),
      at: fc.integer({ min: 0, max: 80 }),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    fc.assert(
      fc.property(damage, ({ cut, at, byte }) => {
        const file = plain.slice(0, cut);
        if (at < file.length) file[at] = byte;
        const { bytes, by } = markedPoster(file);
        if (by === null) expect(same(bytes, file)).toBe(true);
        else expect(bytes.length).toBeGreaterThan(file.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe("a poster", () => {
  it.each([["GIF89a"], [""], ["<svg/>"]])("of another format is unchanged: %s", (text) => {
    const file = new Uint8Array(bytesOf(text));
    expect(markedPoster(file)).toEqual({ bytes: file, by: null });
  });

  it.each([
    ["white space", `${" ".repeat(2_000_000)}</rdf:RDF>${" ".repeat(2_000_000)}x`],
    ["tags that never end", `${"<rdf:Description ".repeat(200_000)}</rdf:RDF>`],
    ["ends of packets", "</rdf:RDF>".repeat(200_000)],
    ["open ends", "</rdf".repeat(400_000)],
  ])(
    "is marked quickly, however much of %s its XMP has",
    (_what, text) => {
      const { by } = markedPoster(carrying("png", drawn("png"), xmpPart("png", text)));
      expect(by).toBe("added");
    },
    3000,
  );

  it("in JPEG has its XMP after JFIF and Exif, which must come first", () => {
    const exif = jpegSegment(0xe1, bytesOf("Exif\0\0II*\0\x08\0\0\0\0\0"));
    const jfif = drawn("jpeg");
    const after = 4 + ((jfif[4] ?? 0) << 8) + (jfif[5] ?? 0);
    const file = Buffer.concat([jfif.subarray(0, after), exif, jfif.subarray(after)]);
    const { bytes } = markedPoster(new Uint8Array(file));
    expect(same(bytes.subarray(0, after + exif.length), file.subarray(0, after + exif.length))).toBe(true);
    const behind = Buffer.from(bytes.subarray(after + exif.length + 4)).toString("latin1", 0, 28);
    expect(behind).toBe("http://ns.adobe.com/xap/1.0/");
  });

  it("in JPEG has a new packet in place of one that fills its segment", () => {
    const full = packetOf(`<a:b xmlns:a="a">${"x".repeat(65_100)}</a:b>`);
    const { bytes } = markedPoster(carrying("jpeg", drawn("jpeg"), xmpPart("jpeg", full)));
    expect(packets(bytes)).toHaveLength(1);
    expect(packets(bytes)[0]).not.toContain("xxxx");
  });

  it("in PNG has its XMP after the header, with a correct checksum", () => {
    const { bytes } = markedPoster(drawn("png"));
    const [, chunk] = partsOf("png", bytes);
    expect(chunk?.name).toBe("iTXt");
    const { at = 0, stop = 0 } = chunk ?? {};
    expect(Buffer.from(bytes).readUInt32BE(stop)).toBe(crc32(bytes.subarray(at + 4, stop)));
  });

  it.each([
    ["VP8 ", false, 0x04],
    ["VP8L", true, 0x14],
  ])("in WebP gets an extended header when it had only %s", async (first, clear, flags) => {
    const lossless = carrying("webp", bytesOf("RIFF\0\0\0\0WEBP"), losslessOrPlain(clear));
    const { bytes } = markedPoster(lossless);
    const [header, picture] = partsOf("webp", bytes);
    expect([header?.name, picture?.name]).toEqual(["VP8X", first]);
    const head = Buffer.from(bytes.subarray(header?.start));
    expect([head[0], head.readUIntLE(4, 3) + 1, head.readUIntLE(7, 3) + 1]).toEqual([flags, 46, 30]);
    expect(await pixels(bytes)).toBe(await pixels(lossless));
  });

  it("in WebP keeps the bytes after its end, and the padding of its chunks", () => {
    const odd = webpChunk("EXIF", bytesOf("odd"));
    const file = Buffer.concat([carrying("webp", drawn("webp"), odd), bytesOf("tail")]);
    const { bytes } = markedPoster(new Uint8Array(file));
    expect(Buffer.from(bytes).includes(odd)).toBe(true);
    expect(Buffer.from(bytes.subarray(-4)).toString()).toBe("tail");
    expect(Buffer.from(bytes).readUInt32LE(4) + 8 + 4).toBe(bytes.length);
  });

  it("in PNG keeps its other text chunks", () => {
    const note = pngChunk("tEXt", bytesOf("parameters\0a cat"));
    const { bytes } = markedPoster(carrying("png", drawn("png"), note));
    expect(Buffer.from(bytes).includes(note)).toBe(true);
  });
});

/** The picture's chunk alone: lossless with transparency, or lossy without. */
function losslessOrPlain(clear: boolean): Uint8Array {
  const file = drawn("webp", clear);
  const picture = partsOf("webp", file).find(({ name }) => name.startsWith("VP8") && name !== "VP8X");
  return file.subarray(picture?.at, picture?.end);
}

describe("a film", () => {
  it("states in XMP, in a box before the index, that its pictures, but not all of it, are made by AI", async () => {
    const { target } = await assemble(editList(["a-5s-24fps", 48]));
    const file = Buffer.from(target.film());
    const names = boxes(file);
    expect(names.filter((name) => name === "uuid")).toHaveLength(1);
    expect(names.slice(0, 3)).toEqual(["ftyp", "uuid", "moov"]);
    const at = file.readUInt32BE(0);
    const mark = file.subarray(at, at + file.readUInt32BE(at));
    expect(mark.subarray(8, 24).toString("hex")).toBe("be7acfcb97a942e89c71999491e3afac");
    const packet = mark.subarray(24).toString();
    expect(packet).toMatch(
      /^<\?xpacket begin="\uFEFF" id="W5M0MpCehiHzreSzNTczkc9d"\?>.*<\?xpacket end="w"\?>$/s,
    );
    expect(packet).toContain(
      "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic<",
    );
  });
});
