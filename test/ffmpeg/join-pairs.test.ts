import { beforeAll, expect, test } from "vitest";
import { assemble, editList, open, packets } from "../support/films.ts";
import { fixture } from "../support/media.ts";
import { ffmpeg } from "../support/mp4-text.ts";
import { CLIPS, joins, PAIRS, picturesOf } from "../support/pairs.ts";

const SUMS = "-map 0:v -pix_fmt yuv420p -fps_mode passthrough -f framemd5 -".split(" ");

/**
 * A checksum of each picture that ffmpeg decodes, in display order, and its messages. `path`: "{}" stands for
 * the bytes.
 */
function decoded(path: string, bytes: Uint8Array): { shown: string[]; said: string } {
  const { stdout, said } = ffmpeg("ffmpeg", ["-v", "warning", "-i", path, ...SUMS], bytes);
  const lines = new TextDecoder().decode(stdout).split("\n");
  return {
    shown: lines.filter((line) => /^\d/.test(line)).map((line) => line.split(",").at(-1) ?? ""),
    said,
  };
}

const clips = new Map<string, { times: number[]; shown: string[] }>();
/** The checksums of a clip's own pictures: of its first `count` packets, in display order. */
function own(name: string, count: number): string[] {
  const clip = clips.get(name);
  if (!clip) throw new Error(`${name} was not decoded.`);
  const order = clip.times.toSorted((a, b) => a - b);
  const first = clip.times.slice(0, count).sort((a, b) => a - b);
  return first.map((time) => clip.shown[order.indexOf(time)] ?? "");
}

beforeAll(async () => {
  for (const name of CLIPS) {
    const bytes = fixture(`clips/${name}.mp4`);
    // From a file, because an index at the end can't be read from a pipe.
    const path = `${import.meta.dirname}/../fixtures/clips/${name}.mp4`;
    using input = open(bytes);
    const pictures = await packets(await input.getPrimaryVideoTrack());
    clips.set(name, { times: pictures.map(({ timestamp }) => timestamp), shown: decoded(path, bytes).shown });
  }
});

test.each(PAIRS.filter(joins))(
  "ffmpeg decodes %s and %s, joined, to the pictures of both, without a message",
  async (first, second) => {
    const { target } = await assemble(editList([first, 51], [second, 50]));
    const { shown, said } = decoded("{}", target.film());
    expect(said).toBe("");
    expect(shown).toEqual([...own(first, picturesOf(first, 51)), ...own(second, picturesOf(second, 50))]);
  },
);
