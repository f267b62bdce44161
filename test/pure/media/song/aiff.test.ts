import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { probeSong } from "../../../../src/media/song/probe.ts";
import { AIFF_FORMS, aiff, textChunk, toneAt } from "../../../support/aiffs.ts";
import { samplesIn, wholeChannels } from "../../../support/sound.ts";
import { wav } from "../../../support/wavs.ts";

const probe = (bytes: Uint8Array, filename = "song.aiff") =>
  probeSong(memoryFile(bytes), { filename, contentType: "audio/aiff", bytes: bytes.length });
const [SIXTEEN] = AIFF_FORMS.filter(({ coding, bits }) => coding === null && bits === 16);
if (!SIXTEEN) throw new Error("no AIFF of 16 bits");

describe("an AIFF", () => {
  it.each(AIFF_FORMS.map((form) => [form.coding ?? "AIFF", form.bits, form] as const))(
    "is read sample for sample, as %s of %i bits",
    async (_coding, _bits, form) => {
      const samples = await samplesIn(aiff(5000, 22_050, form));
      expect(samples).toMatchObject({ sampleRate: 22_050, channels: 2 });
      const rows = await wholeChannels(samples);
      const unit = 2 ** (1 - samples.bits);
      for (const [c, row] of rows.entries()) {
        expect(row).toHaveLength(5000);
        for (let i = 0; i < 5000; i += 37)
          expect(Math.abs((row[i] ?? 0) * unit - (toneAt(i)[c] ?? 0))).toBeLessThan(
            2 ** (1 - Math.min(form.bits, 20)),
          );
      }
    },
  );

  it.each([8000, 11_025, 44_100, 48_000, 96_000, 192_000])(
    "is measured at %i Hz, with its tags",
    async (rate) => {
      const tags = [textChunk("NAME", "Sparks"), textChunk("AUTH", "Nobody!")];
      expect(await probe(aiff(3 * rate, rate, SIXTEEN, { before: tags }))).toMatchObject({
        ok: true,
        audio: {
          format: "aiff",
          codec: "pcm-s16be",
          contentType: "audio/aiff",
          durationSeconds: 3,
          sampleRate: rate,
          channels: 2,
          title: "Sparks",
          artist: "Nobody!",
        },
      });
    },
  );

  it("is refused when it is cut off, compressed, or declared as another format", async () => {
    const whole = aiff(8000 * 3, 8000, SIXTEEN);
    expect(await probe(whole.subarray(0, whole.length - 5000))).toMatchObject({
      failure: { code: "audio_truncated" },
    });
    const packed = aiff(8000 * 3, 8000, { ...SIXTEEN, coding: "ima4" });
    expect(await probe(packed)).toMatchObject({ failure: { code: "audio_unsupported" } });
    expect(
      await probeSong(memoryFile(whole), { filename: "a.wav", contentType: "audio/wav", bytes: 1 }),
    ).toMatchObject({
      failure: { code: "audio_mislabelled" },
    });
  });

  it("with any damage is measured or refused, and never throws", async () => {
    const whole = aiff(8000 * 2, 8000, SIXTEEN);
    await fc.assert(
      fc.asyncProperty(fc.nat(80), fc.uint8Array({ minLength: 1, maxLength: 8 }), async (at, junk) => {
        const bytes = whole.slice();
        bytes.set(junk, at);
        expect(typeof (await probe(bytes)).ok).toBe("boolean");
      }),
    );
  });
});

describe("a WAV whose numbers are big-endian", () => {
  it.each([
    [16, 1],
    [24, 1],
    [32, 1],
    [32, 3],
    [64, 3],
  ] as const)("has the same samples as a little-endian one: %i bits, format %i", async (bits, formatTag) => {
    const [big, little] = await Promise.all(
      (["RIFX", "RIFF"] as const).map(async (name) =>
        wholeChannels(await samplesIn(wav(4000, { name, bits, formatTag }))),
      ),
    );
    expect(big).toEqual(little);
  });
});
