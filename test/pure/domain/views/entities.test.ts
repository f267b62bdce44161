/** What the feed publishes stays small, however much a project has. */
import { expect, test } from "vitest";
import { failure } from "../../../../src/domain/record/failures.ts";
import type { ProjectRecord, Task } from "../../../../src/domain/record/record.ts";
import { publicView } from "../../../../src/domain/views/entities.ts";
import { applyChange, diff, nothingPublished, snapshot } from "../../../../src/domain/views/feed.ts";
import { MAX_FEED_LYRICS, MAX_FEED_TASKS } from "../../../../src/domain/views/views.ts";
import { songOf, taskOf, World } from "../../../support/record.ts";

const at = new Date("2026-11-22T10:00:00Z");
const idOf = (i: number) => `00000000-0000-7000-8000-${String(i).padStart(12, "0")}`;
const recordWith = (over: Partial<ProjectRecord>): ProjectRecord => ({ ...new World().record, ...over });
const tasksOf = (count: number, over: Partial<Task>) =>
  Array.from({ length: count }, (_, i) =>
    taskOf(at, { id: idOf(i), jobId: idOf(1), projectId: idOf(2), subject: idOf(i), runNumber: 0, ...over }),
  );
const publishedTasks = (tasks: Task[]) => publicView(recordWith({ tasks })).task;

const snapshotOf = (record: ProjectRecord): string =>
  snapshot(diff(nothingPublished(), publicView(record)).reduce(applyChange, nothingPublished()), {
    epoch: "e",
    seq: 1,
  });

test("of 5,000 open tasks the feed publishes the 1,000 newest, in less than 500,000 characters", () => {
  const published = publishedTasks(tasksOf(5_000, { status: "pending" }));
  expect(Object.keys(published).sort()).toEqual(
    Array.from({ length: MAX_FEED_TASKS }, (_, i) => idOf(4_000 + i)),
  );
  expect(snapshotOf(recordWith({ tasks: tasksOf(5_000, {}) })).length).toBeLessThan(500_000);
});

test("tasks that failed with the longest messages, at all attempts, are less than 2,500,000 characters", () => {
  const attempt = {
    attempt: 1,
    at: at.toISOString(),
    provider: "p",
    model: "m",
    code: "outcome_unknown" as const,
    message: "x".repeat(2_000),
    charged: "no" as const,
  };
  const tasks = tasksOf(5_000, {
    status: "failed",
    error: failure("outcome_unknown", "x".repeat(9_000)),
    failedAttempts: Array.from({ length: 20 }, () => attempt),
  });
  const length = snapshotOf(recordWith({ tasks })).length;
  expect(length).toBeGreaterThan(2_000_000);
  expect(length).toBeLessThan(2_500_000);
});

test.each<[string, Partial<Task>, boolean]>([
  ["pending", { status: "pending" }, true],
  ["running", { status: "running" }, true],
  ["waiting", { status: "waiting" }, true],
  ["succeeded", { status: "succeeded" }, false],
  ["canceled", { status: "canceled" }, false],
  ["failed in this run", { status: "failed" }, true],
  ["failed and retried", { status: "failed", retriedAt: at }, false],
  ["failed in an earlier run", { status: "failed", runNumber: -1 }, false],
  [
    "to be decided, of an earlier run",
    { status: "failed", runNumber: -1, error: failure("outcome_unknown", "Nobody knows.") },
    true,
  ],
])("whether the feed publishes a task that is %s", (_, over, expected) => {
  expect(Object.keys(publishedTasks(tasksOf(1, over)))).toHaveLength(expected ? 1 : 0);
});

test("neither a poll nor another attempt at a rate limiter changes what is published of a task", () => {
  const waiting: Partial<Task> = { status: "waiting", providerRequestId: "p" };
  expect(publishedTasks(tasksOf(1, { ...waiting, status: "running" }))).toEqual(
    publishedTasks(tasksOf(1, waiting)),
  );
  const later = { attempt: 9, runAfter: new Date(0), updatedAt: new Date(0) };
  expect(publishedTasks(tasksOf(1, { status: "pending", ...later }))).toEqual(
    publishedTasks(tasksOf(1, { status: "pending" })),
  );
});

const lyricsOf = (lines: number, words: number, text: string) => {
  const word = { text, startFrame: 44_639, endFrame: 44_640 };
  return {
    source: "transcribed" as const,
    language: "en",
    lines: Array.from({ length: lines }, () => ({
      ...word,
      words: Array.from({ length: words }, () => word),
      confidence: 0.123456789012345,
    })),
  };
};
const published = (over: Partial<ProjectRecord["project"]>) => {
  const { record } = new World();
  const project = { ...record.project, ...over };
  return publicView({ ...record, project }).lyrics[project.id];
};
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

test("the longest lyrics that the feed publishes fit into a value of SQLite, whatever their characters", () => {
  const { characters, parts } = MAX_FEED_LYRICS;
  for (const sign of ["\u0001", "\u9280", "a"]) {
    const lyrics = lyricsOf(parts, 0, "");
    const transcriptText = sign.repeat(characters - parts);
    const value = published({ lyrics, transcriptText });
    expect(value).toMatchObject({ text: transcriptText });
    expect(bytesOf(value)).toBeLessThan(2_000_000);
    expect(published({ lyrics, transcriptText: `${transcriptText}a` })).toMatchObject({
      source: "transcribed",
      lines: null,
      text: null,
    });
  }
  expect(published({ lyrics: lyricsOf(parts + 1, 0, "") })).toMatchObject({ lines: null });
});

test("a half-hour song of 200 words a minute is published with its lyrics", () => {
  const { lines, ...song } = lyricsOf(600, 10, "night");
  const text = "night ".repeat(10);
  const lyrics = { ...song, lines: lines.map((line) => ({ ...line, text })) };
  const value = published({ lyrics, transcriptText: `${text}\n`.repeat(600) });
  expect(value).toMatchObject({ text: expect.any(String) });
});

test("the feed says that lyrics in the file's tags are there, without their text where it is too long", () => {
  const lines = Array.from({ length: 1_998 }, () => ({
    text: "a".repeat(500),
    startSeconds: null,
    words: [],
  }));
  const audio = { ...songOf(30), embeddedLyrics: { form: "plain" as const, language: null, lines } };
  expect(published({ audio })).toMatchObject({
    source: null,
    lines: null,
    embedded: { form: "plain", timed: false, text: null },
  });
  expect(published({ audio: songOf(30) })).toBeUndefined();
});
