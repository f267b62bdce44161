import { defineConfig } from "vitest/config";

if (!process.env.TEST_DATABASE_URL) throw new Error("These tests need a Postgres: set TEST_DATABASE_URL.");

/** Needs a Postgres: TEST_DATABASE_URL=postgres://… npm run test:postgres */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/postgres/**/*.test.ts", "test/integration/sandbox/neon.test.ts"],
    testTimeout: 60_000,
  },
});
