import { describe, expect, it } from "vitest";
import { assemble, editList, open, packets } from "../support/films.ts";
import { FFMPEG_INSTALLED, ffmpeg } from "../support/mp4-text.ts";

const CLIPS = [
  "a-5s-24fps",
  "b-5s-24fps",
  "baseline-5s-24fps",
  "bframes-5s-24fps",
  "c-5s-30fps",
  "d-720p-24fps",
  "with-audio-5s",
  "numbered/pyramid",
  "numbered/groups",
  "numbered/plain",
  "numbered/thirty",
  "numbered/fragments",
];
/** 640 by 360 pixels, 1280 by 720, and 64 by 64: only clips of one size join. */
const LARGE = ["d-720p-24fps"];
const sizeOf = (name: string) => (name.startsWith("numbered/") ? 64 : LARGE.includes(name) ? 720 : 360);

/** Every clip after every clip; each first one is cut in the midst of a group of B-frames. */
const PAIRS = CLIPS.flatMap((first) => CLIPS.map((second) => [first, second] as const));
const joins = ([first, second]: readonly [string, string]) => sizeOf(first) === sizeOf(second);

describe("of the pairs of clips", () => {
  it.each(PAIRS.filter((pair) => !joins(pair)))(
    "%s and %s are refused because their sizes differ",
    async (first, second) => {
      const { result } = await assemble(editList([first, 51], [second, 50]));
      expect(result).toMatchObject({ ok: false, failure: { code: "clip_size_differs" } });
      expect(result.ok || result.failure.message).toMatch(/scene 2 \(\d+×\d+\)/);
    },
  );

  it.each(PAIRS.filter(joins))("%s and %s are joined", async (first, second) => {
    const { result, target } = await assemble(editList([first, 51], [second, 50]));
    expect(result.ok).toBe(true);
    const film = target.film();
    using input = open(film);
    const track = await input.getPrimaryVideoTrack();
    const pictures = await packets(track);
    const fast = (name: string, frames: number) =>
      /30fps|thirty/.test(name) ? Math.ceil(frames * 1.25) : frames;
    expect(pictures).toHaveLength(fast(first, 51) + fast(second, 50));
    expect(await track?.getDurationFromMetadata()).toBeCloseTo(101 / 24, 6);
    if (!FFMPEG_INSTALLED) return;
    const decode = [
      "-v",
      "error",
      "-i",
      "{}",
      "-map",
      "0:v",
      "-fps_mode",
      "passthrough",
      "-f",
      "framemd5",
      "-",
    ];
    const { stdout, said } = ffmpeg("ffmpeg", decode, film);
    expect(said).toBe("");
    const shown = new TextDecoder()
      .decode(stdout)
      .split("\n")
      .filter((line) => /^\d/.test(line));
    expect(shown).toHaveLength(pictures.length);
  });

  it("as many join as share a size", () => {
    expect([PAIRS.filter(joins).length, PAIRS.length]).toEqual([36 + 1 + 25, 144]);
  });
});
