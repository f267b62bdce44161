/** All combinations, not a sample: one small project, every port call, every way in which it can fail. */
import { expect, test } from "vitest";
import { FAULTS } from "./faults.ts";
import { simulate } from "./simulate.ts";

const SEED = 3;
/** A call number that is never reached: nothing fails. */
const NEVER = { call: -1, fault: FAULTS[0] };

test.for(FAULTS)("the film is made when any one call %s", { timeout: 300_000 }, async (fault) => {
  const { calls } = await simulate({ seed: SEED, fault: NEVER });
  expect(calls).toBeGreaterThan(100);
  for (let call = 0; call < calls; call++) {
    const { violations } = await simulate({ seed: SEED, fault: { call, fault } });
    expect(violations, `call ${call} ${fault}`).toEqual([]);
  }
});
