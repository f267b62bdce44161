/** Reads the few elements of text that are needed from XML answers of the S3 API. */

/**
 * The text of the first element with this name; null where there is none. The parts of S3's answers that are
 * read here are flat, and have no CDATA or comments.
 */
export function element(text: string, name: string): string | null {
  const match = new RegExp(`<${name}>([^<]*)</${name}>`).exec(text);
  return match ? unescaped(match[1] ?? "") : null;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

export function unescaped(text: string): string {
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return ENTITIES[String(name).toLowerCase()] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
}
