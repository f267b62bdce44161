import { expect, test } from "vitest";
import { failure } from "../../../../src/domain/record/failures.ts";
import type { Clip, Job, Project } from "../../../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../../../../src/domain/settings.ts";
import {
  clipView,
  jobView,
  projectView,
  sceneView,
  songLyricsView,
  taskView,
} from "../../../../src/domain/views/views.ts";
import { taskOf } from "../../../support/record.ts";
import { AUDIO } from "../../../support/story.ts";

const at = new Date("2026-11-22T17:30:00.123Z");

const project: Project = {
  id: "p",
  ownerId: "secret-owner",
  name: "Night Drive",
  status: "ready",
  settings: DEFAULT_SETTINGS,
  targetStage: null,
  runNumber: 1,
  runRequest: null,
  modelNotices: [],
  audio: AUDIO,
  lyrics: null,
  lyricsHash: "secret-hash",
  transcriptText: null,
  partialTranscription: null,
  beat: null,
  pins: [],
  proposal: null,
  coverCertificate: null,
  retiming: null,
  reservedUsd: 1,
  spentUsd: 2,
  version: 3,
  createdAt: at,
  updatedAt: at,
};

test("a project shows its song in frames, its times as ISO 8601, and nothing internal", () => {
  const view = projectView(project);
  expect(view.audio).toMatchObject({ frames: 240, duration_seconds: 10 });
  expect(view.created_at).toBe("2026-11-22T17:30:00.123Z");
  expect(JSON.stringify(view)).not.toContain("secret");
});

test("lines and words of lyrics have frames and seconds", () => {
  const word = { text: "home", startFrame: 8, endFrame: 36 };
  const line = { ...word, words: [word], confidence: null };
  const { lines } = songLyricsView({
    ...project,
    lyrics: { source: "transcribed", language: "en", lines: [line] },
  });
  const seen = { text: "home", start_frame: 8, end_frame: 36, start_seconds: 0.333333, end_seconds: 1.5 };
  expect(lines).toEqual([{ ...seen, words: [seen], confidence: null }]);
});

test("scenes that meet in frames meet in seconds", () => {
  const scene = {
    id: "s",
    projectId: "p",
    orderIdx: 0,
    lyricExcerpt: "",
    theme: "",
    aiReasoning: "",
    energy: 0,
    origin: "planned" as const,
    motif: null,
    inputHash: "h",
    version: 1,
    createdAt: at,
  };
  const first = sceneView({ ...scene, startFrame: 0, endFrame: 101 }, 24);
  const second = sceneView({ ...scene, startFrame: 101, endFrame: 200 }, 24);
  expect(first.end_seconds).toBe(second.start_seconds);
});

test("a clip's length is that of its own frames; none while it is pending", () => {
  const clip: Clip = {
    id: "c",
    projectId: "p",
    sceneId: "s",
    taskId: null,
    status: "completed",
    objectKey: "secret",
    etag: "secret",
    bytes: 1,
    contentType: "video/mp4",
    width: 1,
    height: 1,
    model: null,
    inputHash: "secret",
    replicatePredictionId: "secret",
    provenance: null,
    error: null,
    createdAt: at,
    imageId: "i",
    frames: 121,
    fps: 24,
    codec: "secret",
    decoderConfig: "secret",
  };
  expect(clipView(clip).duration_seconds).toBe(5.041667);
  expect(clipView({ ...clip, frames: null, fps: null }).duration_seconds).toBeNull();
  expect(JSON.stringify(clipView(clip))).not.toContain("secret");
});

const job: Job = {
  id: "j",
  projectId: "p",
  type: "transcribe",
  status: "pending",
  progress: 0,
  payload: {},
  result: null,
  error: null,
  createdAt: at,
  startedAt: null,
  finishedAt: null,
};

test.each([{}, { tasks: null }, { tasks: { total: "3" } }, { tasks: [] }])(
  "a job whose payload is %j counts no tasks",
  (payload) => {
    expect(jobView({ ...job, payload }).tasks).toEqual({ total: 0, succeeded: 0, failed: 0 });
  },
);

test("a job shows its counts of tasks and nothing else of its payload", () => {
  const tasks = { total: 3, succeeded: 1, failed: 1 };
  const view = jobView({ ...job, payload: { tasks: { ...tasks, secret: 1 }, secret: 1 } });
  expect(view.tasks).toEqual(tasks);
  expect(JSON.stringify(view)).not.toContain("secret");
});

const LISTED = { task_id: "t", scene_id: null, code: "provider_refused", message: "It was refused." };

test("a job lists the tasks that failed by codes of the catalogue, and nothing else of its result", () => {
  const result = {
    failed: [
      { ...LISTED, secret: 1 },
      { ...LISTED, scene_id: "s", code: "code_of_2031" },
      { ...LISTED, code: null, message: null },
    ],
    secret: 1,
  };
  expect(jobView({ ...job, result }).result).toEqual({
    failed: [
      LISTED,
      { ...LISTED, scene_id: "s", code: "other" },
      { ...LISTED, code: "other", message: "It failed." },
    ],
  });
});

test.each([{}, { failed: "3" }, { failed: [{ task_id: 3 }] }])(
  "a job whose result is %j shows none",
  (result) => {
    expect(jobView({ ...job, result }).result).toBeNull();
  },
);

test("a task shows its provider and model, its cost and how its attempts ended, and nothing internal", () => {
  const attempt = {
    attempt: 1,
    at: at.toISOString(),
    provider: "replicate",
    model: "some/model",
    code: "provider_unavailable" as const,
    message: "It is down.",
    charged: "no" as const,
  };
  const view = taskView(
    taskOf(at, {
      attempt: 4,
      supplierFailures: 1,
      supplierIndex: 1,
      model: "other/model",
      costChargedUsd: 0.2,
      failedAttempts: [attempt],
      inputHash: "secret",
      claimId: "secret",
      providerRequestId: "secret",
    }),
  );
  expect(view).toMatchObject({
    attempt: 4,
    provider: "replicate",
    model: "other/model",
    cost_estimated_usd: 0.5,
    cost_charged_usd: 0.2,
    failed_attempts: [attempt],
  });
  expect(JSON.stringify(view)).not.toContain("secret");
});

test("a task is of a scene, or of the whole song", () => {
  expect(taskView(taskOf(at, { subject: "s", projectId: "p" })).scene_id).toBe("s");
  expect(taskView(taskOf(at, { subject: "p", projectId: "p" })).scene_id).toBeNull();
});

test("a task whose outcome is unknown needs a decision, until the person has made it", () => {
  const unknown = { status: "failed" as const, error: failure("outcome_unknown", "Nobody knows.") };
  expect(taskView(taskOf(at, unknown)).needs_decision).toBe(true);
  expect(taskView(taskOf(at, { ...unknown, retriedAt: at })).needs_decision).toBe(false);
  expect(taskView(taskOf(at, { ...unknown, error: failure("worker_lost", "X.") })).needs_decision).toBe(
    false,
  );
  expect(taskView(taskOf(at, { ...unknown, status: "pending" })).needs_decision).toBe(false);
});
