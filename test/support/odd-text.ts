/** Text that breaks where it is cut or stored without care, and what text must be to be stored. */
import fc from "fast-check";
import { expect } from "vitest";

const ODD = ["😀", "𝓯", "𠮷", "e\u0301", "👩\u200d🚀", "\ud83d", "\ude00", "\0", " ", "\n", "é", "a"];

/** Odd characters at every offset around a limit, in UTF-16 units. */
export const around = (most: number): fc.Arbitrary<string> =>
  fc
    .record({
      before: fc.integer({ min: Math.max(0, most - 12), max: most + 2 }),
      odd: fc.array(fc.constantFrom(...ODD), { minLength: 1, maxLength: 6 }),
      behind: fc.constantFrom(0, 1, 30),
    })
    .map(({ before, odd, behind }) => "a".repeat(before) + odd.join("") + "b".repeat(behind));

/** Fails where a text anywhere in the value is one that Postgres refuses, or that JSON does not bring back. */
export function expectStorable(value: unknown): void {
  const texts: string[] = [];
  const copy: unknown = JSON.parse(
    JSON.stringify(value, (_, inside: unknown) => {
      if (typeof inside === "string") texts.push(inside);
      return inside;
    }),
  );
  expect(texts.filter((text) => !text.isWellFormed() || text.includes("\0"))).toEqual([]);
  expect(copy).toEqual(value);
}
