/** Decides whether clips can be joined into one film without encoding. */
import type { Failure } from "../../domain/record/record.ts";
import { refusal } from "../lib/failures.ts";
import type { ClipFacts } from "./clip.ts";
import { unsupportedPictures } from "./clip-form.ts";

/** A clip with the number of its scene, counted from 1. */
export interface Candidate {
  scene: number;
  clip: Pick<ClipFacts, "width" | "height" | "codec" | "decoderConfig">;
}

const REMAKE = "Generate these clips again with the settings of the others.";

/** "scene 3", "scenes 3 and 5", "scenes 3, 5 and 7". */
export function sceneNames(scenes: readonly number[]): string {
  const last = scenes.at(-1);
  return scenes.length < 2 ? `scene ${last}` : `scenes ${scenes.slice(0, -1).join(", ")} and ${last}`;
}

/** The most frequent value; the first one of equally frequent values. */
export function commonest<T>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/**
 * Null when the clips can be joined by copying packets, else `clip_codec_differs` or `clip_size_differs`,
 * naming the scenes that differ. Clips that differ only in parameter sets can be joined (picture-sets.ts).
 */
export function refuseJoin(candidates: readonly Candidate[]): Failure | null {
  const foreign = candidates.filter(({ clip }) => unsupportedPictures(clip) !== null);
  if (foreign.length > 0) {
    const names = sceneNames(foreign.map((c) => c.scene));
    const message = `The film is made of H.264 clips of 8 bits and 4:2:0, and the clips of ${names} are not in that form.`;
    return refusal("clip_codec_differs", message, "Generate these clips again with another model.").failure;
  }
  const sizeOf = ({ clip }: Candidate) => `${clip.width}×${clip.height}`;
  const size = commonest(candidates.map(sizeOf));
  const odd = candidates.filter((c) => sizeOf(c) !== size);
  if (odd.length === 0) return null;
  const names = odd.map((c) => `scene ${c.scene} (${sizeOf(c)})`).join(", ");
  return refusal(
    "clip_size_differs",
    `The film's clips are ${size}, but some have another size: ${names}.`,
    REMAKE,
  ).failure;
}
