import { ADTS, EncodedPacketSink, Input } from "mediabunny";
import { describe, expect, it } from "vitest";
import { memoryFile, reading, storedFile } from "../../src/media/source.ts";
import { brokenBucket, changingBucket, fixture } from "../support/media.ts";

const MIB = 1024 * 1024;

/** ADTS frames over and over: packets that can only be counted by reading the file through. */
function longAac(bytes: number): Uint8Array {
  const frames = fixture("audio/adts.aac");
  const out = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += frames.length) out.set(frames.subarray(0, bytes - at), at);
  return out;
}
const object = (content: Uint8Array) => ({ key: "song", etag: "v1", bytes: content.length });
async function duration(file: ReturnType<typeof memoryFile>): Promise<number> {
  using input = new Input({ source: file.source(), formats: [ADTS] });
  return await input.computeDuration();
}

describe("a stored file", () => {
  it("is read through in few large reads", async () => {
    const content = longAac(17 * MIB);
    const file = storedFile(changingBucket(content, 1000), object(content));
    expect(await duration(file)).toBe(await duration(memoryFile(content)));
    expect(file.reads()).toBeLessThanOrEqual(10);
  });

  it("serves any range, as far as the file reaches", async () => {
    const content = crypto.getRandomValues(new Uint8Array(50_000));
    const big = new Uint8Array(9 * MIB);
    big.set(content, 4 * MIB - 25_000);
    const file = storedFile(changingBucket(big, 100), object(big));
    expect(await file.read(4 * MIB - 25_000, 4 * MIB + 25_000)).toEqual(content);
    expect(await file.read(9 * MIB - 3, 9 * MIB + 3)).toHaveLength(3);
    expect(await file.read(10 * MIB, 11 * MIB)).toHaveLength(0);
    expect(file.reads()).toBe(3);
  });

  it.each([0, 1, 2, 3])("that changes after %i reads is a value, not a hang", async (reads) => {
    const content = longAac(17 * MIB);
    const file = storedFile(changingBucket(content, reads), object(content));
    const read = await reading(file, () => duration(file));
    expect(read).toMatchObject({ ok: false, cause: "gone" });
  });

  it("lets through what the bucket itself throws", async () => {
    const content = longAac(MIB);
    const file = storedFile(brokenBucket(new Error("the bucket is down")), object(content));
    await expect(reading(file, () => duration(file))).rejects.toThrow("the bucket is down");
  });

  it("that can not be parsed is a value", async () => {
    const file = memoryFile(new Uint8Array(5000));
    expect(await reading(file, () => duration(file))).toMatchObject({ ok: false, cause: "unreadable" });
  });

  it("gives the same packets as memory does", async () => {
    const content = fixture("audio/adts.aac");
    const sizes = async (file: ReturnType<typeof memoryFile>) => {
      using input = new Input({ source: file.source(), formats: [ADTS] });
      const track = await input.getPrimaryAudioTrack();
      const out: number[] = [];
      if (track)
        for await (const packet of new EncodedPacketSink(track).packets()) out.push(packet.byteLength);
      return out;
    };
    const stored = await sizes(storedFile(changingBucket(content, 9), object(content)));
    expect(stored).toHaveLength(260);
    expect(stored).toEqual(await sizes(memoryFile(content)));
  });
});
