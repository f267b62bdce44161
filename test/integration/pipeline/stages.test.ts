import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentOf } from "../../../src/domain/controller/current.ts";
import { projectPrefix } from "../../../src/domain/record/keys.ts";
import { memoryFile } from "../../../src/media/lib/source.ts";
import { probeSong } from "../../../src/media/song/probe.ts";
import { draft, heard, jpeg, mp4, whisperX } from "../../support/answers.ts";
import { fixture } from "../../support/media.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { ended, file, filmed, ok, retry, running, succeeded } from "../../support/providers.ts";
import { staged } from "../../support/staged.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const IMAGE_USD = 0.003;
/** Five seconds of Seedance 1 lite at 720p. */
const CLIP_USD = 0.25;
const POLL_MS = 5_000;

/** A song that was probed, but whose bytes can't be read. */
async function unsendable(studio: Studio) {
  const { key, etag, bytes } = studio.bucket.upload("noise", fixture("broken/noise.mp3"), "audio/aac");
  return staged(studio, "transcribe", { audio: { key, etag, bytes, format: "aac", codec: "aac" } });
}

async function inspectSong(bytes: Uint8Array | undefined) {
  const file = memoryFile(bytes ?? new Uint8Array());
  const probe = await probeSong(file, { contentType: "", bytes: file.bytes });
  return probe.ok ? probe.audio : probe.failure;
}

describe("transcribe", () => {
  test("a song is sent whole, and its lyrics are written in frames with what they cost", async () => {
    const studio = pipeline.studio();
    const object = studio.bucket.upload("song", new Uint8Array(900), "audio/mpeg");
    const audio = { key: "song", etag: object.etag, bytes: 900 };
    const { id } = await staged(studio, "transcribe", { audio });
    studio.script.transcribe.next(ok(heard, 0.0004));
    expect(await studio.run(id)).toEqual(["ack"]);
    expect(studio.script.transcribe.calls).toMatchObject([
      { filename: "song.mp3", model: "whisper-1", audio: { length: 900 } },
    ]);
    const { project, tasks } = await studio.record(id);
    expect(project.lyrics?.lines).toMatchObject([{ text: heard.text, startFrame: 24, endFrame: 96 }]);
    expect(project).toMatchObject({ transcriptText: heard.text, version: 2 });
    expect(tasks).toMatchObject([
      { status: "succeeded", charged: "yes", costChargedUsd: 0.0004, leaseUntil: null },
    ]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.0004 });
    expect(studio.calls).toEqual([`wake ${id}`]);
    expect(await studio.run(id)).toEqual([]);
  });

  test("a song in a format that the transcriber does not take is sent in one that it takes", async () => {
    const studio = pipeline.studio();
    const bytes = fixture("audio/adts.aac");
    const object = studio.bucket.upload("song", bytes, "audio/aac");
    const audio = {
      key: "song",
      etag: object.etag,
      bytes: bytes.length,
      format: "aac" as const,
      codec: "aac",
    };
    const { id } = await staged(studio, "transcribe", { audio });
    studio.script.transcribe.next(ok(heard, 0.0004));
    await studio.run(id);
    const [sent] = studio.script.transcribe.calls;
    expect(sent?.filename).toMatch(/\.m4a$/);
    expect(await inspectSong(sent?.audio)).toMatchObject({ format: "m4a", codec: "aac" });
    expect(await studio.task(id)).toMatchObject({ status: "succeeded", provider: "openai" });
  });

  test("a song that can't be sent to the transcriber is transcribed from its address, and collected", async () => {
    const studio = pipeline.studio();
    const { id } = await unsendable(studio);
    studio.script.create.next(running("p1"));
    studio.script.get.next(running("p1"), succeeded("p1", whisperX));
    await studio.run(id);
    await studio.run(id);
    expect(studio.script.transcribe.calls).toEqual([]);
    expect(studio.script.create.calls[0]?.input).toMatchObject({
      audio_file: expect.stringContaining("X-Amz-Signature"),
    });
    const { costEstimatedUsd } = await studio.task(id);
    expect(await studio.budget(id)).toEqual({ reserved: costEstimatedUsd, spent: 0 });
    await studio.run(id, POLL_MS);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", providerRequestId: "p1", attempt: 2 });
    await studio.run(id, POLL_MS);
    const { project } = await studio.record(id);
    expect(project.lyrics).toMatchObject({
      language: "en",
      lines: [{ text: "Neon rain", startFrame: 24, endFrame: 96, words: [{}, {}] }],
    });
    expect(await studio.task(id)).toMatchObject({ status: "succeeded", charged: "yes" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: costEstimatedUsd });
    expect(studio.script.create.calls).toHaveLength(1);
  });

  test("a transcription in a form that is not known counts as spent, and is not bought again", async () => {
    const studio = pipeline.studio();
    const { id } = await unsendable(studio);
    studio.script.create.next(running("p1"));
    studio.script.get.next(succeeded("p1", "text"));
    await studio.run(id);
    await studio.run(id);
    await studio.run(id, POLL_MS);
    const task = await studio.task(id);
    const error = { code: "output_form", retryable: false };
    expect(task).toMatchObject({ status: "failed", charged: "yes", error });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: task.costEstimatedUsd });
  });

  test("lyrics of a song that was replaced meanwhile are not written", async () => {
    const studio = pipeline.studio();
    const object = studio.bucket.upload("song", new Uint8Array(900), "audio/mpeg");
    const audio = { key: "song", etag: object.etag, bytes: 900 };
    const { id } = await staged(studio, "transcribe", { audio });
    studio.script.transcribe.next(async () => {
      await studio.replaceSong(id, "another song");
      return ok(heard, 0.0004);
    });
    await studio.run(id);
    const { project, tasks } = await studio.record(id);
    expect(project.lyrics).toBeNull();
    expect(tasks).toMatchObject([{ status: "succeeded" }]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.0004 });
  });
});

describe("scenes and prompts", () => {
  test("scenes tile the song exactly, whatever the director proposed", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "analyze_scenes", { scenes: 6 });
    studio.script.proposeScenes.next(
      ok(
        {
          scenes: [{ firstLine: 0, lastLine: 7, theme: "rain", reasoning: "it rains", energy: 0.3 }],
          model: "some/model",
        },
        0.002,
      ),
    );
    await studio.run(id);
    const { scenes, tasks } = await studio.record(id);
    expect(scenes.length).toBeGreaterThan(1);
    expect(scenes.map((s) => s.startFrame)).toEqual([0, ...scenes.slice(0, -1).map((s) => s.endFrame)]);
    expect(scenes.at(-1)?.endFrame).toBe(720);
    expect(tasks).toMatchObject([{ status: "succeeded", charged: "yes", costChargedUsd: 0.002 }]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.002 });
    expect(await studio.run(id)).toEqual([]);
  });

  test("a prompt is appended as the scene's next version, and the one before stays", async () => {
    const studio = pipeline.studio();
    const { id, scenes } = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(ok(draft, 0.001), ok({ ...draft, imagePrompt: "another" }, 0.001));
    await studio.run(id);
    await studio.restyle(id, "woodcut");
    await studio.askAgain(id);
    await studio.run(id);
    const { prompts } = await studio.record(id);
    expect(prompts.toSorted((a, b) => a.version - b.version)).toMatchObject([
      { sceneId: scenes[0], version: 1, imagePrompt: "a window at night", generatedByModel: "some/model" },
      { sceneId: scenes[0], version: 2, imagePrompt: "another" },
    ]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.002 });
  });

  test("a lost answer of the director counts as spent, and the person decides whether to repeat it", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_prompts");
    studio.script.writePrompt.next(ended("unknown"));
    await studio.run(id);
    const { costEstimatedUsd, ...task } = await studio.task(id);
    expect(task).toMatchObject({
      status: "failed",
      attempt: 1,
      charged: "unknown",
      error: { code: "outcome_unknown", message: expect.stringContaining(`$${costEstimatedUsd.toFixed(4)}`) },
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: costEstimatedUsd });
    expect(await studio.run(id, 3_600_000)).toEqual([]);
  });

  test("a lost answer is repeated automatically where the person allowed it, up to a price", async () => {
    const studio = pipeline.studio();
    const settings = { repeatUnknownUpToUsd: 1 };
    const { id } = await staged(studio, "generate_prompts", { settings });
    studio.script.writePrompt.next(ended("unknown"), ok(draft, 0.001));
    await studio.run(id);
    const { costEstimatedUsd, ...task } = await studio.task(id);
    expect(task).toMatchObject({ status: "pending", attempt: 2, supplierFailures: 1, charged: "unknown" });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: costEstimatedUsd });
    await studio.run(id, 60_000);
    expect(await studio.task(id)).toMatchObject({ status: "succeeded", attempt: 2 });
    expect((await studio.budget(id)).spent).toBeCloseTo(costEstimatedUsd + 0.001, 6);
  });
});

describe("images and clips", () => {
  test("an image is ordered once, waited for, copied, measured and only then completed", async () => {
    const studio = pipeline.studio();
    const { id, ownerId, scenes } = await staged(studio, "generate_images");
    studio.script.create.next(running("p1"));
    await studio.run(id);
    const [task] = (await studio.record(id)).tasks;
    expect(studio.script.create.calls).toMatchObject([
      {
        model: "black-forest-labs/flux-schnell",
        webhookUrl: expect.stringContaining(`/webhooks/replicate/${id}/${task?.id}/1?t=`),
      },
    ]);
    expect(task).toMatchObject({ status: "waiting", providerRequestId: "p1", dispatchedAt: null });
    expect((await studio.record(id)).images).toMatchObject([
      { status: "pending", replicatePredictionId: "p1", taskId: task?.id, objectKey: null },
    ]);
    expect(await studio.budget(id)).toEqual({ reserved: IMAGE_USD, spent: 0 });

    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(jpeg));
    await studio.run(id, POLL_MS);
    const record = await studio.record(id);
    expect(record.images).toMatchObject([
      { status: "completed", sceneId: scenes[0], width: 64, height: 36, contentType: "image/jpeg" },
    ]);
    const [image] = record.images;
    expect(studio.bucket.keys()).toEqual([image?.objectKey]);
    expect(image?.objectKey).toContain(projectPrefix(ownerId, id));
    expect(await studio.bucket.head(image?.objectKey ?? "")).toMatchObject({
      etag: image?.etag,
      bytes: jpeg.length,
    });
    expect(record.tasks).toMatchObject([{ status: "succeeded", charged: "yes", costChargedUsd: IMAGE_USD }]);
    expect(currentOf(record).done.generate_images).toBe(true);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
    expect(await studio.run(id)).toEqual([]);
  });

  test("a clip is ordered with its image, and completed with its frames counted", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_clips");
    studio.script.create.next(running("p1"));
    studio.script.get.next(succeeded("p1"));
    studio.script.openOutput.next(file(mp4, false));
    await studio.run(id);
    expect(studio.script.create.calls).toMatchObject([
      { model: "xai/grok-imagine-video", input: { duration: 5, prompt: "slow push in" } },
    ]);
    expect((await studio.record(id)).clips).toMatchObject([{ status: "pending", frames: null }]);
    expect(await studio.budget(id)).toEqual({ reserved: CLIP_USD, spent: 0 });
    await studio.run(id, POLL_MS);
    const record = await studio.record(id);
    expect(record.clips).toMatchObject([
      { status: "completed", frames: 120, fps: 24, bytes: mp4.length, replicatePredictionId: "p1" },
    ]);
    expect(record.clips[0]?.decoderConfig).not.toBe("");
    expect(currentOf(record).done.generate_clips).toBe(true);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: CLIP_USD });
  });

  test("a clip is charged by the seconds that the provider reports", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_clips");
    studio.script.create.next(running("p1"));
    studio.script.get.next(filmed("p1", 5.04));
    studio.script.openOutput.next(file(mp4));
    await studio.run(id);
    await studio.run(id, POLL_MS);
    expect(await studio.task(id)).toMatchObject({ status: "succeeded", costChargedUsd: 0.252 });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0.252 });
  });

  test("a clip that is damaged is deleted, its row fails, and another is bought", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_clips");
    studio.script.create.next(running("p1"), running("p2"));
    studio.script.get.next(succeeded("p1"), succeeded("p2"));
    studio.script.openOutput.next(file(mp4.slice(0, 100_000)), file(mp4));
    await studio.run(id);
    await studio.run(id, POLL_MS);
    expect(studio.bucket.keys()).toEqual([]);
    expect(await studio.task(id)).toMatchObject({
      status: "pending",
      attempt: 2,
      supplierFailures: 1,
      charged: "yes",
    });
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: CLIP_USD });

    await studio.run(id, 60_000);
    expect(await studio.budget(id)).toEqual({ reserved: CLIP_USD, spent: CLIP_USD });
    await studio.run(id, POLL_MS);
    const { clips } = await studio.record(id);
    const generated = clips.filter((row) => row.taskId !== null);
    expect(generated.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toMatchObject([
      { status: "failed", replicatePredictionId: "p1", error: { code: "clip_unreadable", retryable: true } },
      { status: "completed", replicatePredictionId: "p2" },
    ]);
    expect((await studio.budget(id)).spent).toBeCloseTo(2 * CLIP_USD, 6);
  });

  test.each([
    ["generate_images", "no picture", IMAGE_USD, "images"],
    ["generate_clips", "no MP4", CLIP_USD, "clips"],
  ] as const)(
    "%s: an output that is %s is deleted, its row fails, and this model is not asked again",
    async (stage, _, usd, rows) => {
      const studio = pipeline.studio();
      const { id } = await staged(studio, stage, { settings: { imageFallbacks: [], clipFallbacks: [] } });
      studio.script.create.next(running("p1"));
      studio.script.get.next(succeeded("p1"));
      studio.script.openOutput.next(file(new TextEncoder().encode("<html>")));
      await studio.run(id);
      await studio.run(id, POLL_MS);
      expect(studio.bucket.keys()).toEqual([]);
      const error = { code: "output_form", retryable: false };
      expect(await studio.task(id)).toMatchObject({ status: "failed", charged: "yes", error });
      expect(await studio.budget(id)).toEqual({ reserved: 0, spent: usd });
      expect(await studio.run(id, 3_600_000)).toEqual([]);
      const generated = (await studio.record(id))[rows].filter((row) => row.taskId !== null);
      expect(generated).toMatchObject([{ status: "failed", replicatePredictionId: "p1", error }]);
    },
  );

  test("an output that can't be fetched now is fetched at the next poll", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    studio.script.create.next(running("p1"));
    studio.script.get.next(succeeded("p1"), succeeded("p1"));
    studio.script.openOutput.next(retry("provider_unavailable"), file(jpeg));
    await studio.run(id);
    await studio.run(id, POLL_MS);
    expect(await studio.task(id)).toMatchObject({ status: "waiting", attempt: 1 });
    await studio.run(id, 10_000);
    expect((await studio.record(id)).images).toMatchObject([{ status: "completed" }]);
    expect(await studio.budget(id)).toEqual({ reserved: 0, spent: IMAGE_USD });
  });

  test("an output for a deleted scene is paid for and not copied", async () => {
    const studio = pipeline.studio();
    const { id } = await staged(studio, "generate_images");
    studio.script.create.next(running("p1"));
    studio.script.get.next(succeeded("p1"));
    await studio.run(id);
    await studio.removeScenes(id);
    await studio.run(id, POLL_MS);
    expect((await studio.record(id)).tasks.filter((t) => t.type === "generate_images")).toMatchObject([
      { status: "succeeded" },
    ]);
    expect(studio.bucket.keys()).toEqual([]);
    expect((await studio.budget(id)).spent).toBe(IMAGE_USD);
  });
});

test("the film is assembled of the approved clips and the song, costs nothing, and shows its progress", async () => {
  const studio = pipeline.studio();
  const bytes = fixture("song.mp3");
  const song = studio.bucket.upload("song", bytes, "audio/mpeg");
  const { id, ownerId } = await staged(studio, "assemble_video", {
    scenes: 13,
    audio: { key: "song", etag: song.etag, bytes: bytes.length },
    clip: mp4,
  });
  await studio.run(id);
  const record = await studio.record(id);
  expect(record.films).toMatchObject([
    { status: "completed", frames: 1560, certificate: { frames: 1560, scenes: 13, gaps: 0, overlaps: 0 } },
  ]);
  const key = record.films[0]?.objectKey ?? "";
  expect(key).toContain(projectPrefix(ownerId, id));
  expect(await studio.bucket.head(key)).toMatchObject({ etag: record.films[0]?.etag });
  expect(record.tasks).toMatchObject([{ status: "succeeded", charged: "no" }]);
  expect(studio.calls.some((call) => call.startsWith("progress "))).toBe(true);
  expect(await studio.budget(id)).toEqual({ reserved: 0, spent: 0 });
  expect(await studio.run(id)).toEqual([]);
  expect((await studio.record(id)).project.status).toBe("completed");
});
