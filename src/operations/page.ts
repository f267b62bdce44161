/** Keyset pagination: a cursor is the key of the last row seen, so late pages are as fast and skip no row. */
import { fail, type Result } from "../domain/record/errors.ts";

export interface PageInput {
  /** 1 to 100. */
  limit: number;
  cursor?: string | undefined;
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
  /** Only where it was asked for. */
  total?: number;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WHOLE = /^\d{1,9}$/;

const KINDS = { id: UUID, order: WHOLE } as const;
/** What rows are sorted by: their id, newest first, or their place in the film, first to last. */
export type CursorKind = keyof typeof KINDS;

const encodeCursor = (key: string | number): string => btoa(String(key)).replace(/=+$/, "");

/** The key in a cursor, null for the first page. A cursor grants nothing: pages are scoped by the owner. */
export function decodeCursor(cursor: string | undefined, kind: CursorKind): Result<string | null> {
  if (cursor === undefined) return { ok: true, value: null };
  try {
    const key = atob(cursor);
    if (KINDS[kind].test(key)) return { ok: true, value: key };
  } catch {
    // Not base64: not a cursor either.
  }
  return fail(
    "invalid_cursor",
    "Send `next_cursor` of the previous page unchanged, or leave `cursor` out for the first page.",
  );
}

/** `rows` holds one more than the limit where another page follows. */
export function toPage<T>(rows: T[], limit: number, keyOf: (row: T) => string | number): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(keyOf(last)) : null };
}
