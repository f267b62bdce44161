/** Layout of the film without edit lists: which bytes of which object the file consists of. */
import type { WithoutEdits } from "../record/record.ts";

/** Its length in bytes. */
export const bytesWithoutEdits = ({ bytes, headBytes, to }: WithoutEdits): number => to + bytes - headBytes;

/** A piece of the file: bytes of the film's object, or of the object beside it, or zeros. */
export type FilePiece =
  | { of: "film"; start: number; end: number }
  | { of: "beside"; start: number; end: number }
  | { of: "zeros"; bytes: number };

/** The pieces of its bytes from `start` (inclusive) to `end` (exclusive), in order, none of them empty. */
export function piecesWithoutEdits(
  { bytes, headBytes, from, to }: WithoutEdits,
  start: number,
  end: number,
): FilePiece[] {
  /** What is wanted of the section from `first` to `last`, relative to `first`; empty where nothing is. */
  const within = (first: number, last: number) => {
    const [a, b] = [Math.max(start, first), Math.min(end, last)];
    return b > a ? [{ start: a - first, end: b - first }] : [];
  };
  return [
    ...within(0, headBytes).map((piece) => ({ of: "beside" as const, ...piece })),
    ...within(headBytes, from).map((gap) => ({ of: "zeros" as const, bytes: gap.end - gap.start })),
    ...within(from, to).map((piece) => ({
      of: "film" as const,
      start: from + piece.start,
      end: from + piece.end,
    })),
    ...within(to, to + bytes - headBytes).map((piece) => ({
      of: "beside" as const,
      start: headBytes + piece.start,
      end: headBytes + piece.end,
    })),
  ];
}
