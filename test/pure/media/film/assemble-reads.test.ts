import { BufferTarget, EncodedPacket, EncodedVideoPacketSource, Mp4OutputFormat, Output } from "mediabunny";
import { describe, expect, it } from "vitest";
import { type MediaFile, storedFile } from "../../../../src/media/lib/source.ts";
import { editList, FPS, film, open, range } from "../../../support/films.ts";
import { fixture } from "../../../support/media.ts";

/**
 * A clip of so many bytes: pictures of noise, which are not decoded here, with the index in front or last.
 */
async function largeClip(frames: number, bytes: number, index: "front" | "last"): Promise<Uint8Array> {
  using input = open(fixture("clips/a-5s-24fps.mp4"));
  const config = await (await input.getPrimaryVideoTrack())?.getDecoderConfig();
  const target = new BufferTarget();
  const fastStart = index === "front" ? "in-memory" : false;
  const output = new Output({ format: new Mp4OutputFormat({ fastStart }), target });
  const track = new EncodedVideoPacketSource("avc");
  output.addVideoTrack(track);
  await output.start();
  for (const i of range(frames)) {
    // The first picture takes a tenth.
    const size = Math.round(i === 0 ? bytes / 10 : (bytes * 0.9) / (frames - 1));
    const data = Uint8Array.from({ length: size }, (_, at) => (at * 31 + i * 7) & 0xff);
    const packet = new EncodedPacket(data, i === 0 ? "key" : "delta", i / FPS, 1 / FPS);
    await track.add(packet, { decoderConfig: config ?? undefined });
  }
  await output.finalize();
  return new Uint8Array(target.buffer ?? new ArrayBuffer());
}

/** An object of a bucket that counts the bytes that are read from it. */
function counted(bytes: Uint8Array) {
  const read = { bytes: 0, most: 0 };
  const storage = {
    read: async (_key: string, start: number, end: number) => {
      read.bytes += end - start;
      read.most = Math.max(read.most, end - start);
      return bytes.slice(start, end);
    },
  };
  const file: MediaFile = storedFile(storage, { key: "object", etag: "v1", bytes: bytes.length });
  return { file, read, bytes: bytes.length };
}

const SONGS = ["audio/cbr.mp3", "audio/faststart.m4a", "audio/opus.ogg", "audio/moov-last.m4a"];
/** Clips as models deliver them: 5 seconds in 2 to 6 megabytes. */
const SIZES = [2e6, 3.1e6, 4.5e6, 6e6];

describe("a film", () => {
  it.each(["front", "last"] as const)(
    "reads and writes each byte once, with the clips’ index %s",
    async (index) => {
      const clips = await Promise.all(SIZES.map(async (size) => counted(await largeClip(72, size, index))));
      for (const name of SONGS) {
        const song = counted(fixture(name));
        for (const clip of clips) clip.read.bytes = 0;
        const edits = editList(...clips.map(({ file }) => [file, 72] as const));
        const { bytes, pictures, sound } = await film(edits, { song: song.file });
        const inputs = [...clips, song];
        const sum = (of: (input: (typeof inputs)[number]) => number) =>
          inputs.reduce((total, input) => total + of(input), 0);
        expect(sum(({ read }) => read.bytes) / sum((input) => input.bytes)).toBeLessThan(1.02);
        for (const clip of clips) expect(clip.read.bytes / clip.bytes).toBeLessThan(1.02);
        const packets = [...pictures, ...sound].reduce((total, { data }) => total + data.length, 0);
        expect(bytes.length / packets).toBeLessThan(1.02);
      }
    },
  );

  it("takes a few reads of each clip", async () => {
    const { file } = counted(await largeClip(72, 6e6, "last"));
    await film(editList([file, 72]), { song: counted(fixture("audio/cbr.mp3")).file });
    expect(file.reads()).toBeLessThanOrEqual(5);
  });

  it("waits for a read at least every four seconds of film, however few bytes they have", async () => {
    const { file, read } = counted(await largeClip(240, 1e6, "front"));
    await film(editList([file, 240]), { song: counted(fixture("audio/cbr.mp3")).file });
    expect(read.most).toBeLessThan(1e6 * (0.1 + 0.9 * (4 / 10) + 0.02));
  });

  it("reads of a clip only the part that is shown", async () => {
    const { file, read } = counted(await largeClip(72, 6e6, "front"));
    await film(editList([file, 24]), { song: counted(fixture("audio/cbr.mp3")).file });
    expect(read.bytes).toBeLessThan(6e6 * (0.1 + 0.9 * (24 / 71)));
  });

  it("reads a clip’s index once, however many scenes it fills", async () => {
    const clip = counted(await largeClip(24, 1e6, "last"));
    await film(editList(...range(5).map(() => [clip.file, 24] as const)), {
      song: counted(fixture("audio/cbr.mp3")).file,
    });
    expect(clip.read.bytes / clip.bytes).toBeLessThan(5.02);
  });
});
