/**
 * How the lists have a clip model.
 *
 * Source of each fact, here and of the other models: A the schema as the provider's API returned it, B the
 * vendor's page, C second hand (clients, resellers), D a guess. Nothing was measured at Replicate.
 */
import { type ClipModel, clipLengths, clipResolution } from "./clip-model.ts";
import { type Resolution, type SizeTable, sizeIn } from "./sizes.ts";

export type Listed = Omit<ClipModel, "size" | "retired"> & { sizes: SizeTable; retired?: string };
export type Prices = ClipModel["usdPerSecond"];

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** US dollars a second by resolution, in ascending order of the resolutions. */
export const prices = (usd: Partial<Record<Resolution, number>>): Prices =>
  new Map((["480p", "720p", "1080p"] as const).flatMap((r) => (usd[r] === undefined ? [] : [[r, usd[r]]])));

/**
 * The clip model of a listed one. Its `input` throws for a length that the model does not sell, before
 * anything is ordered.
 */
export function clipModelOf({ sizes, retired, ...model }: Listed): ClipModel {
  const fitted = (wanted: Resolution) => clipResolution(model, wanted);
  const clipModel: ClipModel = {
    ...model,
    retired: retired ?? null,
    size: (wanted, ratio) => sizeIn(sizes, fitted(wanted), ratio),
    input(request) {
      if (!clipLengths(clipModel, request.resolution).includes(request.seconds)) {
        throw new RangeError(
          `${model.name} makes no clips of ${request.seconds} seconds at ${fitted(request.resolution)}`,
        );
      }
      return model.input({ ...request, resolution: fitted(request.resolution) });
    },
  };
  return clipModel;
}
