/** Predictions that succeeded and whose output has no file that is found: which model is asked next. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPrediction } from "../../../src/providers/prediction.ts";
import { mp4 } from "../../support/answers.ts";
import { openPipeline, type Pipeline } from "../../support/pipeline.ts";
import { file, ok, running } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const POLL_MS = 5_000;
const CLIP_USD = 0.25;

function finished(id: string, output: unknown) {
  const prediction = readPrediction({ id, status: "succeeded", output });
  if (!prediction) throw new Error("It is one");
  return ok(prediction);
}

/** A project with a clip whose prediction succeeded with this output. */
async function brought(output: unknown, clipFallbacks: string[]) {
  const studio = pipeline.studio();
  const { id } = await staged(studio, "generate_clips", { settings: { clipFallbacks } });
  studio.script.create.next(running("p1"));
  studio.script.get.next(finished("p1", output));
  await studio.run(id);
  return { studio, id };
}

test.each([null, "", [], {}])(
  "no output at all (%j) was paid for, and the same model is asked again",
  async (output) => {
    const { studio, id } = await brought(output, ["google/veo-3.1-lite"]);
    await studio.run(id, POLL_MS);
    expect(await studio.task(id)).toMatchObject({
      status: "pending",
      supplierFailures: 1,
      supplierIndex: 0,
      error: { code: "output_missing", retryable: true },
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: CLIP_USD });
  },
);

test("an output of an unknown form was paid for, and the next model is asked at once", async () => {
  const { studio, id } = await brought({ video: { id: "vid_1" } }, ["google/veo-3.1-lite"]);
  await studio.run(id, POLL_MS);
  expect(await studio.task(id)).toMatchObject({
    status: "pending",
    supplierFailures: 0,
    supplierIndex: 1,
    model: "google/veo-3.1-lite",
    failedAttempts: [{ code: "output_form", charged: "yes" }],
  });
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: CLIP_USD });
});

test("where there is no other model, the task fails and says what to do", async () => {
  const { studio, id } = await brought({ video: { id: "vid_1" } }, []);
  await studio.run(id, POLL_MS);
  expect(await studio.run(id, 3_600_000)).toEqual([]);
  expect(studio.script.create.calls).toHaveLength(1);
  expect(await studio.task(id)).toMatchObject({
    status: "failed",
    error: {
      code: "output_form",
      message: "The provider's result has a form that this service does not know.",
      retryable: false,
      nextAction: "Choose another model.",
    },
  });
});

test.each([
  ["under a key", { video: { url: "https://replicate.delivery/p1" } }, "https://replicate.delivery/p1"],
  ["as a data URI", "data:video/mp4;base64,AAAA", "data:video/mp4;base64,AAAA"],
])("a file that comes %s is opened and kept", async (_, output, address) => {
  const { studio, id } = await brought(output, []);
  studio.script.openOutput.next(file(mp4));
  await studio.run(id, POLL_MS);
  expect(studio.script.openOutput.calls).toEqual([address]);
  expect((await studio.record(id)).clips).toMatchObject([{ status: "completed", bytes: mp4.length }]);
});
