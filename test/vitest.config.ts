import { parseEnv } from "node:util";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

const root = new URL("..", import.meta.url).pathname;
/** The lines of a .dev.vars file. */
const variables = (text: string) =>
  Object.entries(parseEnv(text)).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
const path = (relative: string) => new URL(relative, import.meta.url).pathname;

export default defineConfig({
  root,
  test: {
    silent: "passed-only",
    // By default one core is left free, which on two cores is half of them.
    maxWorkers: "100%",
    // Declared here and not in the project: there, packages would resolve as for workerd.
    globalSetup: path("support/services-setup.ts"),
    projects: [
      {
        root,
        // The inner loop: nothing is started, and no file takes more than a few seconds.
        test: {
          name: "pure",
          include: ["test/pure/**/*.test.ts"],
          exclude: ["**/*.slow.test.ts"],
          testTimeout: 30_000,
        },
      },
      {
        root,
        // Whole songs and films in memory.
        test: { name: "slow", include: ["test/pure/**/*.slow.test.ts"], testTimeout: 30_000 },
      },
      {
        root,
        // The hooks open a Postgres, which takes its time where many do so at once.
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 120_000,
        },
      },
      { root, test: { name: "simulation", include: ["test/simulation/**/*.test.ts"] } },
      {
        root,
        plugins: [
          cloudflareTest(({ inject }) => ({
            wrangler: { configPath: path("../wrangler.toml") },
            miniflare: { bindings: Object.fromEntries(variables(inject("variables"))) },
          })),
        ],
        // The package's entry imports "node:" by a computed name, which workerd has no module for.
        resolve: {
          alias: { mediabunny: path("../node_modules/mediabunny/dist/bundles/mediabunny.mjs") },
        },
        // A poll has time on a machine that does other work, too.
        test: {
          name: "workers",
          include: ["test/workers/**/*.test.ts"],
          testTimeout: 30_000,
          expect: { poll: { timeout: 15_000 } },
        },
      },
      {
        root,
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
