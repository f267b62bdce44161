/** Pictures in the three formats, the metadata that their files may have, and their pixels. */
import { crc32 } from "node:zlib";
import { createCanvas, loadImage } from "@napi-rs/canvas";

export const FORMS = ["jpeg", "png", "webp"] as const;
export type Form = (typeof FORMS)[number];

const SIZE = { width: 46, height: 30 };

/** A small picture; partly transparent with `clear` (not in JPEG). */
export function drawn(form: Form, clear = false): Uint8Array {
  const canvas = createCanvas(SIZE.width, SIZE.height);
  const brush = canvas.getContext("2d");
  const ground = brush.createLinearGradient(0, 0, SIZE.width, SIZE.height);
  ground.addColorStop(0, "#205080");
  ground.addColorStop(1, "#f0c040");
  brush.fillStyle = ground;
  brush.fillRect(0, 0, clear ? 20 : SIZE.width, SIZE.height);
  if (form === "jpeg") return new Uint8Array(canvas.toBuffer("image/jpeg", 80));
  if (form === "png") return new Uint8Array(canvas.toBuffer("image/png"));
  return new Uint8Array(canvas.toBuffer("image/webp", clear ? 100 : 80));
}

/** The picture's size and decoded pixels, as text. */
export async function pixels(bytes: Uint8Array): Promise<string> {
  const image = await loadImage(Buffer.from(bytes));
  const canvas = createCanvas(image.width, image.height);
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  const { data } = brush.getImageData(0, 0, image.width, image.height);
  return `${image.width}x${image.height} ${Buffer.from(data.buffer).toString("base64")}`;
}

export const bytesOf = (text: string): Buffer => Buffer.from(text, "utf8");
const u32 = (n: number) => {
  const out = Buffer.alloc(4);
  out.writeUInt32BE(n);
  return out;
};
const le32 = (n: number) => u32(n).reverse();

export const jpegSegment = (marker: number, contents: Uint8Array): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, marker, (contents.length + 2) >> 8, (contents.length + 2) & 0xff]),
    contents,
  ]);
export function pngChunk(name: string, contents: Uint8Array): Buffer {
  const named = Buffer.concat([bytesOf(name), contents]);
  return Buffer.concat([u32(contents.length), named, u32(crc32(named))]);
}
export const webpChunk = (name: string, contents: Uint8Array): Buffer =>
  Buffer.concat([bytesOf(name), le32(contents.length), contents, Buffer.alloc(contents.length & 1)]);

/** The file with parts added after its header, or at the end of a WebP. */
export function carrying(form: Form, file: Uint8Array, ...added: Uint8Array[]): Uint8Array {
  if (form === "webp") {
    const body = Buffer.concat([file.subarray(8), ...added]);
    return new Uint8Array(Buffer.concat([bytesOf("RIFF"), le32(body.length), body]));
  }
  const at = form === "jpeg" ? 2 : 33;
  return new Uint8Array(Buffer.concat([file.subarray(0, at), ...added, file.subarray(at)]));
}

/** The part of a file that holds XMP, in each format. */
export function xmpPart(form: Form, packet: string | Uint8Array): Buffer {
  const bytes = typeof packet === "string" ? bytesOf(packet) : packet;
  if (form === "jpeg")
    return jpegSegment(0xe1, Buffer.concat([bytesOf("http://ns.adobe.com/xap/1.0/\0"), bytes]));
  if (form === "webp") return webpChunk("XMP ", bytes);
  return pngChunk("iTXt", Buffer.concat([bytesOf("XML:com.adobe.xmp\0\0\0\0\0"), bytes]));
}

export const box = (name: string, ...contents: Uint8Array[]): Buffer => {
  const body = Buffer.concat(contents);
  return Buffer.concat([u32(body.length + 8), bytesOf(name), body]);
};

/** The recognisable part of a C2PA manifest store, with a text in it. */
export function manifestStore(text: string): Buffer {
  const type = Buffer.from("6332706100110010800000aa00389b71", "hex");
  const label = Buffer.concat([Buffer.from([3]), bytesOf("c2pa\0")]);
  return box("jumb", box("jumd", type, label), box("cbor", bytesOf(text)));
}

/** The parts of a file that hold a manifest store, in each format; in a JPEG, segments of `most` bytes. */
export function manifestParts(form: Form, store: Buffer, most = 100): Buffer[] {
  if (form === "png") return [pngChunk("caBX", store)];
  if (form === "webp") return [webpChunk("C2PA", store)];
  const segments: Buffer[] = [];
  for (let at = 8; at < store.length; at += most) {
    const head = Buffer.concat([bytesOf("JP"), Buffer.from([0, 1]), u32(segments.length + 1)]);
    const piece = store.subarray(at, at + most);
    segments.push(jpegSegment(0xeb, Buffer.concat([head, store.subarray(0, 8), piece])));
  }
  return segments;
}
