/** The film without edit lists as a file: which bytes of which object stand where in it. */
import type { WithoutEdits } from "../record/record.ts";

/** How many bytes it has. */
export const bytesWithoutEdits = ({ bytes, headBytes, to }: WithoutEdits): number => to + bytes - headBytes;

/** A piece of the file: bytes of the film, or of the object beside it, or zeros. */
export type FilePiece =
  | { of: "film"; start: number; end: number }
  | { of: "beside"; start: number; end: number }
  | { of: "zeros"; bytes: number };

/** The pieces of its bytes from `start` to `end`, which is not among them; in order, none of them empty. */
export function piecesWithoutEdits(
  { bytes, headBytes, from, to }: WithoutEdits,
  start: number,
  end: number,
): FilePiece[] {
  /** What of a stretch of the file is wanted, counted from the stretch's beginning. */
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
