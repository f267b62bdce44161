/** Ranges of bytes (RFC 9110, 14). */

export type ByteRange =
  /** The whole file: no range was asked for, or one that may be ignored, such as several ranges at once. */
  | { kind: "whole" }
  /** Bytes `start` (inclusive) to `end` (exclusive). */
  | { kind: "part"; start: number; end: number }
  | { kind: "unsatisfiable" };

/** The range that a `Range` header asks for, of a file of `bytes` bytes. */
export function byteRange(header: string | undefined, bytes: number): ByteRange {
  const [, first = "", last = ""] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? "") ?? [];
  if (first === "" && last === "") return { kind: "whole" };
  if (first === "") {
    const start = Math.max(0, bytes - Number(last));
    return Number(last) > 0 && bytes > 0 ? { kind: "part", start, end: bytes } : { kind: "unsatisfiable" };
  }
  const start = Number(first);
  const end = last === "" ? bytes : Math.min(bytes, Number(last) + 1);
  if (last !== "" && Number(last) < start) return { kind: "whole" };
  return start < bytes ? { kind: "part", start, end } : { kind: "unsatisfiable" };
}
