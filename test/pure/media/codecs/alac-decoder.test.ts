import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AlacConfig } from "../../../../src/media/codecs/alac-config.ts";
import { alacDecoder } from "../../../../src/media/codecs/alac-decoder.ts";
import { BitWriter } from "../../../../src/media/codecs/bit-writer.ts";
import { alacCookie, isAlac } from "../../../../src/media/song/alac-cookie.ts";
import { fixture } from "../../../support/media.ts";
import { openTrack, packetsOfFixture } from "../../../support/sound.ts";

const ascii = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));
/**
 * Offset of a fixture's cookie: after the second `alac` of its index, or after the third, in a MOV's `wave`.
 */
const cookieAt = (bytes: Uint8Array) => Buffer.from(bytes).lastIndexOf(ascii("alac")) + 8;

const CONFIG: AlacConfig = {
  frameLength: 4096,
  bits: 16,
  historyMultiplier: 40,
  initialHistory: 10,
  riceLimit: 14,
  channels: 1,
  sampleRate: 44_100,
};

describe("an Apple Lossless track", () => {
  it.each([
    ["alac-stereo.m4a", { ...CONFIG, channels: 2 }],
    ["alac.mov", { ...CONFIG, sampleRate: 22_050 }],
    ["alac-5.1.m4a", { ...CONFIG, channels: 6, sampleRate: 48_000 }],
  ])("has this form: %s", async (name, form) => {
    const { file, track } = await openTrack(fixture(`audio/${name}`));
    expect(await isAlac(track)).toBe(true);
    expect(await alacCookie(file, track)).toEqual(form);
  });

  it("is distinguished from other tracks", async () => {
    for (const name of ["faststart.m4a", "song.flac"]) {
      expect(await isAlac((await openTrack(fixture(`audio/${name}`))).track)).toBe(false);
    }
  });

  it.each([
    ["frames beyond all measure", 0, [0x7f, 0xff, 0xff, 0xff]],
    ["samples of 17 bits", 5, [17]],
    ["no channels", 9, [0]],
    ["nine channels", 9, [9]],
    ["a rate of 0", 20, [0, 0, 0, 0]],
  ])("is refused with %s", async (_, at, values) => {
    const bytes = fixture("audio/alac-stereo.m4a").slice();
    bytes.set(values, cookieAt(bytes) + at);
    const { file, track } = await openTrack(bytes);
    await expect(alacCookie(file, track)).rejects.toThrow("described");
  });

  it("is refused without its description", async () => {
    const bytes = fixture("audio/alac-stereo.m4a").slice();
    bytes.set(ascii("free"), cookieAt(bytes) - 8);
    const { file, track } = await openTrack(bytes);
    await expect(alacCookie(file, track)).rejects.toThrow("described");
  });
});

/** A packet with one channel, uncompressed, of as many samples as given. */
function plainPacket(values: readonly number[], bits: number): Uint8Array {
  const out = new BitWriter(1000);
  out.put(0, 3 + 4 + 12);
  out.put(0b1001, 4);
  out.put(values.length, 32);
  for (const value of values) out.put(value, bits);
  out.put(7, 3);
  out.align();
  return out.written();
}

describe("an Apple Lossless packet", () => {
  it.each([
    [16, 16, 1],
    [20, 24, 16],
    [24, 24, 1],
    [32, 24, 1 / 256],
  ] as const)("may be uncompressed; its %i bits are scaled to %i", (bits, outBits, factor) => {
    const values = [0, 256, -512, 32_000, -32_768];
    const [row = []] = alacDecoder({ ...CONFIG, bits }, outBits)(plainPacket(values, bits));
    expect([...row]).toEqual(values.map((value) => value * factor));
  });

  it.each([
    ["more samples than the track allows", plainPacket(new Array(20).fill(1), 16), { frameLength: 16 }],
    ["fewer channels than the track has", plainPacket([1, 2], 16), { channels: 2 }],
    ["nothing in it", new Uint8Array(), {}],
    ["a part of an unknown kind", Uint8Array.of(0xa0, 0, 0), {}],
  ])("with %s is an error", (_, packet, over) => {
    expect(() => alacDecoder({ ...CONFIG, ...over }, 16)(packet)).toThrow(Error);
  });

  it("that is cut off is an error, wherever it is cut", async () => {
    const [packet = new Uint8Array()] = await packetsOfFixture("alac-stereo.m4a");
    const decode = alacDecoder({ ...CONFIG, channels: 2 }, 16);
    expect(decode(packet)[1]).toHaveLength(4096);
    for (let length = 0; length < packet.length - 2; length += 41) {
      expect(() => decode(packet.subarray(0, length))).toThrow(Error);
    }
  });

  it("that is damaged is an error, or gives other samples of the same number", async () => {
    const packets = await packetsOfFixture("alac-5.1.m4a");
    const decode = alacDecoder({ ...CONFIG, channels: 6 }, 16);
    fc.assert(
      fc.property(
        fc.constantFrom(...packets),
        fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255) }), { minLength: 1, maxLength: 8 }),
        (packet, damages) => {
          const bytes = packet.slice();
          for (const { at, byte } of damages) bytes[at % bytes.length] = byte;
          try {
            const rows = decode(bytes);
            expect(rows).toHaveLength(6);
            for (const row of rows) expect(row.length).toBeLessThanOrEqual(4096);
          } catch (error) {
            expect(error).toBeInstanceOf(Error);
            expect(String(error)).not.toContain("expected");
          }
        },
      ),
      { numRuns: 200 },
    );
  });
});
