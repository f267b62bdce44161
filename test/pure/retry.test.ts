import { describe, expect, it } from "vitest";
import { sharedFor, withTimeout } from "../../src/retry.ts";
import { virtualTime } from "../support/timing.ts";

const never = new Promise<string>(() => undefined);

describe("work with a timeout", () => {
  it("has its own result, and leaves no timer", async () => {
    const { timing, pending } = virtualTime();
    const result = await withTimeout(
      async () => "done",
      100,
      () => "late",
      timing,
    );
    expect([result, pending()]).toEqual(["done", 0]);
  });

  it("throws its own error, also one that it throws at once, and leaves no timer", async () => {
    const { timing, pending } = virtualTime();
    for (const work of [
      async () => Promise.reject(new Error("broken")),
      () => {
        throw new Error("broken");
      },
    ])
      await expect(withTimeout(work, 100, () => "late", timing)).rejects.toThrow("broken");
    expect(pending()).toBe(0);
  });

  it.each([
    [99, "waiting"],
    [100, "late"],
  ])("that takes longer has the result for late work: after %s of 100 ms it is %s", async (ms, state) => {
    const { timing, pass } = virtualTime();
    const result = withTimeout(
      () => never,
      100,
      () => "late",
      timing,
    );
    pass(ms);
    const soon = new Promise<string>((resolve) => setImmediate(() => resolve("waiting")));
    expect(await Promise.race([result, soon])).toBe(state);
  });

  it("that takes longer can be an error, and a later failure of the work is ignored", async () => {
    const { timing, pass } = virtualTime();
    const work = Promise.withResolvers<string>();
    const late = () => {
      throw new Error("no answer");
    };
    const result = withTimeout(() => work.promise, 100, late, timing);
    pass(100);
    await expect(result).rejects.toThrow("no answer");
    work.reject(new Error("broken"));
    await new Promise((resolve) => setImmediate(resolve));
  });
});

describe("shared work", () => {
  it("is done once for all calls within its time; an error is shared by those who waited for it", async () => {
    let [at, done] = [0, 0];
    const ask = sharedFor(
      1_000,
      () => at,
      async () => {
        done++;
        if (done === 2) throw new Error("no answer");
        return done;
      },
    );
    expect(await Promise.all([ask(), ask()])).toEqual([1, 1]);
    at = 999;
    expect(await ask()).toBe(1);
    at = 1_000;
    const [one, other] = await Promise.allSettled([ask(), ask()]);
    expect([one.status, other.status]).toEqual(["rejected", "rejected"]);
    expect(await ask()).toBe(3);
    expect(await ask()).toBe(3);
    at = 0;
    expect(await ask()).toBe(4);
  });
});
