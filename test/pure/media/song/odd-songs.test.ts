import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { opusDecoder } from "../../../../src/media/codecs/opus-decoder.ts";
import { opusHead, opusSamples } from "../../../../src/media/codecs/opus-packet.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { type DecodedPacket, withSilenceInGaps } from "../../../../src/media/song/samples.ts";
import { codecs } from "../../../support/codecs.ts";
import { fixture } from "../../../support/media.ts";
import { noiseWav } from "../../../support/noise-song.ts";
import { all, packetsOfFixture, samplesIn, wholeChannels } from "../../../support/sound.ts";

const STEREO = { channels: 2, preSkip: 0, streams: 1, coupled: 1, mapping: [0, 1] };

describe("packets of Opus", () => {
  it("that are damaged in any way decode to silence of the stated length, and do not affect later packets", () => {
    const decode = opusDecoder(codecs.opusDecoder, STEREO);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 120 }), (packet) => {
        const { rows } = decode(packet);
        expect(rows.map((row) => row.length)).toEqual([opusSamples(packet), opusSamples(packet)]);
      }),
      { numRuns: 2000 },
    );
  });

  it("decode after damaged ones to the same samples as without them", async () => {
    const packets = await packetsOfFixture("opus.ogg");
    const head = { channels: 1, preSkip: 312, streams: 1, coupled: 0, mapping: [0] };
    const [clean, hurt] = [opusDecoder(codecs.opusDecoder, head), opusDecoder(codecs.opusDecoder, head)];
    for (let seed = 1; seed < 300; seed++)
      hurt(Uint8Array.from({ length: 1 + (seed % 90) }, (_, i) => (seed * 7919 + i * 104_729) >> 3));
    // After some packets the decoder's state no longer depends on earlier ones.
    const level = ([row = new Int32Array()]: Int32Array[]) =>
      Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    const both = packets.map((packet) => [level(clean(packet).rows), level(hurt(packet).rows)] as const);
    for (const [a, b] of both.slice(50)) expect(Math.abs(a - b)).toBeLessThanOrEqual(0.02 * a + 1e4);
  });

  it.each([
    ["more coupled than streams", [6, 1, 3]],
    ["no streams", [6, 0, 0]],
    ["channels of no stream", [6, 2, 0]],
  ])("are not read when their head is invalid: %s", (_what, [channels = 0, streams = 0, coupled = 0]) => {
    const head = new Uint8Array(21 + channels);
    head.set([1, channels, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 1, streams, coupled, 0, 4, 1, 2, 3, 5], 8);
    expect(opusHead(head)).toBeNull();
  });
});

describe("a gap between packets", () => {
  const rate = 1000;
  const heard = async (timed: readonly [start: number, length: number][]) => {
    const source = async function* (): AsyncGenerator<DecodedPacket, void, unknown> {
      for (const [start, length] of timed)
        yield { timestamp: start / rate, rows: [new Int32Array(length).fill(1 + start)] };
    };
    const rows = await all(withSilenceInGaps(source(), rate, 1, 0.02));
    return rows.flatMap((row) => [...(row[0] ?? [])]);
  };

  it("becomes silence, and later sound keeps its time", async () => {
    const samples = await heard([
      [0, 100],
      [100, 100],
      [500, 100],
      [600, 100],
    ]);
    expect(samples).toHaveLength(700);
    expect([samples[199], samples[200], samples[499], samples[500]]).toEqual([101, 0, 0, 501]);
  });

  it("is not assumed when times are only rounded, or packets begin late", async () => {
    expect(
      await heard([
        [300, 100],
        [412, 100],
        [508, 100],
      ]),
    ).toHaveLength(300);
  });

  it("keeps its length when packets are lost one by one", async () => {
    const packets = Array.from({ length: 400 }, (_, i): [number, number] => [i * 20, 20]);
    const samples = await heard(packets.filter((_, i) => i % 25 !== 24));
    const at = samples.lastIndexOf(1 + 390 * 20);
    expect(Math.abs(at - 391 * 20)).toBeLessThanOrEqual(40);
  });
});

describe("a song", () => {
  it("of less than 4000 Hz is refused with a message", async () => {
    const bytes = noiseWav(40, 100, [0.5]);
    expect(await probeSong(memoryFile(bytes), { contentType: "", bytes: bytes.length })).toMatchObject({
      ok: false,
      failure: { code: "audio_unsupported", message: expect.stringContaining("100 Hz") },
    });
  });

  it.each([
    ["a largest frame of 100 bytes", 15, [0, 0, 100]],
    ["a smallest frame that is far too large", 12, [0, 40, 0]],
  ])("of FLAC whose header states %s is read completely", async (_what, at, bytes) => {
    const right = fixture("audio/song.flac");
    const wrong = right.slice();
    wrong.set(bytes, at);
    expect(await wholeChannels(await samplesIn(wrong))).toEqual(await wholeChannels(await samplesIn(right)));
  });
});
