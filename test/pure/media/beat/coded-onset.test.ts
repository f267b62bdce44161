import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SNAP_CONFIDENCE } from "../../../../src/domain/cover/beat-grid.ts";
import type { BeatGrid } from "../../../../src/domain/record/record.ts";
import { readAacGain } from "../../../../src/media/beat/aac-gain.ts";
import { beatOf } from "../../../../src/media/beat/estimate.ts";
import { readMp3Gains } from "../../../../src/media/beat/mp3-gain.ts";
import { packetsOf } from "../../../../src/media/lib/packets.ts";
import { memoryFile } from "../../../../src/media/lib/source.ts";
import { openSong } from "../../../../src/media/song/open-song.ts";
import { fixture } from "../../../support/media.ts";

async function open(path: string) {
  const file = memoryFile(fixture(path));
  const song = await openSong(file);
  const track = await song?.input.getPrimaryAudioTrack();
  if (!track) throw new Error(`${path} has no track`);
  return { file, track };
}
async function beat(path: string): Promise<BeatGrid> {
  const { file, track } = await open(path);
  const grid = await beatOf(file, track, {});
  if (!grid) throw new Error(`${path} has no grid`);
  return grid;
}
async function packets(path: string) {
  const found: { data: Uint8Array; timestamp: number }[] = [];
  for await (const { data, timestamp } of packetsOf((await open(path)).track))
    found.push({ data, timestamp });
  return found;
}
/** Distance from the nearest beat, in seconds. */
const offBeat = (grid: BeatGrid, time: number) => {
  const turns = ((time - grid.offsetSeconds) * grid.bpm) / 60;
  return (Math.abs(turns - Math.round(turns)) * 60) / grid.bpm;
};
/** LAME's delay before a song, and a decoder's delay after that, in samples. */
const LAME_DELAY = 576 + 529;

describe("the beat of a song that can't be decoded here", () => {
  it.each([
    ["song.mp3", 96, LAME_DELAY / 22_050],
    ["audio/drums.mp3", 100, 0.25 + LAME_DELAY / 32_000],
    ["audio/drums.m4a", 100, 0.25],
  ])("is found in its packets to 0.1 beats per minute and 25 ms: %s", async (path, bpm, first) => {
    const grid = await beat(path);
    expect(grid.bpm).toBeCloseTo(bpm, 1);
    expect(offBeat(grid, first)).toBeLessThan(0.025);
    expect(offBeat(grid, first + (16 * 60) / bpm)).toBeLessThan(0.025);
    expect(grid.confidence).toBeGreaterThan(SNAP_CONFIDENCE);
    expect(grid.confidence).toBeLessThan(0.86);
  });

  it("never moves cuts by the size of Opus packets alone", async () => {
    for (const path of ["audio/opus.ogg", "audio/opus.webm"]) {
      expect((await beat(path)).confidence).toBeLessThan(SNAP_CONFIDENCE);
    }
  });

  it.each(["audio/pcm16.wav", "audio/song.flac", "audio/vorbis.ogg"])(
    "has a higher confidence when it can be decoded: %s",
    async (path) => {
      const grid = await beat(path);
      expect(Math.abs(grid.bpm - 96)).toBeLessThan(0.1);
      expect(offBeat(grid, 0)).toBeLessThan(0.02);
      expect(grid.confidence).toBeGreaterThan(0.8);
    },
  );
});

describe("an encoder's gains", () => {
  it("show an attack at every drum of an MP3", async () => {
    const attacks = (await packets("audio/drums.mp3")).flatMap(({ data, timestamp }) =>
      (readMp3Gains(data) ?? []).flatMap(({ attack }, granule) =>
        attack ? [timestamp + (granule * 576) / 32_000] : [],
      ),
    );
    for (let drum = 0; drum < 19; drum++) {
      const time = 0.25 + 0.6 * drum + LAME_DELAY / 32_000;
      expect(Math.min(...attacks.map((attack) => Math.abs(attack - time)))).toBeLessThan(0.04);
    }
  });

  it.each([
    ["audio/drums.m4a", 626],
    ["audio/adts.aac", 260],
    ["audio/faststart.m4a", 260],
  ])("are read from every frame: %s", async (path, count) => {
    const frames = (await packets(path)).map(({ data }) => readAacGain(data));
    expect(frames).toHaveLength(count);
    for (const frame of frames) {
      expect(frame?.levels).toHaveLength(1);
      expect(frame?.levels[0]).toBeGreaterThanOrEqual(20);
      expect(frame?.levels[0]).toBeLessThan(60);
    }
  });

  it("are found after an encoder's name at the start of an AAC frame", async () => {
    const toBits = (bytes: Iterable<number>) =>
      [...bytes].map((b) => b.toString(2).padStart(8, "0")).join("");
    const toBytes = (bits: string) =>
      Uint8Array.from(bits.match(/.{1,8}/g) ?? [], (b) => Number.parseInt(b.padEnd(8, "0"), 2));
    const frame = (await packets("audio/drums.m4a"))[40]?.data ?? new Uint8Array();
    for (const length of [0, 5, 14, 15, 40]) {
      const count = length < 15 ? length.toString(2).padStart(4, "0") : `1111${toBits([length - 14])}`;
      const named = toBytes(`110${count}${toBits(new Uint8Array(length).fill(0xa5))}${toBits(frame)}`);
      const [plain, behind] = [readAacGain(frame), readAacGain(named)];
      const bits = 8 * (named.length - frame.length);
      expect(behind?.attack).toBe(plain?.attack);
      expect(behind?.levels[0]).toBeCloseTo((plain?.levels[0] ?? 0) + ((4 / 3) * bits) / 1024, 6);
    }
  });

  it("are numbers or null, whatever the bytes", () => {
    const heads = fc.constantFrom(
      [],
      [0xff, 0xfb, 0x90, 0x44],
      [0xff, 0xf3, 0x44, 0xc4],
      [0xff, 0xf1],
      [0x21],
    );
    fc.assert(
      fc.property(heads, fc.uint8Array({ maxLength: 200 }), (head, rest) => {
        const bytes = Uint8Array.from([...head, ...rest]);
        for (const frame of [readAacGain(bytes), ...(readMp3Gains(bytes) ?? [])]) {
          for (const level of frame?.levels ?? []) expect(level).toBeLessThan(500);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
