/**
 * Measures how long the exact cover takes, and compares its cost with a greedy one: `node
 * test/bench/cover.ts`. The first solve of the process (code not yet compiled) is reported separately.
 */
import { cpus } from "node:os";
import { prepareCover, solveCover } from "../../src/domain/cover/solve.ts";
import { greedyCover, sungSong } from "../support/covers.ts";

const FPS = 24;
const RUNS = 60;
const LIMITS = [
  { name: "4 to 9 s", minFrames: 4 * FPS, maxFrames: 9 * FPS },
  { name: "2 to 12 s", minFrames: 2 * FPS, maxFrames: 12 * FPS },
  { name: "2 to 30 s", minFrames: 2 * FPS, maxFrames: 30 * FPS },
];

const at = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

function timed(work: () => void): number {
  const from = performance.now();
  work();
  return performance.now() - from;
}

const first = timed(() => solveCover(sungSong(10, 1, { minFrames: 48, maxFrames: 720, pinned: true })));
console.log(`${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.version}, ${RUNS} songs for each row`);
console.log(`first solve of the process, 10 min, 2 to 30 s, pins and beats: ${first.toFixed(1)} ms`);
console.log("song    scenes     pins   median ms  p95 ms   DP cost  greedy cost");
for (const minutes of [1, 4, 10, 30]) {
  for (const { name, ...limits } of LIMITS) {
    for (const pinned of [false, true]) {
      const songs = Array.from({ length: RUNS }, (_, i) => sungSong(minutes, 7 + i, { ...limits, pinned }));
      const times = songs.map((song) => timed(() => solveCover(song))).toSorted((a, b) => a - b);
      let exact = 0;
      let greedy = 0;
      for (const song of songs) {
        const sound = prepareCover(song);
        const cover = solveCover(song);
        if (!sound.ok || !cover.ok) throw new Error("a song without a cover");
        exact += sound.prepared.cost.total(cover.scenes) / RUNS;
        greedy += sound.prepared.cost.total(greedyCover(sound.prepared, song.maxFrames)) / RUNS;
      }
      const cells = [
        `${minutes} min`.padEnd(7),
        name.padEnd(10),
        (pinned ? "yes" : "no").padEnd(6),
        at(times, 0.5).toFixed(2).padStart(9),
        at(times, 0.95).toFixed(2).padStart(7),
        exact.toFixed(1).padStart(9),
        greedy.toFixed(1).padStart(12),
      ];
      console.log(cells.join(" "));
    }
  }
}
