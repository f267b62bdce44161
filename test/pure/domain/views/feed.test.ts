import fc from "fast-check";
import { expect, test } from "vitest";
import {
  applyChange,
  diff,
  ENTITIES,
  nothingPublished,
  type Published,
  type View,
} from "../../../../src/domain/views/feed.ts";

const Rows = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.record({ n: fc.nat(3) }));
const NOTHING: View = nothingPublished();
const AnyView = fc
  .tuple(...ENTITIES.map(() => Rows))
  .map((rows): View => ({ ...NOTHING, ...Object.fromEntries(ENTITIES.map((e, i) => [e, rows[i] ?? {}])) }));

const told = (view: View): Published =>
  diff(nothingPublished(), view).reduce(applyChange, nothingPublished());

test("the events between two readings turn what was told of the first into what is to be told of the second", () => {
  fc.assert(
    fc.property(AnyView, AnyView, (before, after) => {
      expect(diff(told(before), after).reduce(applyChange, told(before))).toEqual(told(after));
    }),
  );
});

test("a record that did not change gives no event", () => {
  fc.assert(
    fc.property(AnyView, (view) => {
      expect(diff(told(view), structuredClone(view))).toEqual([]);
    }),
  );
});
