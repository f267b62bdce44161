import fc from "fast-check";
import { expect, test } from "vitest";
import { applyChange, diffViews, ENTITIES, emptyView, type View } from "../../src/domain/feed.ts";

const Rows = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.record({ n: fc.nat(3) }));
const AnyView = fc
  .tuple(...ENTITIES.map(() => Rows))
  .map((rows): View => Object.assign(emptyView(), Object.fromEntries(ENTITIES.map((e, i) => [e, rows[i]]))));

test("the events between two readings turn the first into the second", () => {
  fc.assert(
    fc.property(AnyView, AnyView, (before, after) => {
      expect(diffViews(before, after).reduce(applyChange, before)).toEqual(after);
    }),
  );
});

test("a record that did not change gives no event", () => {
  fc.assert(
    fc.property(AnyView, (view) => {
      expect(diffViews(view, structuredClone(view))).toEqual([]);
    }),
  );
});
