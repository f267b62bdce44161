/**
 * Reads the chunks of AIFF and AIFF-C (Apple, "Audio Interchange File Format", 1.3 of 1989, and its AIFF-C
 * draft of 1991) as WAV facts.
 */

import type { MediaFile } from "../lib/source.ts";
import { ascii, type Span } from "./outer-tags.ts";
import { MAX_CHUNKS, type WavFacts } from "./wav.ts";

const COMM_BYTES = 18;

/** AIFF-C's compression types: WAV's format tag, byte order and bits. */
const CODINGS: Readonly<Record<string, { formatTag: number; littleEndian?: true; bits?: number }>> = {
  NONE: { formatTag: 1 },
  twos: { formatTag: 1 },
  in24: { formatTag: 1, bits: 24 },
  in32: { formatTag: 1, bits: 32 },
  sowt: { formatTag: 1, littleEndian: true },
  "raw ": { formatTag: 1, bits: 8 },
  fl32: { formatTag: 3, bits: 32 },
  FL32: { formatTag: 3, bits: 32 },
  fl64: { formatTag: 3, bits: 64 },
  FL64: { formatTag: 3, bits: 64 },
  alaw: { formatTag: 6, bits: 8 },
  ALAW: { formatTag: 6, bits: 8 },
  ulaw: { formatTag: 7, bits: 8 },
  ULAW: { formatTag: 7, bits: 8 },
};
/** An unknown compression type: a format tag that WAV does not have. */
const UNKNOWN = { formatTag: -1 };

/** An 80 bit float: a sign, 15 bits of exponent, then 64 bits of mantissa with an explicit integer bit. */
function extended(view: DataView, at: number): number {
  const exponent = (view.getUint16(at) & 0x7fff) - 16_383;
  return view.getUint32(at + 2) * 2 ** (exponent - 31) + view.getUint32(at + 6) * 2 ** (exponent - 63);
}

/** Whether the file begins like an AIFF or AIFF-C. */
export const isAiff = (head: Uint8Array): boolean =>
  ascii(head, 0, 4) === "FORM" && /^AIF[FC]$/.test(ascii(head, 8, 4));

export interface AiffFacts extends WavFacts {
  /** Text chunks: title (`NAME`) and artist (`AUTH`). */
  texts: { name: "NAME" | "AUTH"; span: Span }[];
}

/** Throws when the file has no chunk of format or samples. */
export async function readAiff(file: MediaFile): Promise<AiffFacts> {
  const isCompressed = ascii(await file.read(8, 12), 0, 4) === "AIFC";
  let format: Omit<AiffFacts, "data" | "promised" | "tags" | "texts"> | null = null;
  let data: Span | null = null;
  let promised: number | null = null;
  const tags: WavFacts["tags"] = [];
  const texts: AiffFacts["texts"] = [];
  let at = 12;
  for (let i = 0; i < MAX_CHUNKS && at + 8 <= file.bytes; i++) {
    const head = await file.read(at, at + 8 + 32);
    const view = new DataView(head.buffer);
    const name = ascii(head, 0, 4);
    const size = view.getUint32(4);
    const start = at + 8;
    const span = { start, end: Math.min(file.bytes, start + size) };
    if (name === "COMM" && size >= COMM_BYTES && head.length >= 8 + COMM_BYTES) {
      const coding = isCompressed ? (CODINGS[ascii(head, 26, 4)] ?? UNKNOWN) : { formatTag: 1 };
      const {
        formatTag,
        littleEndian = false,
        bits,
      } = { littleEndian: undefined, bits: undefined, ...coding };
      const width = Math.ceil((bits ?? view.getUint16(14)) / 8);
      const channels = view.getUint16(8);
      format = {
        formatTag,
        channels,
        sampleRate: Math.round(extended(view, 16)),
        bits: width * 8,
        frameBytes: width * channels,
        littleEndian,
        signedBytes: formatTag === 1 && width === 1 && ascii(head, 26, 4) !== "raw ",
      };
    } else if (name === "SSND" && !data && head.length >= 16) {
      const from = start + 8 + view.getUint32(8);
      promised = size - 8 - view.getUint32(8);
      data = { start: Math.min(from, file.bytes), end: span.end };
    } else if (name === "ID3 " || name === "id3 ") tags.push({ name: "id3", span });
    else if (name === "NAME" || name === "AUTH") texts.push({ name, span });
    at = start + size + (size % 2);
  }
  if (!format || !data) throw new Error("The AIFF lacks its format or its samples.");
  return { ...format, data, promised, tags, texts };
}
