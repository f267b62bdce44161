import { describe, expect, it } from "vitest";
import { songFrames } from "../../../../src/domain/controller/inputs.ts";
import { memoryFile, storedFile } from "../../../../src/media/lib/source.ts";
import { editList, FPS, madeOf, open, packets } from "../../../support/films.ts";
import { fixture, silentWav } from "../../../support/media.ts";
import { seenIn } from "../../../support/numbered.ts";

/**
 * Name, number, frames and rate of each clip: B-frames, several (also open) groups, one group, another rate,
 * fragments.
 */
const CLIPS = [
  { name: "pyramid", number: 1, frames: 192, fps: 24 },
  { name: "groups", number: 2, frames: 192, fps: 24 },
  { name: "plain", number: 3, frames: 120, fps: 24 },
  { name: "thirty", number: 4, frames: 150, fps: 30 },
  { name: "fragments", number: 5, frames: 90, fps: 24 },
] as const;

/** A generator of random numbers from a seed (mulberry32). */
function dice(seed: number) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Scenes from a quarter of a second to a whole clip, exactly `frames` long in all; no clip follows itself.
 */
function scenesOf(frames: number, random: () => number) {
  const scenes: { clip: (typeof CLIPS)[number]; frames: number }[] = [];
  for (let left = frames; left > 0; ) {
    const others = CLIPS.filter((clip) => clip !== scenes.at(-1)?.clip);
    const clip = others[Math.floor(random() * others.length)] ?? CLIPS[0];
    const most = Math.floor((clip.frames / clip.fps) * FPS);
    const taken = Math.min(left, 6 + Math.floor(random() * (most - 5)));
    scenes.push({ clip, frames: taken });
    left -= taken;
  }
  return scenes;
}

/**
 * Song lengths from 10 seconds to 10 minutes, growing geometrically, that are not whole numbers of frames.
 */
const SONGS = Array.from({ length: 20 }, (_, i) => 10 * 60 ** (i / 19) + (i * 0.0137) / 3);

describe("the film of a generated song", () => {
  it.each(SONGS.map((seconds, i) => [seconds.toFixed(3), seconds, i] as const))(
    "of %s seconds has its length to the frame, and cuts on every planned frame",
    async (_, seconds, seed) => {
      const wav = silentWav(seconds, 8000, 1);
      const song = storedFile(
        { read: async (_key, start, end) => wav.read(start, end) },
        { key: "song", etag: "v1", bytes: wav.bytes },
      );
      const frames = songFrames({ durationSeconds: seconds }, FPS);
      const scenes = scenesOf(frames, dice(seed));
      const edits = editList(
        ...scenes.map(
          ({ clip, frames: taken }) =>
            [memoryFile(fixture(`clips/numbered/${clip.name}.mp4`)), taken] as const,
        ),
      );
      const { bytes } = await madeOf(edits, { song });
      expect(Math.abs(frames / FPS - seconds)).toBeLessThanOrEqual(0.5 / FPS + 1e-9);
      using input = open(bytes);
      const video = await input.getPrimaryVideoTrack();
      expect(await video?.getDurationFromMetadata()).toBeCloseTo(frames / FPS, 6);
      const audio = await input.getPrimaryAudioTrack();
      expect((await packets(audio)).reduce((sum, packet) => sum + packet.duration, 0)).toBeCloseTo(
        seconds,
        3,
      );

      const seen = await seenIn(bytes);
      let shown = 0;
      let startFrame = 0;
      for (const { clip, frames: taken } of scenes) {
        const own = Math.ceil((taken / FPS) * clip.fps - 1e-6);
        const pictures = seen.slice(shown, shown + own);
        expect(pictures.map((picture) => picture.clip)).toEqual(new Array(own).fill(clip.number));
        expect(pictures[0]?.frame).toBe(0);
        pictures.forEach((picture, i) => {
          // At its own time within the scene, to one unit of the film's timescale of 57,600.
          expect(Math.abs(picture.timestamp - startFrame / FPS - i / clip.fps)).toBeLessThan(2e-5);
          // A picture that others need may come early, but only at the scene's end, and never late.
          const early = picture.frame - i;
          expect(early === 0 || (early > 0 && early <= 3 && own - i <= 4)).toBe(true);
        });
        shown += own;
        startFrame += taken;
      }
      expect(seen).toHaveLength(shown);
    },
  );
});
