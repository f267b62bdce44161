/** Sizes of clips, in pixels. */
import type { AspectRatio, Settings } from "../record/record.ts";

export type Resolution = Settings["clipResolution"];

export interface Size {
  width: number;
  height: number;
}

/**
 * The sizes of a model's clips, as published by its maker or a reseller. A size that is not published is left
 * out and not guessed: clips of unknown size may not fit beside others in one film. It is empty for a model
 * whose clips follow the first frame and whose exact sizes are not published.
 */
export type SizeTable = Readonly<
  Partial<Record<Resolution, Readonly<Partial<Record<AspectRatio, readonly [number, number]>>>>>
>;

/** The size in the table; null if it is not published. */
export function sizeIn(table: SizeTable, resolution: Resolution, ratio: AspectRatio): Size | null {
  const pair = table[resolution]?.[ratio];
  return pair ? { width: pair[0], height: pair[1] } : null;
}
