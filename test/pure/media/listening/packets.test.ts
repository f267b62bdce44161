import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { opusSamples } from "../../../../src/media/codecs/opus-packet.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { countFrame, cutFrames } from "../../../../src/media/listening/mp3-cut.ts";
import type { SongPart } from "../../../../src/media/listening/next-part.ts";
import { nextPart } from "../../../../src/media/listening/next-part.ts";
import { fixture } from "../../../support/media.ts";
import { allParts, looped, repeated, songOf, type Unpacked, unpacked } from "../../../support/parts.ts";

/**
 * Long songs of compressed sound: the format of their parts, and the bytes of ADTS header that parts leave
 * out.
 */
const SONGS = [
  ["an MP3", "mp3", 0, async () => fixture("song.mp3")],
  ["an MP3 of changing bit rate", "mp3", 0, async () => repeated(fixture("audio/vbr.mp3"), 12)],
  ["an M4A", "m4a", 0, () => looped(fixture("audio/faststart.m4a"), 8, "m4a")],
  ["AAC without a container", "m4a", 7, async () => repeated(fixture("audio/adts.aac"), 8)],
  ["Ogg Opus", "ogg", 0, () => looped(fixture("audio/opus.ogg"), 8, "ogg")],
  ["Ogg Vorbis", "ogg", 0, () => looped(fixture("audio/vorbis.ogg"), 8, "ogg")],
  ["WebM", "ogg", 0, () => looped(fixture("audio/opus.webm"), 8, "webm")],
] as const;
const MAX_BYTES = 250_000;

describe.each(SONGS)("%s that is too large", (_name, format, ahead, make) => {
  let song: Unpacked;
  let parts: SongPart[];
  let inside: Unpacked[];
  beforeAll(async () => {
    const bytes = await make();
    song = await unpacked(bytes);
    parts = await allParts(bytes, MAX_BYTES);
    inside = await Promise.all(parts.map((part) => unpacked(part.bytes)));
  });

  it("is cut into as few parts as possible, of about equal size", () => {
    const sizes = parts.map((part) => part.bytes.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_BYTES);
    // Each part but the first has six more seconds, and a container.
    const bytes = song.packets.reduce((sum, packet) => sum + packet.byteLength + 40, 0);
    const again = (bytes / song.seconds) * 6 + 70_000;
    expect(parts.length).toBeLessThanOrEqual(
      1 + Math.ceil((bytes - (MAX_BYTES - again)) / (MAX_BYTES - again)),
    );
    expect(parts.length).toBeGreaterThan(2);
    expect(Math.max(...sizes) / Math.min(...sizes)).toBeLessThan(1.25);
    expect(parts.every((part) => part.filename === `song.${format}`)).toBe(true);
  });

  it("is complete in its parts, each of which begins six seconds before the end of the one before", () => {
    expect(parts.map((part) => part.last)).toEqual(parts.map((_, i) => i === parts.length - 1));
    expect(parts[0]?.startSeconds).toBeCloseTo(song.packets[0]?.timestamp ?? 0, 6);
    expect(parts.at(-1)?.endSeconds).toBeCloseTo(song.seconds, 2);
    parts.slice(1).forEach((part, i) => {
      const overlap = (parts[i]?.endSeconds ?? 0) - part.startSeconds;
      expect(overlap).toBeGreaterThan(5.9);
      expect(overlap).toBeLessThan(6.1);
    });
  });

  it("continues from part to part without an extra or a missing packet", () => {
    inside.forEach(({ packets, codec }, i) => {
      const { startSeconds = 0, endSeconds = 0, last } = parts[i] ?? {};
      expect(codec).toBe(song.codec);
      const isBehind = ({ timestamp }: { timestamp: number }) => timestamp >= endSeconds - 1e-6;
      const end = last ? song.packets.length : song.packets.findIndex(isBehind);
      const wanted = song.packets.slice(end - packets.length, end);
      // A Vorbis decoder needs one packet before; the first frames of an MP3 are silenced if they need
      // earlier ones.
      const same = (i: number) => packets[i]?.data.join() === wanted[i]?.data.subarray(ahead).join();
      expect(packets.findIndex((_, n) => same(n))).toBeLessThan(4);
      expect(packets.map((_, n) => same(n)).lastIndexOf(false)).toBeLessThan(4);
      expect(Math.abs((wanted[0]?.timestamp ?? 0) - startSeconds)).toBeLessThan(0.05);
    });
  });

  it("gives the same parts when they are made again", async () => {
    const bytes = await make();
    const facts = await songOf(memoryFile(bytes));
    const again = await nextPart(memoryFile(bytes), facts, parts[0]?.endSeconds ?? 0, MAX_BYTES);
    if (!again.ok) throw new Error(again.failure.message);
    expect(again.part).toEqual(parts[1]);
  });
});

describe("Ogg", () => {
  it("has complete pages with sequence numbers and checksums, from the first to the last", async () => {
    const song = await looped(fixture("audio/opus.ogg"), 4, "ogg");
    const [part] = await allParts(await looped(song, 1, "m4a"));
    if (!part) throw new Error("There is no part.");
    const { bytes } = part;
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const pages: { flags: number; position: bigint; number: number }[] = [];
    for (let at = 0; at < bytes.length; ) {
      const segments = bytes.subarray(at + 27, at + 27 + (bytes[at + 26] ?? 0));
      const page = bytes.slice(at, at + 27 + segments.length + segments.reduce((sum, n) => sum + n, 0));
      expect(new TextDecoder().decode(page.subarray(0, 4))).toBe("OggS");
      const stated = view.getUint32(at + 22, true);
      page.fill(0, 22, 26);
      // RFC 3533, 6: bit by bit.
      let rest = 0;
      for (const byte of page) {
        rest ^= byte << 24;
        for (let bit = 0; bit < 8; bit++) rest = (rest << 1) ^ (rest < 0 ? 0x04c1_1db7 : 0);
      }
      expect(rest >>> 0).toBe(stated);
      const [flags = 0, position] = [bytes[at + 5], view.getBigInt64(at + 6, true)];
      pages.push({ flags, position, number: view.getUint32(at + 18, true) });
      at += page.length;
    }
    expect(pages.map((page) => page.number)).toEqual(pages.map((_, i) => i));
    expect(pages.map((page) => page.flags)).toEqual(
      pages.map((_, i) => (i === 0 ? 2 : i === pages.length - 1 ? 4 : 0)),
    );
    const positions = pages.map((page) => page.position);
    expect(positions).toEqual(positions.toSorted((a, b) => Number(a - b)));
    // Each packet lasts 20 milliseconds of 48 kHz.
    expect(positions.at(-1)).toBe(BigInt((await unpacked(song)).packets.length * 960));
  });

  it.each([
    [[0x08], 20],
    [[0x99], 40],
    [[0x80, 0], 2.5],
    [[0x81, 0], 5],
    [[0x7b, 0x83], 60],
    [[0x18], 60],
  ])("has the right duration for an Opus packet: %j", (packet, milliseconds) => {
    expect(opusSamples(Uint8Array.from(packet))).toBe(milliseconds * 48);
  });
});

/** Offset of the side information, and `main_data_begin`, of a frame of MPEG-1 or MPEG-2 layer III. */
function frameFacts(frame: Uint8Array) {
  const mpeg1 = ((frame[1] ?? 0) & 0x08) !== 0;
  const mono = (frame[3] ?? 0) >> 6 === 3;
  const at = ((frame[1] ?? 0) & 1) === 0 ? 6 : 4;
  const length = mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17;
  const back = mpeg1 ? ((frame[at] ?? 0) << 1) | ((frame[at + 1] ?? 0) >> 7) : (frame[at] ?? 0);
  return { back, room: frame.length - at - length };
}

describe("an MP3 cut at any frame", () => {
  it.each(["song.mp3", "audio/cbr.mp3", "audio/vbr.mp3", "audio/mpeg25.mp3"])(
    "can be decoded without the rest: no frame needs data from before the cut (%s)",
    async (name) => {
      const frames = (await unpacked(fixture(name))).packets.map((packet) => packet.data);
      fc.assert(
        fc.property(fc.integer({ min: 0, max: frames.length - 30 }), (first) => {
          const cut = cutFrames();
          let behind = 0;
          let changed = 0;
          for (const frame of frames.slice(first, first + 30)) {
            const out = cut(frame);
            expect(out.length).toBe(frame.length);
            const { back, room } = frameFacts(out);
            expect(back).toBeLessThanOrEqual(behind);
            behind += room;
            if (out !== frame) changed++;
          }
          // At most half a second of the six that the part before has too.
          expect(changed).toBeLessThan(20);
        }),
      );
    },
  );

  it("has a correct CRC in a silenced frame", () => {
    // 32 kHz, 48 kbit/s, mono, with a CRC; its main data begin one byte before the frame.
    const frame = new Uint8Array(216).fill(0x55);
    frame.set([0xff, 0xfa, 0x38, 0xc0]);
    const out = cutFrames()(frame);
    expect([...out.subarray(6, 23)]).toEqual(new Array(17).fill(0));
    expect([...out.subarray(23)]).toEqual(new Array(193).fill(0x55));
    // The CRC bit by bit, starting with all ones: the last two bytes of the header, then the side
    // information.
    const bits = [...out.subarray(2, 4), ...out.subarray(6, 23)].flatMap((byte) =>
      [7, 6, 5, 4, 3, 2, 1, 0].map((shift) => (byte >> shift) & 1),
    );
    const rest = bits.reduce((crc, bit) => {
      const top = (crc >> 15) ^ bit;
      return ((crc << 1) & 0xffff) ^ (top ? 0x8005 : 0);
    }, 0xffff);
    expect(((out[4] ?? 0) << 8) | (out[5] ?? 0)).toBe(rest);
  });

  it("states how many frames it has, when that fits into a frame", async () => {
    const [first] = (await unpacked(fixture("song.mp3"))).packets;
    if (!first) throw new Error("There is no frame.");
    const info = countFrame(first.data, 1234);
    expect(info.length).toBe(first.data.length);
    const view = new DataView(info.buffer);
    expect([view.getUint32(4 + 9), view.getUint32(4 + 9 + 8)]).toEqual([0x49_6e_66_6f, 1234]);
    expect(countFrame(first.data.subarray(0, 24), 1234).length).toBe(0);
  });
});
