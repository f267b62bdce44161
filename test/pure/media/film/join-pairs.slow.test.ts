import { describe, expect, it } from "vitest";
import { faultsOf } from "../../../support/conformance.ts";
import { assemble, editList, open, packets } from "../../../support/films.ts";
import { joins, PAIRS, picturesOf } from "../../../support/pairs.ts";

describe("of the pairs of clips", () => {
  it.each(PAIRS.filter((pair) => !joins(pair)))(
    "%s and %s are refused because their sizes differ",
    async (first, second) => {
      const { result } = await assemble(editList([first, 51], [second, 50]));
      expect(result).toMatchObject({ ok: false, failure: { code: "clip_size_differs" } });
      expect(result.ok || result.failure.message).toMatch(/scene 2 \(\d+×\d+\)/);
    },
  );

  it.each(PAIRS.filter(joins))("%s and %s are joined into a conforming file", async (first, second) => {
    const { result, target } = await assemble(editList([first, 51], [second, 50]));
    expect(result.ok).toBe(true);
    const film = target.film();
    using input = open(film);
    const track = await input.getPrimaryVideoTrack();
    const pictures = await packets(track);
    expect(pictures).toHaveLength(picturesOf(first, 51) + picturesOf(second, 50));
    expect(await track?.getDurationFromMetadata()).toBeCloseTo(101 / 24, 6);
    expect(faultsOf(film)).toEqual([]);
  });

  it("all that have the same size are joined", () => {
    expect([PAIRS.filter(joins).length, PAIRS.length]).toEqual([36 + 1 + 25 + 4, 196]);
  });
});
