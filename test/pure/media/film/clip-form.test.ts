import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { avcRecord, toBase64 } from "../../../../src/media/film/avc.ts";
import { inspectClip } from "../../../../src/media/film/clip.ts";
import { unsupportedPictures } from "../../../../src/media/film/clip-form.ts";
import { fixture } from "../../../support/media.ts";

const bytesOf = (text: string) => Uint8Array.from([...text.padEnd(400, "\0")].map((c) => c.charCodeAt(0)));
const clip = (name: string) => fixture(`clips/${name}`);

const ENTRY = "avc1\0\0\0\0\0\0";

/** The clip with one byte changed, at this offset from the first occurrence of a text. */
function changed(name: string, letters: string, behind: number, byte: number): Uint8Array {
  const bytes = clip(name);
  const at = Buffer.from(bytes).indexOf(letters, 0, "latin1");
  expect(at).toBeGreaterThan(0);
  bytes[at + behind] = byte;
  return bytes;
}
/** The clip with another name in the sample entry of its pictures. */
function renamed(codec: string): Uint8Array {
  const bytes = clip("a-5s-24fps.mp4");
  bytes.set(bytesOf(codec).subarray(0, 4), Buffer.from(bytes).indexOf(ENTRY, 0, "latin1"));
  return bytes;
}

describe("a clip in a form that its model always gives", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["WebM", clip("field/vp9-clip.webm"), /is a WebM or Matroska file;/],
    ["AVI", bytesOf("RIFF\x10\x27\0\0AVI LIST"), /is an AVI file;/],
    ["WebP", bytesOf("RIFF\x10\x27\0\0WEBPVP8 "), /is a WebP image;/],
    ["AVIF", bytesOf("\0\0\0\x1cftypavif\0\0\0\0"), /is an AVIF image;/],
    ["GIF", bytesOf("GIF89a\x40\x01"), /is a GIF image;/],
    ["JPEG", bytesOf("\xff\xd8\xff\xe0\0\x10JFIF"), /is a JPEG image;/],
    ["PNG", bytesOf("\x89PNG\r\n\x1a\n"), /is a PNG image;/],
    ["Ogg", bytesOf("OggS\0\x02"), /is an Ogg file;/],
    ["a transport stream", bytesOf(`G@\0\x10${"\0".repeat(184)}G@`), /is an MPEG transport stream;/],
    ["MP3", fixture("song.mp3"), /is an MP3 file;/],
    ["HTML", fixture("broken/html.mp3"), /is a web page;/],
    ["JSON", new TextEncoder().encode('{"error":"é"}'), /is text;/],
    ["plain text", new TextEncoder().encode("Service temporarily unavailable"), /is text;/],
    ["MP4 with sound only", fixture("audio/faststart.m4a"), /has no pictures;/],
    ["HEVC", clip("field/hevc-clip.mp4"), /pictures are HEVC \(H\.265\);/],
    ["AV1", renamed("av01"), /pictures are AV1;/],
    ["an unknown codec", renamed("x\0yz"), /pictures are of the codec "xyz";/],
    ["H.264 of 10 bits", clip("field/high10-clip.mp4"), /pictures are H\.264 of the profile High 10;/],
    ["4:4:4", changed("a-5s-24fps.mp4", "avcC", 5, 244), /profile High 4:4:4 Predictive;/],
    ["an unknown profile", changed("a-5s-24fps.mp4", "avcC", 5, 118), /profile 118;/],
    ["other lengths", changed("a-5s-24fps.mp4", "avcC", 8, 0xfd), /lengths of 2 bytes/],
    ["no parameter sets", changed("a-5s-24fps.mp4", "avcC", 9, 0xe0), /without parameter sets/],
  ])(
    "is refused permanently, and the message says what it is and what is needed: %s",
    async (_form, bytes, said) => {
      const inspected = await inspectClip(bytes);
      expect(inspected).toMatchObject({
        ok: false,
        failure: { code: "output_form", retryable: false, nextAction: "Choose another clip model." },
      });
      const message = inspected.ok ? "" : inspected.failure.message;
      expect(message).toMatch(said);
      expect(message).toMatch(/films are made of MP4 with H\.264 pictures of 8 bits, 4:2:0\.$/);
    },
  );

  it("is refused for its form even if it is cut off", async () => {
    const inspected = await inspectClip(renamed("av01").slice(0, 100_000));
    expect(inspected).toMatchObject({ ok: false, failure: { code: "output_form" } });
  });

  it("is not one that differs from others only in size", async () => {
    const inspected = await inspectClip(clip("field/avc-other-size.mp4"));
    expect(inspected).toMatchObject({ ok: true, clip: { width: 320, height: 176, frames: 120 } });
  });
});

describe("a clip that is damaged", () => {
  it.each([
    ["is empty", new Uint8Array()],
    ["is noise", new Uint8Array(5000).fill(7)],
    ["has lost its index", clip("a-5s-24fps.mp4").slice(0, 40)],
  ])("is retryable: one that %s", async (_what, bytes) => {
    const inspected = await inspectClip(bytes);
    expect(inspected).toMatchObject({ ok: false, failure: { code: "clip_unreadable", retryable: true } });
  });

  it.each(["a-5s-24fps.mp4", "numbered/groups.mp4", "numbered/fragments.mp4"])(
    "is retryable, wherever it is cut off: %s",
    async (name) => {
      const whole = clip(name);
      const length = fc.oneof(
        fc.integer({ min: 0, max: 5000 }),
        fc.integer({ min: 0, max: whole.length - 300 }),
      );
      await fc.assert(
        fc.asyncProperty(length, async (bytes) => {
          const inspected = await inspectClip(whole.slice(0, bytes));
          if (!inspected.ok)
            expect(inspected.failure).toMatchObject({ code: "clip_unreadable", retryable: true });
        }),
      );
    },
  );
});

describe("the form of pictures", () => {
  it("is checked by the same rule for a new clip and for one in a film", () => {
    const bytes = clip("a-5s-24fps.mp4");
    const entry = Buffer.from(bytes).indexOf(ENTRY, 0, "latin1") - 4;
    const record = avcRecord(bytes.subarray(entry, entry + new DataView(bytes.buffer).getUint32(entry)));
    const decoderConfig = toBase64(record ?? new Uint8Array());
    expect(unsupportedPictures({ codec: "avc1.640020", decoderConfig })).toBeNull();
    expect(unsupportedPictures({ codec: "avc3.640020", decoderConfig })).toBeNull();
    expect(unsupportedPictures({ codec: "avc1.640020", decoderConfig: "" })).toMatch(
      /without parameter sets/,
    );
    expect(unsupportedPictures({ codec: "avc4.640020", decoderConfig })).toMatch(/codec "avc4"/);
  });
});
