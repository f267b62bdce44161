import { defineConfig } from "vitest/config";

/** Needs ffmpeg and ffprobe: npm run test:ffmpeg */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/ffmpeg/**/*.test.ts"],
    globalSetup: new URL("support/needs-ffmpeg.ts", import.meta.url).pathname,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
