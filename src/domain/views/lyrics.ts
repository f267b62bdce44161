/** The lyrics of a project's song as the API shows them: the resource, the feed's entity, the timeline's part. */
import type { EmbeddedLyrics, Lyrics, LyricWord, Project } from "../record/record.ts";
import { span } from "./common.ts";

const wordView = (word: LyricWord, fps: number) => ({ text: word.text, ...span(word, fps) });

export const lyricsView = (lyrics: Lyrics, fps: number) => ({
  source: lyrics.source,
  language: lyrics.language,
  lines: lyrics.lines.map((line) => ({
    ...wordView(line, fps),
    words: line.words.map((word) => wordView(word, fps)),
    confidence: line.confidence,
  })),
});

/** What a project shows of the lyrics in its file's tags: all but their text. */
export const embeddedView = (embedded: EmbeddedLyrics) => ({
  form: embedded.form,
  language: embedded.language,
  timed: embedded.lines.some((line) => line.startSeconds !== null),
});

type LyricsOfProject = Pick<Project, "id" | "settings" | "audio" | "lyrics" | "transcriptText">;

/** Whether the project has lyrics to show: its song's, or at least those in the file's tags. */
export const hasLyrics = ({ lyrics, audio }: Pick<Project, "lyrics" | "audio">): boolean =>
  lyrics !== null || Boolean(audio?.embeddedLyrics);

/** `source` is null, and there are no lines, while only the file's tags have lyrics. */
export function songLyricsView({ id, settings, audio, lyrics, transcriptText }: LyricsOfProject) {
  const embedded = audio?.embeddedLyrics ?? null;
  const shown = lyrics && lyricsView(lyrics, settings.fps);
  return {
    id,
    project_id: id,
    source: shown?.source ?? null,
    language: shown?.language ?? null,
    lines: shown?.lines ?? [],
    text: transcriptText ?? "",
    embedded: embedded && {
      ...embeddedView(embedded),
      text: embedded.lines.map((line) => line.text).join("\n"),
    },
  };
}

type SongLyricsView = ReturnType<typeof songLyricsView>;
interface FeedLyricsView extends Omit<SongLyricsView, "lines" | "text" | "embedded"> {
  lines: SongLyricsView["lines"] | null;
  text: string | null;
  embedded: (Omit<NonNullable<SongLyricsView["embedded"]>, "text"> & { text: string | null }) | null;
}

/**
 * The most characters, and the most lines and words together, that lyrics have in the feed. SQLite in a
 * Durable Object stores values of at most 2 MB
 * (developers.cloudflare.com/durable-objects/platform/limits), and tags may hold more than that. As JSON a
 * character takes at most 6 bytes, and the other members of a line or word at most 155.
 */
export const MAX_FEED_LYRICS = { characters: 130_000, parts: 7_500 };

/** The lyrics as the feed publishes them: all texts are null where they are too long for it. */
export function feedLyricsView(project: LyricsOfProject): FeedLyricsView {
  if (fitFeed(project)) return songLyricsView(project);
  const view = songLyricsView({ ...project, lyrics: project.lyrics && { ...project.lyrics, lines: [] } });
  return { ...view, lines: null, text: null, embedded: view.embedded && { ...view.embedded, text: null } };
}

function fitFeed({ lyrics, audio, transcriptText }: LyricsOfProject): boolean {
  const parts = lyrics?.lines.flatMap((line) => [line, ...line.words]) ?? [];
  const texts = [...parts, ...(audio?.embeddedLyrics?.lines ?? [])].map((part) => part.text.length + 1);
  const characters = texts.reduce((sum, length) => sum + length, transcriptText?.length ?? 0);
  return parts.length <= MAX_FEED_LYRICS.parts && characters <= MAX_FEED_LYRICS.characters;
}
