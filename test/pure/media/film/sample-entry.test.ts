import { describe, expect, it } from "vitest";
import { type SoundForm, songEntry } from "../../../../src/media/film/sample-entry.ts";

/** The fields of a sound's sample entry, and the names of the boxes in it. */
function fieldsOf(codec: SoundForm["codec"], sampleRate: number, description?: Uint8Array) {
  const config = { codec, sampleRate, numberOfChannels: 2, description };
  const entry = songEntry({ codec, config })?.(128_000);
  if (!entry) throw new Error("no entry");
  const view = new DataView(entry.buffer, entry.byteOffset);
  const name = (at: number) => String.fromCharCode(...entry.subarray(at + 4, at + 8));
  const inside: string[] = [];
  for (let at = 36; at < entry.length; at += view.getUint32(at)) inside.push(name(at));
  return {
    name: name(0),
    length: view.getUint32(0) === entry.length,
    version: view.getUint16(16),
    channels: view.getUint16(24),
    bits: view.getUint16(26),
    compression: view.getUint16(28),
    rate: view.getUint16(32),
    fraction: view.getUint16(34),
    inside,
  };
}

/** A FLAC's description: 16 bits. */
const flac = (): Uint8Array => {
  const bytes = new Uint8Array(42);
  bytes.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34]);
  bytes[21] = 0xf0;
  return bytes;
};

describe("the sample entry of a song's sound", () => {
  it.each([
    [8_000, 8_000],
    [44_100, 44_100],
    [48_000, 48_000],
    [65_535, 65_535],
    [65_536, 32_768],
    [88_200, 44_100],
    [96_000, 48_000],
    [176_400, 44_100],
    [192_000, 48_000],
    [352_800, 44_100],
    [384_000, 48_000],
    [655_350, 65_535],
    [1_048_575, 65_535],
    [88_201, 65_535],
    [131_074, 65_535],
  ])("of FLAC at %i Hz states the largest regular division that fits: %i Hz", (rate, stated) => {
    expect(fieldsOf("flac", rate, flac())).toMatchObject({
      name: "fLaC",
      rate: stated,
      fraction: 0,
      bits: 16,
      inside: ["dfLa"],
    });
  });

  it.each([8_000, 22_050, 44_100, 48_000])(
    "of MP3 at %i Hz is QuickTime's, of version 0, without child boxes",
    (rate) => {
      expect(fieldsOf("mp3", rate)).toEqual({
        name: ".mp3",
        length: true,
        version: 0,
        channels: 2,
        bits: 16,
        compression: 0,
        rate,
        fraction: 0,
        inside: [],
      });
    },
  );

  it("of AAC states 0 for a rate that does not fit, and its `esds` has the true rate", () => {
    const aac = Uint8Array.of(0x10, 0x10);
    expect(fieldsOf("aac", 96_000, aac)).toMatchObject({ name: "mp4a", rate: 0, inside: ["esds"] });
    expect(fieldsOf("aac", 48_000, aac)).toMatchObject({ rate: 48_000 });
  });
});
