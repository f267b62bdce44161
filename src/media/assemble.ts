/** The film: clips joined by packet copy, trimmed at frame accuracy, with the song laid under them. */
import type { EditListEntry, Failure, Fill } from "../domain/record/record.ts";
import type { MultipartUpload, StoredObject } from "../storage/port.ts";
import type { CodecModules } from "./codecs/modules.ts";
import { clipSound, type SilentScene } from "./film/clip-audio.ts";
import type { OtherIndex } from "./film/film-file.ts";
import { type FilmEdit, planCuts } from "./film/plan-cuts.ts";
import { songSound, UnreadableSong } from "./film/song-track.ts";
import { aacSound, originalSound } from "./film/sound.ts";
import { type Caption, type Chapter, captionTexts, chapterTexts } from "./film/text-track.ts";
import { type FilmPlan, writeFilm } from "./film/write-film.ts";
import { clock } from "./lib/clock.ts";
import { refusal, vanished } from "./lib/failures.ts";
import { type MediaFile, reading, SourceGone } from "./lib/source.ts";
import { openSong } from "./song/open-song.ts";

export interface FilmInput {
  song: MediaFile;
  /** In film order, tiling it from frame 0 to the last. */
  edits: readonly FilmEdit[];
  /** Frames per second that the edits count in. */
  fps: number;
  tags: { title: string | null; artist: string | null };
  /** How clips that are shorter than their scenes last; null: the film is refused. A scene's own choice goes first. */
  fill?: Fill | null;
  /** The song's: AAC, made where it is none yet (the default), or as it came. */
  sound?: "aac" | "original";
  /** The clips' sound: left out, or kept as a second track, off until asked for. */
  clipAudio?: "drop" | "track";
  /** For players' menus; each lasts until the next. */
  chapters?: readonly Chapter[];
  /** A text track, off until asked for. */
  captions?: readonly Caption[];
  /** Of song and captions, as ISO 639-1 or a tag that begins so. */
  language?: string | null;
  /** The cover: a JPEG or PNG of 2 MB at most; any other is left out. */
  poster?: Uint8Array | null;
  /** Begins the upload; called once the film is known to fit together. Aborted where writing fails. */
  upload(): Promise<MultipartUpload>;
  /** Share of the film that is written, from 0 to 1. */
  onProgress?(fraction: number): void;
}

interface FilmFacts {
  object: StoredObject;
  /** The same film without edit lists; null where its sound would be too far off. */
  withoutEdits: OtherIndex | null;
  bytes: number;
  frames: number;
  durationSeconds: number;
  width: number;
  height: number;
  editList: EditListEntry[];
  /** Scenes whose clip has sound that the asked-for track does not have, and why. */
  silentScenes: SilentScene[];
  /** Sentences on where it may not play. */
  notes: string[];
}
export type Assembly = ({ ok: true } & FilmFacts) | { ok: false; failure: Failure };

const noSound = () => refusal("song_unreadable", "The song's sound can't be read.", "Upload the song again.");

/** Far more than times are rounded by, and than a film can be longer than its song. */
const EARLY_SECONDS = 0.5;

/** A damaged song can be shorter than it was measured. */
const endNotes = (songSeconds: number, filmSeconds: number): string[] =>
  songSeconds > filmSeconds - EARLY_SECONDS
    ? []
    : [
        `The song's sound ends at ${clock(songSeconds)} of ${clock(filmSeconds)}: its file is damaged there. Export the song again and upload it.`,
      ];

const SETS_DIFFER =
  "The clips have different H.264 settings, so the film is coded as avc3: browsers play it, but some of Apple's software may not. Clips of one model mostly have the same settings.";

/** Writes into an upload of its own; a file that vanished meanwhile is a value, and whatever fails aborts it. */
async function writeOrAbort(film: FilmInput, plan: FilmPlan) {
  const upload = await film.upload();
  try {
    return { ok: true as const, ...(await writeFilm(plan, upload, film.onProgress)) };
  } catch (error) {
    // The first failure is the one to tell; parts that stay behind expire in the bucket.
    await upload.abort().catch(() => undefined);
    const isGone = (file: MediaFile) => file.trouble() instanceof SourceGone;
    if (isGone(film.song)) return vanished("The song");
    const scene = film.edits.findIndex((edit) => isGone(edit.file));
    if (scene >= 0) return vanished(`The clip of scene ${scene + 1}`);
    if (error instanceof UnreadableSong) return noSound();
    throw error;
  }
}

/**
 * Joins the clips and the song into one MP4 with its index in front. Pictures and sound are the
 * packets that came in; only uncompressed sound is packed, without loss (see sound.ts). The pictures
 * last exactly the frames of the edit list; a clip of another frame rate keeps its own times within
 * its scene.
 * Memory stays bounded: two parts of the upload, two ranges of clips, and a few blocks of the song.
 *
 * Refusals, each before the upload begins and naming scenes from 1: `cover_broken`, `clip_unreadable`,
 * `output_form`, `clip_too_short`, `clip_size_differs`, `clip_codec_differs`; `song_unreadable` and
 * `media_gone` at any time. What the bucket throws is thrown.
 */
export async function assembleFilm(film: FilmInput, codecs: CodecModules): Promise<Assembly> {
  const { edits, fps } = film;
  const planned = await planCuts(edits, fps, film.fill ?? null);
  if (!planned.ok) return planned;
  const { cuts } = planned;
  const song = await reading(film.song, () => openSong(film.song));
  if (!song.ok && song.cause === "gone") return vanished("The song");
  if (!song.ok || !song.value) return noSound();
  const { input, layout } = song.value;
  const frames = edits.at(-1)?.endFrame ?? 0;
  try {
    const opened = await reading(film.song, async () => {
      const track = await input.getPrimaryAudioTrack();
      if (!track) return null;
      const sound =
        film.sound === "original"
          ? await originalSound(film.song, track, layout)
          : await aacSound(film.song, track, layout, codecs, frames / fps);
      return sound && (await songSound(sound, film.song, layout.mp3));
    });
    if (!opened.ok && opened.cause === "gone") return vanished("The song");
    if (!opened.ok || !opened.value) return noSound();
    const clips = film.clipAudio === "track" ? clipSound(cuts) : { sound: null, silent: [] };
    const made = await writeOrAbort(film, {
      cuts,
      fps,
      frames,
      song: opened.value,
      clips: clips.sound,
      chapters: chapterTexts(film.chapters ?? [], frames),
      captions: captionTexts(film.captions ?? [], frames),
      language: film.language ?? null,
      tags: film.tags,
      poster: film.poster ?? null,
    });
    if (!made.ok) return made;
    const facts = cuts[0]?.packets.facts;
    return {
      ok: true,
      object: made.object,
      withoutEdits: made.withoutEdits,
      bytes: made.object.bytes,
      frames,
      durationSeconds: frames / fps,
      width: facts?.width ?? 0,
      height: facts?.height ?? 0,
      editList: cuts.map(({ edit: { sceneId, clipId, startFrame, endFrame }, fill }) => ({
        sceneId,
        clipId,
        startFrame,
        endFrame,
        ...(fill && { fill }),
      })),
      silentScenes: clips.silent,
      notes: [
        ...opened.value.notes,
        ...endNotes(made.songSeconds, frames / fps),
        ...(made.setsDiffer ? [SETS_DIFFER] : []),
      ],
    };
  } finally {
    input.dispose();
    film.song.release();
  }
}
