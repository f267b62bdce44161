/** Text that breaks where it is cut or stored carelessly, and a check that text can be stored. */
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

/** Expects that Postgres accepts every text in the value, and that the value survives JSON. */
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
