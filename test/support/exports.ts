/** Films to export: scenes of every kind, and random films with hostile text. */
import fc from "fast-check";
import type {
  ExportMedia,
  ExportScene,
  ExportTimeline,
} from "../../src/domain/views/exports/timeline-model.ts";

export const clip = (over: Partial<ExportMedia> = {}): ExportMedia => ({
  kind: "clip",
  url: "media/clip.mp4",
  name: "clip.mp4",
  frames: 120,
  fps: 24,
  fill: null,
  ...over,
});
export const still = (over: Partial<ExportMedia> = {}): ExportMedia =>
  clip({ kind: "still", url: "media/still.png", name: "still.png", frames: null, fps: null, ...over });
export const card = (): ExportMedia => clip({ kind: "card", url: null, name: "", frames: null, fps: null });

/** Scenes of these lengths, one after another from the first frame. */
export function scenesOf(
  ...scenes: (readonly [length: number, media: ExportMedia, over?: Partial<ExportScene>])[]
) {
  let at = 0;
  return scenes.map(([length, media, over], i): ExportScene => {
    const startFrame = at;
    at += length;
    return {
      id: `scene-${i}`,
      name: `Theme ${i}`,
      startFrame,
      endFrame: at,
      lyric: `Lyric ${i}`,
      media,
      ...over,
    };
  });
}

export function film(over: Partial<ExportTimeline> = {}): ExportTimeline {
  const scenes = over.scenes ?? scenesOf([120, clip()], [48, card()]);
  const frames = over.frames ?? scenes.at(-1)?.endFrame ?? 240;
  const fps = over.fps ?? 24;
  return {
    title: "Paper Boats",
    artist: "The Tides",
    fps,
    frames,
    width: 1280,
    height: 720,
    song: {
      name: "song.mp3",
      url: "media/song.mp3",
      sampleRate: 44_100,
      channels: 2,
      durationSeconds: frames / fps,
    },
    scenes,
    lines: [],
    ...over,
  };
}

const NASTY = [
  "-->",
  "--\u0000>",
  "]]>",
  "<!--",
  "</note></title>",
  "<script>",
  "<i>",
  "<00:00:01.000>",
  "<00:01.00>",
  "[00:01.00]",
  "[ti:x]",
  "{\\an8}",
  "&amp;",
  "&#0;",
  "\"'",
  "\r\n\r\n7\r\n00:00:00,000 --> 00:00:09,000\r\n",
  "\n\nNOTE x\n",
  "\r\n999  EVIL     V     C        00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\r\n",
  "\u0000\u0007\u001b\u007f\u0085\u009f",
  "\u2028\u2029\ufeff",
  "\u202eevil\u202c",
  "\ud800",
  "\udfff",
  "\ufffe\uffff",
  "🎤👨‍👩‍👧",
  "שלום עולם",
  "日本語の歌",
  " ",
  "1",
];

/** Text that breaks careless writers of files. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...NASTY),
      fc.string({ maxLength: 8 }),
      fc.array(fc.nat(0xffff), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join(""));

const anyFill = fc.constantFrom("stretch" as const, "hold" as const, "loop" as const, null);
const anyClip = fc.record({
  kind: fc.constant("clip" as const),
  url: fc.oneof(fc.constantFrom("media/a.mp4", "media/b.mp4?x=1&y=<2>", null), hostile),
  name: hostile,
  frames: fc.oneof(fc.nat(500), fc.constant(null)),
  fps: fc.constantFrom(24, 23.976, 25, 16, 29.97, 30, 60, 12.5, null),
  fill: anyFill,
  width: fc.constantFrom(480, 1280, null, undefined),
  height: fc.constantFrom(720, null, undefined),
});
const anyMedia = fc.oneof(
  { weight: 3, arbitrary: anyClip },
  fc.record({ url: fc.constantFrom("media/i.png", null), name: hostile }).map(still),
  fc.constant(card()),
);

/** Lines in order that don't overlap. Words are cut from the line's text; some are not in it. */
const anyLines = (frames: number) =>
  fc
    .array(fc.record({ gap: fc.nat(60), length: fc.integer({ min: 1, max: 120 }), text: hostile }), {
      maxLength: 12,
    })
    .chain((drafts) => {
      let at = 0;
      const lines = drafts.flatMap(({ gap, length, text }) => {
        const startFrame = at + gap;
        const endFrame = Math.min(startFrame + length, frames);
        at = Math.max(at, endFrame);
        return endFrame > startFrame ? [{ text, startFrame, endFrame }] : [];
      });
      return fc.tuple(
        ...lines.map((line) =>
          fc.tuple(fc.array(fc.nat(line.endFrame - line.startFrame)), hostile).map(([marks, stray]) => {
            const starts = marks.toSorted((a, b) => a - b);
            const texts = [...line.text.split(/\s+/u), stray];
            const words = texts.slice(0, starts.length).map((text, i) => ({
              text,
              startFrame: line.startFrame + (starts[i] ?? 0),
              endFrame: line.startFrame + (starts[i + 1] ?? starts[i] ?? 0),
            }));
            return { ...line, words };
          }),
        ),
      );
    });

/** Any film: complete covers, covers with gaps or overlaps, no scenes at all, all frame rates. */
export const anyFilm: fc.Arbitrary<ExportTimeline> = fc
  .record({
    files: fc.array(anyMedia, { minLength: 1, maxLength: 6 }),
    scenes: fc.array(fc.tuple(fc.integer({ min: 1, max: 400 }), fc.nat(5)), { maxLength: 12 }),
    spare: fc.oneof(fc.constant(0), fc.nat(50)),
    fps: fc.constantFrom(24, 24, 23.976, 25, 30),
    names: fc.array(fc.tuple(hostile, hostile), { minLength: 12, maxLength: 12 }),
    skew: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    channels: fc.constantFrom(1, 2, 6),
    sampleRate: fc.constantFrom(22_050, 44_100, 48_000, 96_000),
    title: hostile,
    artist: fc.oneof(hostile, fc.constant(null)),
    songName: hostile,
    missing: fc.nat(12),
    overlong: fc.nat(24),
  })
  .chain((draft) => {
    const files = draft.files.map((file, i) => ({
      ...file,
      url: file.url === null ? null : `${file.url}${i}`,
    }));
    const scenes = scenesOf(
      ...draft.scenes.map(([length, file], i) => {
        const media = files[file % files.length] ?? card();
        const [name = "", lyric = ""] = draft.names[i] ?? [];
        return [length, media, { name, lyric }] as const;
      }),
    );
    const frames = Math.max(1, (scenes.at(-1)?.endFrame ?? 0) + draft.spare);
    return anyLines(frames).map((lines) => ({
      ...film({ frames, fps: draft.fps }),
      title: draft.title,
      artist: draft.artist,
      song: {
        name: draft.songName,
        url: "media/song.mp3",
        sampleRate: draft.sampleRate,
        channels: draft.channels,
        durationSeconds: Math.max(0.01, (frames + draft.skew) / draft.fps),
      },
      scenes: scenes
        .map((scene, i) => (i === draft.overlong ? { ...scene, endFrame: scene.endFrame + 150 } : scene))
        .filter((_, i) => i !== draft.missing),
      lines,
    }));
  });
