import fc from "fast-check";
import { expect, test } from "vitest";
import { ENTITIES, type View } from "../../../../src/domain/views/entities.ts";
import { applyChange, diff, nothingPublished, type Published } from "../../../../src/domain/views/feed.ts";

const Rows = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.record({ n: fc.nat(3) }));
const NOTHING: View = nothingPublished();
const AnyView = fc
  .tuple(...ENTITIES.map(() => Rows))
  .map((rows): View => ({ ...NOTHING, ...Object.fromEntries(ENTITIES.map((e, i) => [e, rows[i] ?? {}])) }));

const publishedOf = (view: View): Published =>
  diff(nothingPublished(), view).reduce(applyChange, nothingPublished());

test("the diff turns what was published of one reading of the record into what is published of the next", () => {
  fc.assert(
    fc.property(AnyView, AnyView, (before, after) => {
      expect(diff(publishedOf(before), after).reduce(applyChange, publishedOf(before))).toEqual(
        publishedOf(after),
      );
    }),
  );
});

test("a record that did not change leads to no event", () => {
  fc.assert(
    fc.property(AnyView, (view) => {
      expect(diff(publishedOf(view), structuredClone(view))).toEqual([]);
    }),
  );
});
