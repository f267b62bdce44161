import { defineConfig } from "vitest/config";

/** Needs a Postgres: TEST_DATABASE_URL=postgres://… npm run test:postgres */
export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/postgres/**/*.test.ts", "test/integration/sandbox/neon.test.ts"],
    globalSetup: new URL("support/needs-postgres.ts", import.meta.url).pathname,
    testTimeout: 60_000,
  },
});
