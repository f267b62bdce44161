import { expect, test } from "vitest";
import { burden } from "./burden.ts";
import { rush } from "./rush.ts";
import { simulate } from "./simulate.ts";

const EACH = 250;

test.for([0, 1, 2, 3, 4, 5, 6, 7])(
  "whatever goes wrong, every rule holds in the end (seeds, part %i)",
  { timeout: 300_000 },
  async (part) => {
    for (let seed = 1 + part * EACH; seed <= (part + 1) * EACH; seed++) {
      const { violations } = await simulate({ seed });
      expect(violations, `npm run simulate -- --seed ${seed}`).toEqual([]);
    }
  },
);

test.for([15_386, 30_859, 32_819, 48_950])("seed %i, which once broke a rule, breaks none", async (seed) => {
  expect((await simulate({ seed })).violations).toEqual([]);
});

test("two thousand ended tasks do not hide tasks that are under way", { timeout: 300_000 }, async () => {
  for (let seed = 1; seed <= 25; seed++) {
    const { violations } = await simulate({ seed, sabotage: burden });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
});

test("a task waits for one slot of another owner at a provider, whatever that one has queued", {
  timeout: 300_000,
}, async () => {
  for (let seed = 1; seed <= 12; seed++) {
    const { violations } = await simulate({ seed, sabotage: rush });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
});

test("a seed gives the same history each time", async () => {
  const once = await simulate({ seed: 77, kept: 100_000 });
  const again = await simulate({ seed: 77, kept: 100_000 });
  expect(once.history.length).toBeGreaterThan(50);
  expect(again).toEqual(once);
});
