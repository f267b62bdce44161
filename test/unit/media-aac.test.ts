import fc from "fast-check";
import { expect, test } from "vitest";
import { asAac } from "../../src/media/sound/aac.ts";
import type { Samples } from "../../src/media/sound/samples.ts";
import { codecs } from "../support/codecs.ts";

const RATE = 44_100;

/** Two tones of different pitch, in blocks of these lengths. */
const inBlocks = (lengths: readonly number[]): Samples => ({
  sampleRate: RATE,
  channels: 2,
  bits: 16,
  async *blocks() {
    let at = 0;
    for (const length of lengths) {
      const from = at;
      yield [0.05, 0.08].map((pitch) =>
        Int32Array.from({ length }, (_, i) => Math.round(9000 * Math.sin(pitch * (from + i)))),
      );
      at += length;
    }
  },
});

async function packetsOf(samples: Samples) {
  const packets = [];
  for await (const { data, timestamp, duration } of asAac(samples, 0, codecs.aacEncoder).packets())
    packets.push({ data: Buffer.from(data).toString("base64"), timestamp, duration });
  return packets;
}

test("AAC does not depend on how its samples come in blocks", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(lengths, async (blocks) => {
      const whole = blocks.reduce((sum, length) => sum + length, 0);
      expect(await packetsOf(inBlocks(blocks))).toEqual(await packetsOf(inBlocks([whole])));
    }),
    { numRuns: 20 },
  );
});
