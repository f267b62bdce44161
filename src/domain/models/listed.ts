/** How a clip model is written down in the tables. */
import { type ClipModel, clipLengths, clipResolution } from "./clip-model.ts";
import { type Resolution, type SizeTable, sizeIn } from "./sizes.ts";

export type Listed = Omit<ClipModel, "size" | "retired"> & { sizes: SizeTable; retired?: string };
export type Prices = ClipModel["usdPerSecond"];

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** US dollars for a second, in ascending order of the resolutions. */
export const prices = (usd: Partial<Record<Resolution, number>>): Prices =>
  new Map((["480p", "720p", "1080p"] as const).flatMap((r) => (usd[r] === undefined ? [] : [[r, usd[r]]])));

/** The model as it is used: asked for what it does not make, it says so before anybody is asked. */
export function whole({ sizes, retired, ...model }: Listed): ClipModel {
  const fitted = (wanted: Resolution) => clipResolution(model, wanted);
  const made: ClipModel = {
    ...model,
    retired: retired ?? null,
    size: (wanted, ratio) => sizeIn(sizes, fitted(wanted), ratio),
    input(request) {
      if (!clipLengths(made, request.resolution).includes(request.seconds)) {
        throw new RangeError(
          `${model.name} makes no clips of ${request.seconds} seconds at ${fitted(request.resolution)}`,
        );
      }
      return model.input({ ...request, resolution: fitted(request.resolution) });
    },
  };
  return made;
}
