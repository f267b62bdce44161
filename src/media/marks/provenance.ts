/**
 * Reads from a provider's file how it was made. The file stays in the bucket unchanged, but a film copies
 * only its packets and loses these marks, so they are stored with the artifact. Nothing is verified: the
 * contents of a manifest are reported as they are, whoever signed it.
 */
import type { ProvenanceMark } from "../../domain/record/record.ts";
import { storable } from "../../domain/record/text.ts";
import { type Box, boxesIn, boxWithin, fileBoxes } from "../lib/mp4-boxes.ts";
import type { MediaFile } from "../lib/source.ts";
import { manifestsIn, type Part, type PictureForm, partsOf, pictureForm, xmpIn } from "./containers.ts";
import { XMP_UUID } from "./film.ts";
import { latin1, sourceTerms } from "./xmp.ts";

/** Marks that are kept of one file. */
const MAX_MARKS = 16;
/** Longest keyword of a PNG's text chunk (W3C PNG, third edition, 11.3.3). */
const LONGEST_NAME = 79;
/** A manifest may hold pictures; its statements come before them in all files seen so far. */
const MAX_BYTES_OF_MARK = 1024 * 1024;

function mark(
  kind: ProvenanceMark["kind"],
  contents: Uint8Array,
  name: string | null = null,
): ProvenanceMark {
  const searched = contents.subarray(0, MAX_BYTES_OF_MARK);
  return {
    kind,
    bytes: contents.length,
    name,
    sources: kind === "c2pa" || kind === "xmp" ? sourceTerms(searched) : [],
    // Google writes so in its manifests: "Applied imperceptible SynthID watermark." (seen in files of 2026).
    watermark: latin1(searched).includes("SynthID") ? "SynthID" : null,
  };
}

/** Most characters between the label's name and its JSON, and most characters of the JSON that are read. */
const [LONGEST_GAP, LONGEST_LABEL] = [200, 8000];

/**
 * China's label of AI-generated content (GB 45438-2025): JSON named AIGC, with a member `Label`. In XMP it is
 * in the namespace tc260.org.cn/ns/AIGC; ffmpeg writes it as a key of the file's metadata. Where each
 * provider puts it could not be checked, so it is searched for by its text.
 */
function aigc(contents: Uint8Array): ProvenanceMark[] {
  const text = latin1(contents.subarray(0, MAX_BYTES_OF_MARK));
  let at = -1;
  for (let tries = 0; tries < MAX_MARKS; tries++) {
    at = text.indexOf("AIGC", at + 1);
    if (at < 0) return [];
    const open = text.slice(at, at + LONGEST_GAP).indexOf("{");
    const label = open < 0 ? "" : text.slice(at + open, at + open + LONGEST_LABEL);
    const close = label.indexOf("}") + 1;
    if (label.slice(0, close).includes("Label"))
      return [mark("aigc", contents.subarray(at, at + open + close))];
  }
  return [];
}

const isText = (form: PictureForm, { name }: Part) =>
  form === "png" && (name === "tEXt" || name === "zTXt" || name === "iTXt");

/** A PNG's text chunk: Stable Diffusion writes `parameters`, ComfyUI `prompt` and `workflow`. */
function note(contents: Uint8Array): ProvenanceMark[] {
  const end = contents.indexOf(0);
  if (end < 1 || end > LONGEST_NAME) return [];
  const name = storable(latin1(contents.subarray(0, end)));
  return [mark(name === "AIGC" ? "aigc" : "text", contents.subarray(end + 1), name)];
}

/**
 * The marks in a JPEG, PNG or WebP, or in the first bytes of one; empty for any other bytes. C2PA manifests
 * come first, then the others in the order of the file. At most 16.
 */
export function pictureProvenance(bytes: Uint8Array): ProvenanceMark[] {
  const form = pictureForm(bytes);
  if (!form) return [];
  const parts = partsOf(form, bytes);
  const others = parts.flatMap((part) => {
    const contents = bytes.subarray(part.start, part.stop);
    const packet = xmpIn(form, bytes, part);
    if (packet) return [mark("xmp", packet), ...aigc(packet)];
    if (isText(form, part)) return note(contents);
    return (form === "jpeg" && part.name === "e1") || part.name === "EXIF" || part.name === "eXIf"
      ? aigc(contents)
      : [];
  });
  return [...manifestsIn(form, bytes, parts).map((store) => mark("c2pa", store)), ...others].slice(
    0,
    MAX_MARKS,
  );
}

/** The extended type of a `uuid` box that holds a manifest (C2PA 2.4, A.5.1.1). */
const C2PA_UUID = [
  0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7e, 0xc4, 0x81,
];
const UUID_BYTES = 16;
/** Enough for an index in front and for most manifests. */
const HEAD_BYTES = 256 * 1024;
/** A fragmented clip has two boxes for each fragment; its marks come before them. */
const MAX_BOXES = 64;

/**
 * The marks in a clip's top-level boxes and in its index. Costs one read, and one for each box after the
 * first 256 KiB. Empty for anything but MP4. At most 16. Rejects as `MediaFile` does.
 */
export async function clipProvenance(file: MediaFile): Promise<ProvenanceMark[]> {
  const head = await file.take(0, Math.min(file.bytes, HEAD_BYTES));
  const view = async (from: number, to: number) =>
    to <= head.length ? head.subarray(from, to) : file.take(from, to);
  const marks: ProvenanceMark[] = [];
  for await (const { box, position: at } of fileBoxes(file.bytes, view, MAX_BOXES)) {
    if (at + box.end > file.bytes) break;
    if (box.name === "uuid" || box.name === "moov") {
      const bytes = await view(at, at + Math.min(box.end, MAX_BYTES_OF_MARK));
      marks.push(...(box.name === "uuid" ? inUuid(bytes, box) : inIndex(bytes, box)));
    }
  }
  return marks.slice(0, MAX_MARKS);
}

/** `bytes` may end before the box does; the mark states the length of the whole box. */
function inUuid(bytes: Uint8Array, { start, end }: Box): ProvenanceMark[] {
  const isOf = (uuid: number[]) => uuid.every((byte, i) => bytes[start + i] === byte);
  const kind = isOf(C2PA_UUID) ? "c2pa" : isOf(XMP_UUID) ? "xmp" : null;
  if (!kind) return [];
  const contents = bytes.subarray(start + UUID_BYTES);
  const found = { ...mark(kind, contents), bytes: Math.max(0, end - start - UUID_BYTES) };
  return kind === "xmp" ? [found, ...aigc(contents)] : [found];
}

/** QuickTime stores XMP as `XMP_` in the movie's user data. */
function inIndex(bytes: Uint8Array, moov: Box): ProvenanceMark[] {
  const inside = { ...moov, end: Math.min(moov.end, bytes.length) };
  const xmp = boxWithin(bytes, inside, "udta", "XMP_");
  const metadata = [...boxesIn(bytes, inside.start, inside.end)].filter(
    ({ name }) => name === "udta" || name === "meta",
  );
  return [
    ...(xmp ? [mark("xmp", bytes.subarray(xmp.start, xmp.end))] : []),
    ...metadata.flatMap(({ start, end }) => aigc(bytes.subarray(start, end))),
  ];
}
