/**
 * A project with everything in it, as the pipeline writes it. Internal values have the word "secret" in them.
 */
import type { Db } from "../../src/db/client.ts";
import {
  finalVideos,
  generatedImages,
  jobs,
  owners,
  projects,
  scenePrompts,
  selectedScenes,
  tasks,
  userApprovals,
  videoClips,
} from "../../src/db/schema.ts";
import { requestOf } from "../../src/domain/controller/run-request.ts";
import { failure } from "../../src/domain/record/failures.ts";
import { uuidv7 } from "../../src/domain/record/ids.ts";
import type { Audio } from "../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../../src/domain/settings.ts";

const newId = () => uuidv7(Date.now());

export const AUDIO: Audio = {
  key: "secret/song.mp3",
  etag: "secret-etag-song",
  format: "mp3",
  codec: "mp3",
  contentType: "audio/mpeg",
  bytes: 1_000_000,
  durationSeconds: 10,
  sampleRate: 44_100,
  channels: 2,
  title: "Night Drive",
  artist: null,
};

export async function insertStory(db: Db, ownerId: string, scenes = 2) {
  const id = newId();
  const word = { text: "home", startFrame: 24, endFrame: 36 };
  const rows = Array.from({ length: scenes }, (_, i) => {
    const ids = {
      scene: newId(),
      prompt: newId(),
      image: newId(),
      clip: newId(),
      imageApproval: newId(),
      clipApproval: newId(),
    };
    const asset = (kind: string) => ({
      projectId: id,
      sceneId: ids.scene,
      taskId: null,
      status: "completed" as const,
      objectKey: `secret/${kind}-${i}`,
      etag: `secret-etag-${kind}-${i}`,
      bytes: 1000,
      contentType: kind === "image" ? "image/jpeg" : "video/mp4",
      width: 1280,
      height: 720,
      model: "some/model",
      inputHash: `secret-hash-${kind}-${i}`,
      replicatePredictionId: `secret-prediction-${kind}-${i}`,
    });
    return {
      ids,
      scene: {
        id: ids.scene,
        projectId: id,
        orderIdx: i,
        startFrame: i * 120,
        endFrame: (i + 1) * 120,
        lyricExcerpt: "home again",
        theme: "arrival",
        aiReasoning: "the chorus begins",
        energy: 0.5,
        origin: "planned" as const,
        inputHash: "secret-hash-scene",
      },
      prompt: {
        id: ids.prompt,
        projectId: id,
        sceneId: ids.scene,
        version: 1,
        imagePrompt: "a road at night",
        motionPrompt: "slow push in",
        negativePrompt: "text",
        styleNotes: "grain",
        setting: "a road",
        shotType: "wide",
        mood: "calm",
        palette: ["#102030"],
        generatedByModel: "some/model",
        inputHash: "secret-hash-prompt",
      },
      image: {
        ...asset("image"),
        id: ids.image,
        promptId: ids.prompt,
        origin: "generated" as const,
      },
      clip: {
        ...asset("clip"),
        id: ids.clip,
        imageId: ids.image,
        frames: 121,
        fps: 24,
        codec: "avc1.640020",
        decoderConfig: "secret-config",
      },
      approvals: [
        { id: ids.imageApproval, imageId: ids.image, clipId: null },
        { id: ids.clipApproval, imageId: null, clipId: ids.clip },
      ].map((a) => ({
        ...a,
        projectId: id,
        sceneId: ids.scene,
        approved: true,
        subjectHash: "secret-subject",
      })),
    };
  });
  const filmId = newId();
  const jobId = newId();
  const taskId = newId();
  const error = failure("provider_invalid_request", "It was refused.");
  await db.batch([
    db.insert(owners).values({ id: ownerId }).onConflictDoNothing(),
    db.insert(projects).values({
      id,
      ownerId,
      name: "Night Drive",
      status: "completed",
      settings: DEFAULT_SETTINGS,
      targetStage: "assemble_video",
      runRequest: requestOf(
        { name: "Night Drive", settings: DEFAULT_SETTINGS, pins: [], beat: null, audio: AUDIO },
        [],
        { target: "assemble_video", at: new Date("2026-11-22T10:00:00Z") },
      ),
      audio: AUDIO,
      lyrics: {
        source: "transcribed",
        language: "en",
        lines: [{ ...word, words: [word], confidence: 0.9 }],
      },
      lyricsHash: "secret-hash-lyrics",
      transcriptText: "home",
    }),
    db.insert(selectedScenes).values(rows.map((r) => r.scene)),
    db.insert(scenePrompts).values(rows.map((r) => r.prompt)),
    db.insert(generatedImages).values(rows.map((r) => r.image)),
    db.insert(videoClips).values(rows.map((r) => r.clip)),
    db.insert(userApprovals).values(rows.flatMap((r) => r.approvals)),
    db.insert(finalVideos).values({
      id: filmId,
      projectId: id,
      status: "completed",
      objectKey: "secret/film.mp4",
      etag: "secret-etag-film",
      bytes: 5000,
      durationSeconds: 10,
      frames: 240,
      width: 1280,
      height: 720,
      editList: rows.map((r) => ({
        sceneId: r.ids.scene,
        clipId: r.ids.clip,
        startFrame: r.scene.startFrame,
        endFrame: r.scene.endFrame,
      })),
      certificate: { frames: 240, scenes, gaps: 0, overlaps: 0, repairs: [] },
      inputHash: "secret-hash-film",
    }),
    db.insert(jobs).values({
      id: jobId,
      projectId: id,
      type: "generate_images",
      status: "failed",
      progress: 50,
      payload: { tasks: { total: 2, succeeded: 1, failed: 1 }, secret: "secret-payload" },
      error,
      startedAt: new Date(),
      finishedAt: new Date(),
    }),
    db.insert(tasks).values({
      id: taskId,
      jobId,
      projectId: id,
      type: "generate_images",
      subject: rows[0]?.ids.scene ?? id,
      status: "failed",
      runAfter: new Date(),
      inputHash: "secret-hash-task",
      providerRequestId: "secret-prediction",
      error,
    }),
  ]);
  return { id, filmId, jobId, taskId, scenes: rows.map((r) => r.ids) };
}
