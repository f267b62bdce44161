/** The film's metadata: title, artist and cover art, in the form of iTunes, which other players read too. */
import { ascii, type Bytes, box, fullBox, u32, utf8, zeros } from "../lib/mp4-boxes.ts";

export interface Tags {
  title: string | null;
  artist: string | null;
}

const TEXT = 1;
const JPEG = 13;
const PNG = 14;
const MAX_COVER_BYTES = 2 * 1024 * 1024;

const item = (name: string, type: number, value: Bytes) => box(name, box("data", u32(type), u32(0), value));

function cover(poster: Uint8Array | null): Uint8Array[] {
  if (!poster || poster.length > MAX_COVER_BYTES) return [];
  const [first, second, third] = poster;
  if (first === 0xff && second === 0xd8 && third === 0xff) return [item("covr", JPEG, poster)];
  return first === 0x89 && second === 0x50 && third === 0x4e ? [item("covr", PNG, poster)] : [];
}

/** The film's `udta` box. A poster that is not a JPEG or PNG, or is larger than 2 MB, is left out. */
export function userData({ title, artist }: Tags, poster: Uint8Array | null, chapters: Bytes[]): Uint8Array {
  const items = [
    ...(title ? [item("\xa9nam", TEXT, utf8(title))] : []),
    ...(artist ? [item("\xa9ART", TEXT, utf8(artist))] : []),
    ...cover(poster),
  ];
  const handler = fullBox("hdlr", 0, 0, zeros(4), ascii("mdirappl"), zeros(9));
  return box("udta", fullBox("meta", 0, 0, handler, box("ilst", ...items)), ...chapters);
}
