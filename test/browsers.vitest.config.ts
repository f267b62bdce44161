import { defineConfig } from "vitest/config";

/** Needs browsers and ffmpeg: apt-get install chromium firefox-esr ffmpeg */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/browsers/**/*.test.ts"],
    // A browser takes seconds to open where others do so at once.
    testTimeout: 60_000,
  },
});
