import { spawnSync } from "node:child_process";
import { defineConfig } from "vitest/config";

for (const program of ["ffmpeg", "ffprobe"])
  if (spawnSync(program, ["-version"]).status !== 0)
    throw new Error(`These tests need ${program}: apt-get install ffmpeg`);

/** Needs ffmpeg and ffprobe: npm run test:ffmpeg */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/ffmpeg/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
