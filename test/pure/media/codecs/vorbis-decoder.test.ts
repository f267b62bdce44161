import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inverseMdct } from "../../../../src/media/codecs/mdct.ts";
import { vorbisDecoder } from "../../../../src/media/codecs/vorbis-decoder.ts";
import { vorbisSetup } from "../../../../src/media/codecs/vorbis-setup.ts";
import { fixture } from "../../../support/media.ts";
import { openTrack, packetsOfFixture, samplesOfFixture } from "../../../support/sound.ts";

/**
 * ffmpeg's own decode as floats, times 2 ** 23: of each block of 4096 samples and each of its
 * channels, the sum of the samples weighted with ((37 i) mod 101 - 50) / 50.
 */
const SUMS: Record<string, number[][]> = {
  "vorbis.mp4": [
    [492253, -178841],
    [-825168, -359665],
    [30174701, 1353493],
    [-16146472, -1414814],
    [15754885, 997421],
    [-25622152, -721629],
    [488618, 906076],
    [59557, -296625],
    [11913788, 2008525],
    [-8256466, 597871],
    [34511039, 823211],
    [1782242, 1563127],
    [-910703, -981228],
    [1137648, -217697],
    [-4620727, -729464],
    [6303052, 94984],
    [26384090, -164034],
  ],
  "vorbis-5.1.ogg": [
    [458905, -297168, 1718774, 1965386, 559609, 10285280],
    [861360, -940206, 707012, 1743376, -321622, 11053533],
    [690758, 863979, -1874029, -2332480, 178150, 11337534],
    [56977, 439155, -225172, -634977, 248096, 11646545],
    [-619757, -1109725, 1938652, 2688667, -416920, 11213581],
  ],
  "vorbis.ogg": [
    [-8427251],
    [759533],
    [-1861665],
    [-14709121],
    [12313560],
    [11849618],
    [-5744811],
    [4321263],
    [-5292506],
    [6502864],
    [7661675],
    [5209647],
    [5621586],
    [-6545099],
    [1796637],
    [7130755],
    [22167643],
    [-13261449],
  ],
};

async function description(name: string): Promise<Uint8Array> {
  const { track } = await openTrack(fixture(`audio/${name}`));
  const bytes = (await track.getDecoderConfig())?.description;
  if (!(bytes instanceof Uint8Array)) throw new Error("no headers");
  return bytes;
}

describe("a Vorbis stream", () => {
  it.each(Object.entries(SUMS))(
    "decodes to the same samples as in ffmpeg, except for rounding: %s",
    async (name, sums) => {
      const { blocks } = await samplesOfFixture(name);
      const weigh = (row: Int32Array) =>
        row.reduce((sum, v, i) => sum + (v * (((i * 37) % 101) - 50)) / 50, 0);
      const ours: number[][] = [];
      for await (const block of blocks()) ours.push(block.map(weigh));
      // Half a step of rounding, and the precision of ffmpeg's floats, in each of 4096 samples.
      for (const [i, row] of sums.entries()) {
        for (const [c, sum] of row.entries()) expect(Math.abs((ours[i]?.[c] ?? 0) - sum)).toBeLessThan(150);
      }
    },
  );

  it.each([
    ["vorbis.ogg", 264_600],
    ["vorbis.mp4", 66_150],
    ["vorbis-5.1.ogg", 24_000],
  ])("has the length that its container states, to the sample: %s", async (name, total) => {
    const { blocks, totalSamples } = await samplesOfFixture(name);
    let length = 0;
    for await (const [row] of blocks()) length += row?.length ?? 0;
    expect([totalSamples, length]).toEqual([total, total]);
  });

  it("may have its headers after lengths of 16 bits, as in some MP4s", async () => {
    const laced = await description("vorbis.mp4");
    const comment = laced[2] ?? 0;
    const headers = [laced.subarray(3, 33), laced.subarray(33, 33 + comment), laced.subarray(33 + comment)];
    const plain = headers.flatMap((header) => [header.length >> 8, header.length & 0xff, ...header]);
    expect(vorbisSetup(Uint8Array.from(plain))).toEqual(vorbisSetup(laced));
  });
});

describe("a damaged Vorbis stream", () => {
  const anyDamage = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 6 });
  const damaged = (bytes: Uint8Array, damages: { at: number; byte: number }[]) => {
    const out = bytes.slice();
    for (const { at, byte } of damages) out[at % out.length] = byte;
    return out;
  };
  /** The error that was thrown; undefined when there was none. */
  const thrown = (work: () => void): unknown => {
    try {
      return work();
    } catch (error) {
      return error;
    }
  };

  it("is an error when its headers are cut off, wherever they are cut", async () => {
    const headers = await description("vorbis.ogg");
    for (let length = 0; length < headers.length - 1; length += 37) {
      expect(() => vorbisSetup(headers.subarray(0, length))).toThrow(Error);
    }
  });

  it("is an error or another stream when its headers are damaged, and takes no longer", async () => {
    const headers = await description("vorbis.ogg");
    const [, packet = new Uint8Array()] = await packetsOfFixture("vorbis.ogg");
    fc.assert(
      fc.property(anyDamage, (damages) => {
        const error = thrown(() => {
          const decode = vorbisDecoder(vorbisSetup(damaged(headers, damages)));
          for (let i = 0; i < 3; i++)
            for (const row of decode(packet)) if (row.length > 8192) throw "too long";
        });
        expect(error === undefined || error instanceof Error).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it("is an error, or gives other samples of the same number, when a packet is damaged or cut off", async () => {
    const setup = vorbisSetup(await description("vorbis.mp4"));
    const packets = await packetsOfFixture("vorbis.mp4");
    fc.assert(
      fc.property(
        fc.constantFrom(...packets),
        anyDamage,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (packet, damages, share) => {
          const decode = vorbisDecoder(setup);
          decode(packet);
          const error = thrown(() => {
            for (const bytes of [
              damaged(packet, damages),
              packet.subarray(0, Math.floor(packet.length * share)),
            ]) {
              const rows = decode(bytes);
              if (rows.some((row) => row.length !== rows[0]?.length || row.length > 2048))
                throw "of another form";
            }
          });
          expect(error === undefined || error instanceof Error).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("is an error when a packet is not an audio packet", async () => {
    const decode = vorbisDecoder(vorbisSetup(await description("vorbis.mp4")));
    expect(() => decode(Uint8Array.of(3, 0, 0))).toThrow("not one of sound");
  });
});

describe("the inverse cosine transform", () => {
  it("agrees with its definition", () => {
    const anySize = fc.constantFrom(4, 8, 32, 128);
    fc.assert(
      fc.property(
        anySize,
        fc.infiniteStream(fc.double({ min: -1, max: 1, noNaN: true })),
        (size, numbers) => {
          const input = Float64Array.from(numbers.take(size));
          const [left, right] = [new Float64Array(size), new Float64Array(size)];
          inverseMdct(size)(input, left, right);
          for (const [t, value] of [...left, ...right].entries()) {
            const want = input.reduce(
              (sum, x, k) => sum + x * Math.cos((Math.PI / size) * (t + 0.5 + size / 2) * (k + 0.5)),
              0,
            );
            expect(Math.abs(value - want)).toBeLessThan(1e-9);
          }
        },
      ),
      { numRuns: 20 },
    );
  });
});
