/** What earlier versions wrote is read by this one: see test/corpus. */
import { readdirSync, readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { afterEach, describe, expect, test, vi } from "vitest";
import { rateLimitOf } from "../../src/domain/models/rate-limits.ts";
import { enter, reopened } from "../../src/domain/rate-limiter.ts";
import { Settings } from "../../src/domain/record/record.ts";
import { TaskMessage } from "../../src/pipeline/messages.ts";
import { readPrediction } from "../../src/providers/prediction.ts";
import { replicateWebhooks, verifyCallbackToken } from "../../src/providers/webhook.ts";
import doors from "../corpus/door.1.json" with { type: "json" };
import messages from "../corpus/messages.1.json" with { type: "json" };
import laterMessages from "../corpus/messages.2.json" with { type: "json" };
import predictions from "../corpus/predictions.1.json" with { type: "json" };
import settings from "../corpus/settings.0.json" with { type: "json" };
import hooks from "../corpus/webhooks.1.json" with { type: "json" };

test.for([...messages, ...laterMessages])("a message in the queue is read: $is", ({ body }) => {
  expect(TaskMessage.parse(body)).toEqual(body);
});

test.for(predictions)("a prediction is read: $is", ({ body, reads }) => {
  expect(readPrediction(body)).toMatchObject({ id: body.id, ...reads });
});

describe("a webhook", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test.for(hooks.webhooks)("is genuine: $is", ({ id, body, signature }) => {
    vi.useFakeTimers({ now: hooks.sent_at * 1000 + 60_000, toFake: ["Date"] });
    const headers = new Headers({
      "webhook-id": id,
      "webhook-timestamp": String(hooks.sent_at),
      "webhook-signature": signature,
    });
    expect(replicateWebhooks([hooks.secret])(new TextEncoder().encode(body), headers)).toBe(id);
  });

  test("comes to an address whose token is ours", () => {
    expect(verifyCallbackToken(hooks.callback_secret, hooks.callback, hooks.token)).toBe(true);
  });
});

test("a door that was closed stays closed, and its places are kept", () => {
  const { kept, now } = doors;
  const door = reopened(kept, rateLimitOf("replicate"), now);
  expect(door).toMatchObject(kept);
  expect(enter(door, "task-a", now).verdict).toEqual({
    kind: "wait",
    afterMs: expect.closeTo(kept.closedUntil - now, -4),
  });
});

describe("rows of the version before a migration", () => {
  const folder = `${import.meta.dirname}/../../drizzle`;
  const statements = (file: string) =>
    readFileSync(`${folder}/${file}`, "utf8").split("--> statement-breakpoint");
  const [first = "", ...later] = readdirSync(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();

  test("come through it: settings are whole, the owner's account holds what the projects held", async () => {
    await using postgres = new PGlite();
    for (const statement of statements(first)) await postgres.exec(statement);
    const insert = (id: string, reserved: number, spent: number) =>
      postgres.query(
        `insert into projects (id, owner_id, name, settings, reserved_usd, spent_usd, target_stage, run_requested_at)
         values ($1, 'ada', 'Night Drive', $2, $3, $4, 'assemble_video', now())`,
        [id, JSON.stringify(settings), reserved, spent],
      );
    await insert("019ab3d2-5c1e-7a3b-9c4d-000000000001", 0.5, 1.25);
    await insert("019ab3d2-5c1e-7a3b-9c4d-000000000002", 0.25, 0);
    for (const file of later) for (const statement of statements(file)) await postgres.exec(statement);

    const { rows } = await postgres.query<{ settings: unknown; target_stage: string }>(
      "select * from projects",
    );
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      expect(row).toMatchObject({ target_stage: "assemble_video", settings });
      expect(Object.keys(Settings.parse(row.settings)).sort()).toEqual(
        Object.keys(Object(row.settings)).sort(),
      );
    }
    const owners = await postgres.query("select id, reserved_usd::float8, spent_usd::float8 from owners");
    expect(owners.rows).toEqual([{ id: "ada", reserved_usd: 0.75, spent_usd: 1.25 }]);
  });
});
