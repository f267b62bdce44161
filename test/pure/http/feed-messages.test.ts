import fc from "fast-check";
import { expect, test } from "vitest";
import { ENTITIES, publicView } from "../../../src/domain/views/entities.ts";
import { applyChange, diff, nothingPublished, snapshot } from "../../../src/domain/views/feed.ts";
import { FeedMessage, VALUES } from "../../../src/http/feed-messages.ts";
import { AnyLife } from "../../support/any-record.ts";

const parsed = (text: string): unknown => JSON.parse(text);

test("what the feed has published of a project is its public view, after every change of the project", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(AnyLife, (life) => {
      let published = nothingPublished();
      for (const record of life) {
        const view = publicView(record);
        for (const change of diff(published, view)) {
          published = applyChange(published, change);
          seen.add(`${change.entity} ${change.op}`);
        }
        for (const entity of ENTITIES) {
          const rows = Object.entries(published[entity]).map(([id, value]) => [id, parsed(value)]);
          expect(Object.fromEntries(rows)).toEqual(parsed(JSON.stringify(view[entity])));
        }
      }
    }),
    { numRuns: 40 },
  );
  expect([...seen].filter((what) => what.endsWith("upsert"))).toHaveLength(ENTITIES.length);
});

test("every value that the feed publishes has exactly the members of its schema", () => {
  fc.assert(
    fc.property(AnyLife, (life) => {
      for (const record of life)
        for (const entity of ENTITIES)
          for (const value of Object.values(publicView(record)[entity])) {
            const sent = parsed(JSON.stringify(value));
            // Parsing drops the members that the schema does not have.
            expect(VALUES[entity].parse(sent)).toEqual(sent);
          }
    }),
    { numRuns: 40 },
  );
});

test("snapshots and events are messages of the schema, whole", () => {
  const [epoch, at] = ["0193a5b2-7c1e-7000-8000-000000000000", "2026-11-22T10:00:00.000Z"];
  fc.assert(
    fc.property(AnyLife, (life) => {
      let published = nothingPublished();
      let seq = 0;
      for (const record of life) {
        for (const change of diff(published, publicView(record))) {
          published = applyChange(published, change);
          const event = parsed(JSON.stringify({ type: "event", epoch, seq: ++seq, at, ...change }));
          expect(FeedMessage.parse(event)).toEqual(event);
        }
        const whole = parsed(snapshot(published, { epoch, seq }));
        expect(FeedMessage.parse(whole)).toEqual(whole);
      }
    }),
    { numRuns: 20 },
  );
});
