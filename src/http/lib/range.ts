/** Ranges of bytes (RFC 9110, 14). */

export type ByteRange =
  /** All of it: no range was asked for, or one that may be ignored, as several at once. */
  | { kind: "whole" }
  /** `end` is not among them. */
  | { kind: "part"; start: number; end: number }
  | { kind: "unsatisfiable" };

/** What a `Range` header asks for of so many bytes. */
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
