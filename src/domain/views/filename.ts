/** File names of downloads that every common system can save. */

/**
 * Characters that one of the common systems does not allow in a name: control characters and line ends,
 * separators, and what Windows reserves ("Naming Files, Paths, and Namespaces", learn.microsoft.com, read
 * November 2026).
 */
const UNSAVABLE = /[\p{Cc}\p{Zl}\p{Zp}<>:"/\\|?*]+/gu;
/**
 * Characters that change the reading direction, so that a name can seem to have another extension (UAX 9),
 * and U+FEFF.
 */
const DIRECTION_MARKS = /[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/gu;
/** Names of Windows devices, with any extension (the same page; CONIN$ and CONOUT$: "Consoles"). */
const DEVICE = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)/i;
/** In UTF-8. Systems allow 255 bytes or more; browsers and people add to a name. */
const MAX_BYTES = 200;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** The text's first graphemes, as many as fit into `most` bytes of UTF-8. */
function cut(text: string, most: number): string {
  let [kept, bytes] = ["", 0];
  for (const { segment } of graphemes.segment(text)) {
    bytes += bytesOf(segment);
    if (bytes > most) break;
    kept += segment;
  }
  return kept;
}

/**
 * The name changed so that every common system can save it: other characters become a space, dots and spaces
 * at both ends are removed (Windows drops them, elsewhere a leading dot hides the file), and a device's name
 * gets a `_` in front. At most 200 bytes of UTF-8; the extension stays. `download` where nothing is left.
 */
export function safeFilename(filename: string): string {
  const whole = filename.toWellFormed().normalize("NFC").replace(DIRECTION_MARKS, "").replace(UNSAVABLE, " ");
  const [ending = ""] = /\.[a-z0-9]{1,8}$/i.exec(whole) ?? [];
  const trimmed = (text: string) => text.replace(/^[\s.]+|[\s.]+$/gu, "");
  const stem = trimmed(whole.slice(0, whole.length - ending.length).replace(/\s+/gu, " "));
  const short = trimmed(cut(stem, MAX_BYTES - ending.length)) || "download";
  return `${DEVICE.test(short) ? "_" : ""}${short}${ending}`;
}

/**
 * A Content-Disposition header (RFC 6266) that saves the file under that name, made safe: in ASCII for old
 * clients, and exactly, in UTF-8 (RFC 8187, which replaced RFC 5987).
 */
export function attachment(filename: string): string {
  const name = safeFilename(filename);
  const plain = name.replace(/[^ -~]|["%;]/g, "_");
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${exact}`;
}
