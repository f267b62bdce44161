import { afterAll, beforeAll, expect, test } from "vitest";
import { failure } from "../../../src/domain/record/failures.ts";
import { openPipeline, type Pipeline } from "../../support/pipeline.ts";
import { ended, retry, running } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;

test("waiting at the provider's rate limiter spends nothing and counts no failure; the slot is used when it comes", async () => {
  const studio = pipeline.studio();
  const { id, ownerId } = await staged(studio, "generate_images");
  const asked: string[] = [];
  studio.deps.rateLimiters.acquire = async (provider, caller) => {
    asked.push(`${provider} ${caller.key} ${caller.ownerId}`);
    return asked.length <= 2 ? { kind: "wait", afterMs: 8_000 } : { kind: "go", probing: false };
  };
  await studio.run(id);
  const { id: taskId } = await studio.task(id);
  expect(await studio.task(id)).toMatchObject({
    status: "pending",
    attempt: 2,
    supplierFailures: 0,
    failedAttempts: [],
    error: null,
    runAfter: new Date(studio.deps.now().getTime() + 8_000),
  });
  expect(await studio.account(ownerId)).toEqual({ reserved: 0, spent: 0 });
  expect(await studio.run(id, 7_999)).toEqual([]);
  await studio.run(id, 1);
  studio.script.create.next(running("p1"));
  await studio.run(id, 8_000);
  expect(asked).toEqual(Array(3).fill(`replicate ${taskId} ${ownerId}`));
  expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 3, supplierFailures: 0 });
  expect(await studio.account(ownerId)).toEqual({ reserved: IMAGE_USD, spent: 0 });
});

test("a poll acquires no slot", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.script.create.next(running("p1"));
  await studio.run(id);
  studio.deps.rateLimiters.acquire = () => Promise.reject(new Error("Nobody is to ask"));
  studio.script.get.next(running("p1"));
  expect(await studio.run(id, 5_000)).toEqual(["ack"]);
});

test("a new attempt without a provider acquires no slot", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "assemble_video");
  const { media } = studio.deps;
  const why = failure("clip_unreadable", "No.");
  studio.deps.media = { ...media, assembleFilm: async () => ({ ok: false, failure: why }) };
  studio.deps.rateLimiters.acquire = () => Promise.reject(new Error("Nobody is to ask"));
  expect(await studio.run(id)).toEqual(["ack"]);
  expect(await studio.task(id)).toMatchObject({ error: { code: "clip_unreadable" } });
});

test.each([
  ["is accepted", running("p1"), ["success replicate"]],
  ["is throttled", retry("provider_throttled", 7), ["throttled replicate"]],
  ["meets a provider that is down", retry("provider_unavailable"), []],
  ["is refused", ended("invalid"), []],
])("what is reported to a probing rate limiter of a call that %s", async (_, answer, reported) => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.deps.rateLimiters.acquire = async () => ({ kind: "go", probing: true });
  studio.deps.rateLimiters.reportSuccess = async (provider) => void studio.calls.push(`success ${provider}`);
  studio.script.create.next(answer);
  await studio.run(id);
  expect(studio.calls.filter((call) => !call.startsWith("wake"))).toEqual(reported);
});

test("a rate limiter that can't be reached for a report does not lose the call's result", async () => {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_images");
  studio.deps.rateLimiters.acquire = async () => ({ kind: "go", probing: true });
  studio.deps.rateLimiters.reportSuccess = () => Promise.reject(new Error("out of reach"));
  studio.script.create.next(running("p1"));
  expect(await studio.run(id)).toEqual(["ack"]);
  expect(await studio.task(id)).toMatchObject({ status: "waiting", providerRequestId: "p1" });
  expect(studio.logged).toContain("rate_limiter_not_informed");
});
