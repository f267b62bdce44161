import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { generatedImages, scenePrompts, videoClips } from "../../../src/db/schema.ts";
import { currentOf } from "../../../src/domain/controller/current.ts";
import { clipSeconds, promptInputs } from "../../../src/domain/controller/inputs.ts";
import type { Audio } from "../../../src/domain/record/record.ts";
import { DEFAULT_SETTINGS } from "../../../src/domain/settings.ts";
import { timelineOf } from "../../../src/domain/timeline.ts";
import { draft } from "../../support/answers.ts";
import { fixture } from "../../support/media.ts";
import { openPipeline, type Pipeline, type Studio } from "../../support/pipeline.ts";
import { ok } from "../../support/providers.ts";
import { songOf } from "../../support/record.ts";

let pipeline: Pipeline;
beforeAll(async () => {
  pipeline = await openPipeline();
});
afterAll(() => pipeline.close());

const FPS = 24;
/** A transcript with a line every four seconds from `from` on, and a word every half second. */
function heard(texts: readonly string[], from = 0) {
  const lines = texts.map((text, i) => {
    const start = from + i * 4;
    return { text, start, end: start + 3.5, noSpeech: 0.1, confidence: 0.9 };
  });
  return {
    text: texts.join(" "),
    language: "en",
    durationSeconds: null,
    segments: lines,
    words: lines.flatMap(({ text, start }) =>
      text.split(" ").map((word, i) => ({ text: word, start: start + i / 2, end: start + i / 2 + 0.4 })),
    ),
  };
}
const LINES = [
  "neon rain upon the glass tonight",
  "every mirror holds another light",
  "I was driving with no place to be",
  "all the rivers running down to sea",
  "hold the morning till it breaks apart",
  "keep the engine closer than my heart",
];

/** A project whose song has this length in seconds; its providers answer every call, and count them. */
async function project(studio: Studio, seconds: number, settings: object = {}) {
  const { deps, script, bucket } = studio;
  const ownerId = `owner-${deps.newId()}`;
  const id = deps.newId();
  await deps.store.createProject({
    id,
    ownerId,
    name: "Night Drive",
    settings: { ...DEFAULT_SETTINGS, autoApprove: true, ...settings },
  });
  const attach = (audio: Audio, keepScenes: boolean) => {
    // Equal bytes are equal songs: each song has different bytes after the last frame.
    const bytes = new Uint8Array([...fixture("audio/cbr.mp3"), ...new TextEncoder().encode(audio.etag)]);
    const { key, etag } = bucket.upload(`song-${deps.newId()}`, bytes, "audio/mpeg");
    const song = { ...audio, key, etag, bytes: bytes.length };
    return deps.store.attachAudio({ ownerId, projectId: id }, { audio: song, keepScenes });
  };
  script.proposeScenes.always(() =>
    ok(
      {
        model: "director",
        scenes: LINES.map((line, i) => ({
          firstLine: i,
          lastLine: i,
          theme: `theme of ${line}`,
          reasoning: "",
          energy: 0.5,
        })),
      },
      0.01,
    ),
  );
  return { id, ownerId, attach, song: songOf(seconds, `song-${seconds}`) };
}

/** Scenes planned for a song with this transcript. */
async function planned(studio: Studio, seconds: number, settings: object = {}) {
  const made = await project(studio, seconds, settings);
  await made.attach(made.song, false);
  studio.script.transcribe.next(ok(heard(LINES), 0.01));
  await studio.person(made).run("analyze_scenes");
  await studio.run(made.id);
  await studio.run(made.id);
  return made;
}
const scenesOf = async (studio: Studio, id: string) =>
  (await studio.record(id)).scenes.toSorted((a, b) => a.orderIdx - b.orderIdx);

describe("another recording of the song", () => {
  test("with silence before it moves every scene by as much, and no provider is called", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24);
    const before = await scenesOf(studio, made.id);
    expect(before.length).toBeGreaterThan(3);
    await made.attach(songOf(26, "other-mix"), true);
    await studio.askAgain(made.id);
    studio.script.transcribe.next(ok(heard(LINES, 2), 0.01));
    await studio.run(made.id);
    await studio.run(made.id);
    const after = await scenesOf(studio, made.id);
    expect(studio.script.proposeScenes.calls).toHaveLength(1);
    expect(after.map((s) => s.id)).toEqual(before.map((s) => s.id));
    expect(after.at(-1)?.endFrame).toBe(26 * FPS);
    for (const [i, scene] of after.entries())
      if (i > 0) expect(Math.abs(scene.startFrame - (before[i]?.startFrame ?? 0) - 2 * FPS)).toBeLessThan(6);
    const { project: row } = await studio.record(made.id);
    expect(row.retiming).toBeNull();
    expect(await studio.run(made.id)).toEqual([]);
  });

  test("keeps what the scenes have, and lists only those whose clips are too short now", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24);
    const { deps } = studio;
    const before = await scenesOf(studio, made.id);
    await give(studio, made.id);
    expect((await timeline(studio, made.id)).map((s) => s.missing)).toEqual(before.map(() => null));
    // A longer pause after the third line.
    const longer = heard(LINES);
    const moved = (t: number) => (t >= 12 ? t + 3 : t);
    const shift = <T extends { start: number; end: number }>(t: T) => ({
      ...t,
      start: moved(t.start),
      end: moved(t.end),
    });
    await made.attach(songOf(27, "longer"), true);
    studio.script.transcribe.next(
      ok({ ...longer, segments: longer.segments.map(shift), words: longer.words.map(shift) }, 0.01),
    );
    await deps.store.requestRun({ ownerId: made.ownerId, projectId: made.id }, "analyze_scenes");
    await studio.run(made.id);
    await studio.run(made.id);
    const after = await timeline(studio, made.id);
    expect(after.filter((s) => s.missing === null).length).toBeGreaterThan(before.length - 3);
    for (const scene of after) {
      const old = before.find((s) => s.id === scene.scene?.id);
      if (scene.regenerateReason) expect(scene.regenerateReason).toBe("too_short");
      if (old && scene.shown.kind === "clip")
        expect((scene.shown.clip.frames ?? 0) / FPS).toBeGreaterThanOrEqual(
          (scene.endFrame - scene.startFrame) / FPS - 0.03,
        );
    }
    const approvals = (await studio.record(made.id)).approvals;
    expect(approvals.filter((a) => a.voidedAt).length).toBeLessThanOrEqual(2);
  });

  test("that replaces another one before it was transcribed follows the first song", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24);
    const before = await scenesOf(studio, made.id);
    await made.attach(songOf(25, "second"), true);
    await made.attach(songOf(24, "third"), true);
    await studio.askAgain(made.id);
    studio.script.transcribe.next(ok(heard(LINES), 0.01));
    await studio.run(made.id);
    await studio.run(made.id);
    const after = await scenesOf(studio, made.id);
    expect(after.map((s) => [s.id, s.startFrame])).toEqual(before.map((s) => [s.id, s.startFrame]));
  });

  test("without `keepScenes` is another song: its scenes are planned again", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24);
    const before = await scenesOf(studio, made.id);
    await made.attach(songOf(24, "another"), false);
    await studio.askAgain(made.id);
    studio.script.transcribe.next(ok(heard([...LINES].reverse()), 0.01));
    await studio.run(made.id);
    await studio.run(made.id);
    const after = await scenesOf(studio, made.id);
    expect(studio.script.proposeScenes.calls).toHaveLength(2);
    expect(after.map((s) => s.id).filter((id) => before.some((s) => s.id === id))).toEqual([]);
  });
});

describe("cutting again", () => {
  test("stores a cover certificate, with what had to be changed of the proposal", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24, { scenes: { minSeconds: 6, maxSeconds: 9 } });
    const { project: row, scenes } = await studio.record(made.id);
    expect(row.coverCertificate).toMatchObject({
      frames: 24 * FPS,
      scenes: scenes.length,
      gaps: 0,
      overlaps: 0,
    });
    expect(row.coverCertificate?.repairs).not.toEqual([]);
  });

  test("keeps a pinned cut, the director's proposal and every scene that does not change", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24, { scenes: { minSeconds: 3, maxSeconds: 9 } });
    const before = await scenesOf(studio, made.id);
    const middle = before[2];
    if (!middle) throw new Error("too few scenes");
    const frame = middle.startFrame - 5;
    const whose = { ownerId: made.ownerId, projectId: made.id };
    await studio.deps.store.editProject(whose, { pins: [{ kind: "cut", frame }], expected: null });
    await studio.askAgain(made.id);
    const spent = (await studio.record(made.id)).project.spentUsd;
    await studio.run(made.id);
    const after = await scenesOf(studio, made.id);
    expect(after.some((s) => s.startFrame === frame)).toBe(true);
    expect(after.map((s) => s.id)).toEqual(before.map((s) => s.id));
    expect(studio.script.proposeScenes.calls).toHaveLength(1);
    expect((await studio.record(made.id)).project.spentUsd).toBe(spent);
  });

  test("with pins that contradict each other fails before the director is asked, and says what to do", async () => {
    const studio = pipeline.studio();
    const made = await project(studio, 24);
    await made.attach(made.song, false);
    const whose = { ownerId: made.ownerId, projectId: made.id };
    const pins = [100, 103].map((frame) => ({ kind: "cut" as const, frame }));
    await studio.deps.store.editProject(whose, { pins, expected: null });
    studio.script.transcribe.next(ok(heard(LINES), 0.01));
    await studio.person(made).run("analyze_scenes");
    await studio.run(made.id);
    await studio.run(made.id);
    const [task] = await studio.tasksOf(made.id, "analyze_scenes");
    expect(task).toMatchObject({ status: "failed", charged: "no", error: { code: "cover_impossible" } });
    expect(task?.error?.nextAction).toBeTruthy();
    expect(studio.script.proposeScenes.calls).toHaveLength(0);
  });

  test("to a tapped beat puts the cuts on the beat where the words allow it", async () => {
    const studio = pipeline.studio();
    const made = await planned(studio, 24);
    const beat = { bpm: 60, offsetSeconds: 0, beatsPerBar: 4, confidence: 1, source: "tapped" as const };
    const whose = { ownerId: made.ownerId, projectId: made.id };
    await studio.deps.store.editProject(whose, { beat, expected: null });
    await studio.run(made.id);
    const cuts = (await scenesOf(studio, made.id)).slice(1).map((s) => s.startFrame);
    expect(cuts.filter((frame) => frame % FPS === 0).length).toBeGreaterThanOrEqual(cuts.length - 1);
    expect((await studio.record(made.id)).project.beat).toEqual(beat);
    expect(studio.script.proposeScenes.calls).toHaveLength(1);
  });
});

describe("the words of the song", () => {
  test("are taken from the file where the person says so, for nothing", async () => {
    const studio = pipeline.studio();
    const made = await project(studio, 24, { embeddedLyrics: true });
    const lines = LINES.map((text, i) => ({ text, startSeconds: i * 4, words: [] }));
    await made.attach({ ...made.song, embeddedLyrics: { form: "lrc", language: "en", lines } }, false);
    await studio.person(made).run("transcribe");
    await studio.run(made.id);
    const { project: row } = await studio.record(made.id);
    expect(row.lyrics?.source).toBe("embedded");
    expect(row.lyrics?.lines.map((l) => [l.text, l.startFrame])).toEqual(
      LINES.map((text, i) => [text, i * 4 * FPS]),
    );
    expect([studio.script.transcribe.calls.length, row.spentUsd]).toEqual([0, 0]);
  });

  test("of a song in parts are bought part by part, each once, and joined", async () => {
    const studio = pipeline.studio();
    const made = await project(studio, 24);
    await made.attach(made.song, false);
    const part = (startSeconds: number, endSeconds: number, last: boolean) => ({
      ok: true as const,
      part: {
        bytes: new Uint8Array(1),
        filename: "a.mp3",
        contentType: "audio/mpeg",
        startSeconds,
        endSeconds,
        last,
      },
    });
    const asked: number[] = [];
    studio.deps.media = {
      ...studio.deps.media,
      nextPart: async (_file, _audio, after) => {
        asked.push(after);
        return after === 0 ? part(0, 12, false) : part(12, 24, true);
      },
    };
    studio.script.transcribe.next(ok(heard(LINES.slice(0, 3)), 0.01));
    await studio.person(made).run("transcribe");
    await studio.run(made.id);
    expect((await studio.record(made.id)).project.lyrics).toBeNull();
    expect((await studio.task(made.id)).status).toBe("pending");
    studio.script.transcribe.next(ok(heard(LINES.slice(3)), 0.02));
    await studio.run(made.id);
    const { project: row } = await studio.record(made.id);
    expect(asked).toEqual([0, 12]);
    expect(row.lyrics?.lines.map((l) => [l.text, l.startFrame])).toEqual(
      LINES.map((text, i) => [text, i * 4 * FPS]),
    );
    expect(row.partialTranscription).toBeNull();
    expect(row.spentUsd).toBeCloseTo(0.03, 9);
    expect(await studio.budget(made.id)).toMatchObject({ reserved: 0 });
  });
});

const timeline = async (studio: Studio, id: string) => timelineOf(await studio.record(id))?.scenes ?? [];

/** Adds prompt, image and clip to every scene, as the stages write them. */
async function give({ db, deps, record }: Studio, projectId: string): Promise<void> {
  const { newId, now } = deps;
  const row = () => ({ id: newId(), projectId, createdAt: now() });
  const bytes = { status: "completed" as const, objectKey: "key", etag: "etag", bytes: 1 };
  for (const { scene } of currentOf(await record(projectId)).scenes)
    await db.insert(scenePrompts).values({
      ...row(),
      ...draft,
      sceneId: scene.id,
      version: 1,
      inputHash: promptInputs((await record(projectId)).project, scene),
    });
  for (const { scene, imageHash } of currentOf(await record(projectId)).scenes)
    await db.insert(generatedImages).values({
      ...row(),
      ...bytes,
      sceneId: scene.id,
      origin: "generated",
      inputHash: imageHash ?? "",
    });
  const { project: own } = await record(projectId);
  for (const { scene, image, clipHash, framesToBuy } of currentOf(await record(projectId)).scenes)
    await db.insert(videoClips).values({
      ...row(),
      ...bytes,
      sceneId: scene.id,
      imageId: image?.id ?? "",
      frames: (clipSeconds(own, framesToBuy) ?? 0) * FPS,
      fps: FPS,
      inputHash: clipHash ?? "",
    });
}
