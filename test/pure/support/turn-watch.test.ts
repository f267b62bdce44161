import { expect, test } from "vitest";
import { TurnWatch } from "../../support/turn-watch.ts";

/** Each call with the milliseconds that it is told to wait, null for a slot. One call a second. */
function watched(...calls: [key: string, owner: string, afterMs: number | null][]): string[] {
  const turns = new TurnWatch();
  for (const [i, [key, owner, afterMs]] of calls.entries())
    turns.see(
      { key, owner },
      afterMs === null ? { kind: "go", probing: false } : { kind: "wait", afterMs },
      i * 1_000,
    );
  return turns.broken;
}

test("two slots of one owner while another's first task waits are found", () => {
  expect(watched(["b", "bob", 9_000], ["a1", "ada", null], ["a2", "ada", null])).toEqual([
    "b, the first of bob, waited for 2 slots of ada",
  ]);
});

test("a task that goes before an earlier one of its owner is found", () => {
  expect(watched(["a1", "ada", 9_000], ["a2", "ada", 9_000], ["a2", "ada", null])).toEqual([
    "a2 of ada went before a1, which came earlier",
  ]);
});

test("nothing is found where owners take turns, nor where the one who waits is late", () => {
  const turns = watched(
    ["b1", "bob", 9_000],
    ["b2", "bob", 9_000],
    ["a1", "ada", null],
    ["b1", "bob", null],
    ["a2", "ada", null],
    ["b2", "bob", null],
  );
  expect(turns).toEqual([]);
  expect(watched(["b", "bob", 1_500], ["a1", "ada", null], ["a2", "ada", null], ["a3", "ada", null])).toEqual(
    [],
  );
});
