/** Records of one project at successive moments of a random life, with every optional part there or not. */
import fc from "fast-check";
import { type Failure, type FailureCode, failure } from "../../src/domain/record/failures.ts";
import type { Job, ProjectRecord } from "../../src/domain/record/record.ts";
import { LYRICS_SOURCES, MODEL_NOTICES, STAGES } from "../../src/domain/record/record.ts";
import { World } from "./record.ts";

const AT = "2026-11-22T10:00:00.000Z";
const Text = fc.string({ maxLength: 12 });
const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null });
interface TaggedWord {
  text: string;
  startSeconds: number;
}
const Share = fc.double({ min: 0, max: 1, noNaN: true });
const Span = fc
  .tuple(fc.nat(1000), fc.integer({ min: 1, max: 100 }))
  .map(([startFrame, frames]) => ({ startFrame, endFrame: startFrame + frames }));
const Word = fc.tuple(Text, Span).map(([text, span]) => ({ text, ...span }));
const Failed = fc
  .constantFrom("outcome_unknown", "provider_refused", "canceled")
  .map((c) => failure(c, "It failed."));

/** Parts of a record that a life in memory does not bring about. */
const Parts = fc.record({
  audio: fc.record({
    title: orNull(Text),
    artist: orNull(Text),
    bitRate: fc.constantFrom(undefined, 128_000),
    embeddedLyrics: fc.option(
      fc.record({
        form: fc.constantFrom("plain" as const, "lrc" as const, "sylt" as const),
        language: orNull(Text),
        lines: fc.array(
          fc.record({ text: Text, startSeconds: orNull(fc.nat(100)), words: fc.constant<TaggedWord[]>([]) }),
          { maxLength: 3 },
        ),
      }),
    ),
    coverArt: fc.constantFrom(undefined, null, { contentType: "image/png", bytes: 9, width: 3, height: 3 }),
  }),
  lyrics: orNull(
    fc.record({
      source: fc.constantFrom(...LYRICS_SOURCES),
      language: orNull(Text),
      lines: fc.array(
        fc
          .tuple(Word, fc.array(Word, { maxLength: 2 }), orNull(Share))
          .map(([word, words, confidence]) => ({ ...word, words, confidence })),
        { maxLength: 3 },
      ),
    }),
  ),
  beat: orNull(
    fc.record({
      bpm: fc.integer({ min: 20, max: 400 }),
      offsetSeconds: fc.nat(3),
      beatsPerBar: fc.integer({ min: 1, max: 16 }),
      confidence: Share,
      source: fc.constantFrom("estimated" as const, "tapped" as const),
    }),
  ),
  pins: fc.array(
    fc.oneof(
      fc.nat(100).map((frame) => ({ kind: "cut" as const, frame })),
      Span.map((span) => ({ kind: "scene" as const, ...span })),
    ),
    { maxLength: 2 },
  ),
  notices: fc.array(fc.constantFrom(...MODEL_NOTICES), { maxLength: 2 }),
  asset: fc.record({
    status: fc.constantFrom("pending" as const, "completed" as const, "failed" as const),
    error: orNull(Failed),
    model: orNull(Text),
    bytes: orNull(fc.nat()),
    provenance: orNull(
      fc.array(
        fc.record({
          kind: fc.constantFrom("c2pa" as const, "text" as const),
          bytes: fc.nat(),
          name: orNull(Text),
          sources: fc.array(Text, { maxLength: 2 }),
          watermark: fc.constantFrom("SynthID" as const, null),
        }),
        { maxLength: 2 },
      ),
    ),
  }),
  certificate: orNull(
    fc.record({
      frames: fc.nat(),
      scenes: fc.nat(),
      gaps: fc.constant(0),
      overlaps: fc.constant(0),
      repairs: fc.array(Text),
    }),
  ),
  fill: fc.constantFrom(undefined, "hold" as const),
  failed: orNull(Failed),
  motif: fc.constantFrom(null, "vary" as const),
  text: Text,
});
type Parts = typeof Parts extends fc.Arbitrary<infer P> ? P : never;

function notice(kind: Parts["notices"][number]): ProjectRecord["project"]["modelNotices"][number] {
  const shared = { stage: STAGES[3], model: "m", message: "It was found out.", at: AT };
  if (kind === "replaced") return { ...shared, kind, by: "n" };
  if (kind === "unusable") return { ...shared, kind, outputForm: "720p" };
  return { ...shared, kind, outputForm: "720p", width: 1, height: 1 };
}

function withParts(record: ProjectRecord, parts: Parts): ProjectRecord {
  const { project, scenes, images, clips, films } = record;
  const { title, artist, bitRate, embeddedLyrics, coverArt } = parts.audio;
  const audio = project.audio && {
    ...project.audio,
    title,
    artist,
    embeddedLyrics,
    ...(bitRate === undefined ? {} : { bitRate }),
    ...(coverArt === undefined ? {} : { coverArt }),
  };
  return {
    ...record,
    project: {
      ...project,
      audio,
      lyrics: parts.lyrics,
      transcriptText: parts.lyrics && parts.text,
      beat: parts.beat,
      pins: parts.pins,
      modelNotices: parts.notices.map(notice),
    },
    scenes: scenes.map((scene) => ({ ...scene, theme: parts.text, motif: parts.motif })),
    images: images.map((image) => ({ ...image, ...parts.asset })),
    clips: clips.map((clip) => ({ ...clip, ...parts.asset })),
    films: films.map((film) => ({
      ...film,
      certificate: parts.certificate,
      warnings: [parts.text],
      error: parts.failed,
      editList: clips.map(({ id, sceneId }) => ({
        sceneId,
        clipId: id,
        startFrame: 0,
        endFrame: 24,
        ...(parts.fill === undefined ? {} : { fill: parts.fill }),
      })),
    })),
    jobs: record.jobs.map((job) => ({ ...job, error: parts.failed, result: resultOf(job, parts.failed) })),
  };
}

const resultOf = ({ id, projectId }: Job, failed: Failure | null): Job["result"] =>
  failed && {
    failed: [null, projectId].map((sceneId) => ({
      task_id: id,
      scene_id: sceneId,
      code: failed.code,
      message: failed.message,
    })),
  };

/** Made more often: what leads to a film. */
const STEPS = [
  ...Array.from({ length: 12 }, () => "work all" as const),
  "work",
  "run",
  "claim",
  "wait",
  "fail",
  "cancel",
  "retry",
  "judge",
] as const;

/** Does one thing to the project, if there is anything to do it to. */
function step(world: World, kind: (typeof STEPS)[number], at: number, code: FailureCode): void {
  const pick = <T>(rows: readonly T[]): T | undefined => rows[at % Math.max(1, rows.length)];
  const open = pick(world.open());
  const ended = pick(world.record.tasks.filter((t) => t.status === "failed" || t.status === "canceled"));
  const judged = pick([...world.record.images, ...world.record.clips]);
  if (kind === "run") world.run(pick(STAGES) ?? "transcribe");
  else if (kind === "cancel") world.cancel(pick(STAGES) ?? "transcribe");
  else if (kind === "retry" && ended) world.retry(ended.id);
  else if (kind === "judge" && judged) world.decide(judged, at % 2 === 0);
  else if (open && kind === "work") world.succeed(world.claim(open.id).id);
  else if (kind === "work all") for (const task of world.open()) world.succeed(world.claim(task.id).id);
  else if (open && kind === "claim") world.claim(open.id);
  else if (open && kind === "wait") world.wait(world.claim(open.id).id, 1_000);
  else if (open && kind === "fail") world.failTask(open.id, failure(code, "It failed."));
  world.now += 1_000;
  world.wake();
}

/** Up to 46 records of one project, in the order of time. */
export const AnyLife: fc.Arbitrary<ProjectRecord[]> = fc
  .record({
    settings: fc.record({ autoApprove: fc.boolean() }),
    song: fc.constantFrom(null, 30, 30, 30),
    steps: fc.array(
      fc.tuple(fc.constantFrom(...STEPS), fc.nat(20), fc.constantFrom("outcome_unknown", "canceled")),
      {
        minLength: 1,
        maxLength: 39,
        size: "max",
      },
    ),
    parts: fc.array(Parts, { minLength: 1, maxLength: 3 }),
  })
  .map(({ settings, song, steps, parts }) => {
    const world = new World(settings, song);
    const records: ProjectRecord[] = [];
    const note = () => {
      const now = structuredClone({ ...world.record, readAt: new Date(world.now) });
      const part = parts[records.length % parts.length];
      records.push(part ? withParts(now, part) : now);
    };
    note();
    world.run("assemble_video");
    for (const [kind, at, code] of steps) {
      step(world, kind, at, code);
      note();
    }
    // Whatever happened before, most lives end with a film.
    world.run("assemble_video");
    for (let i = 0; i < 6; i++) {
      world.approveAll();
      step(world, "work all", 0, "canceled");
      note();
    }
    return records;
  });
