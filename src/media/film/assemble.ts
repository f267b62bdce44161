/** Assembles the film: clips joined by packet copy, cut to the frame, with the song as the sound track. */
import type { EditListEntry, Failure, Fill } from "../../domain/record/record.ts";
import type { MultipartUpload, StoredObject } from "../../ports/storage.ts";
import type { CodecModules } from "../codecs/modules.ts";
import { clock } from "../lib/clock.ts";
import { mediaGone, refusal } from "../lib/failures.ts";
import { type MediaFile, readSafely, SourceGone } from "../lib/source.ts";
import { openSong } from "../song/open-song.ts";
import { clipSound, type SilentScene } from "./clip-audio.ts";
import type { AlternativeFile } from "./film-file.ts";
import { type FilmEdit, planCuts } from "./plan-cuts.ts";
import { songSound, UnreadableSong } from "./song-track.ts";
import { aacSound, originalSound } from "./sound.ts";
import { type Caption, type Chapter, captionTexts, chapterTexts } from "./text-track.ts";
import { type FilmPlan, writeFilm } from "./write-film.ts";

export interface FilmInput {
  song: MediaFile;
  /** In film order, without gaps or overlaps, from frame 0 to the last. */
  edits: readonly FilmEdit[];
  /** Frames per second of the edits' frame numbers. */
  fps: number;
  tags: { title: string | null; artist: string | null };
  /**
   * What fills a scene whose clip is too short; null: the film is refused. The `fill` of an edit has
   * priority.
   */
  fill?: Fill | null;
  /**
   * The film's sound: `aac` encodes the song as AAC unless it is AAC (the default); `original` copies its
   * packets.
   */
  sound?: "aac" | "original";
  /** The clips' sound: left out (the default), or kept as a second audio track, disabled by default. */
  clipAudio?: "drop" | "track";
  /** Chapters for players' menus; each lasts until the next. */
  chapters?: readonly Chapter[];
  /** Captions as a text track that is disabled by default. */
  captions?: readonly Caption[];
  /** Language of the song and the captions: an ISO 639-1 code, or a tag that begins with one. */
  language?: string | null;
  /** The film's cover art: a JPEG or PNG of at most 2 MB; anything else is left out. */
  poster?: Uint8Array | null;
  /** Begins the upload; called once, after all checks passed. The upload is aborted when writing fails. */
  upload(): Promise<MultipartUpload>;
  /** Called with the share of the film that is written, from 0 to 1. */
  onProgress?(fraction: number): void;
}

interface FilmFacts {
  object: StoredObject;
  /** The same film under an index without edit lists; null when sound and pictures would be too far apart. */
  withoutEdits: AlternativeFile | null;
  bytes: number;
  frames: number;
  durationSeconds: number;
  width: number;
  height: number;
  editList: EditListEntry[];
  /** Scenes whose clip has sound that is not in the track of clip sound, each with the reason. */
  silentScenes: SilentScene[];
  /** Sentences for the user: where the film may not play, and where the song is damaged. */
  notes: string[];
}
export type Assembly = ({ ok: true } & FilmFacts) | { ok: false; failure: Failure };

const noSound = () => refusal("song_unreadable", "The song's sound can't be read.", "Upload the song again.");

/** Far more than the rounding of times, and than a film can be longer than its song. */
const EARLY_SECONDS = 0.5;

/** The note on a song that ended early: a damaged song can be shorter than it was measured. */
const endNotes = (songSeconds: number, filmSeconds: number): string[] =>
  songSeconds > filmSeconds - EARLY_SECONDS
    ? []
    : [
        `The song's sound ends at ${clock(songSeconds)} of ${clock(filmSeconds)}: its file is damaged there. Export the song again and upload it.`,
      ];

const SETS_DIFFER =
  "The clips have different H.264 settings, so the film is coded as avc3: browsers play it, but some of Apple's software may not. Clips of one model mostly have the same settings.";

/**
 * Writes the film into a new upload. A source file that vanished is a failure value; any error aborts the
 * upload.
 */
async function writeOrAbort(film: FilmInput, plan: FilmPlan) {
  const upload = await film.upload();
  try {
    return { ok: true as const, ...(await writeFilm(plan, upload, film.onProgress)) };
  } catch (error) {
    // Report the first error, not that of the abort; parts that are left over expire in the bucket.
    await upload.abort().catch(() => undefined);
    const isGone = (file: MediaFile) => file.trouble() instanceof SourceGone;
    if (isGone(film.song)) return mediaGone("The song");
    const scene = film.edits.findIndex((edit) => isGone(edit.file));
    if (scene >= 0) return mediaGone(`The clip of scene ${scene + 1}`);
    if (error instanceof UnreadableSong) return noSound();
    throw error;
  }
}

/**
 * Joins the clips and the song into one MP4 with its index in front. The pictures are the clips' packets,
 * unchanged. The sound is AAC (AAC is copied, anything else is encoded), or with `sound: "original"` the
 * song's own packets, or FLAC where MP4 can't carry them (src/media/film/sound.ts). The pictures last exactly
 * the frames of the edit list; a clip of another frame rate keeps its own picture times within its scene.
 * Memory stays bounded: two parts of the upload, two ranges of clips, and a few blocks of the song.
 *
 * Failures before the upload begins: `cover_broken`, `clip_unreadable`, `output_form`, `clip_too_short`,
 * `clip_size_differs`, `clip_codec_differs`; each but `cover_broken` names scenes, counted from 1. Failures
 * at any time: `song_unreadable`, `media_gone`. Errors of the bucket are thrown.
 */
export async function assembleFilm(film: FilmInput, codecs: CodecModules): Promise<Assembly> {
  const { edits, fps } = film;
  const planned = await planCuts(edits, fps, film.fill ?? null);
  if (!planned.ok) return planned;
  const { cuts } = planned;
  const song = await readSafely(film.song, () => openSong(film.song));
  if (!song.ok && song.cause === "gone") return mediaGone("The song");
  if (!song.ok || !song.value) return noSound();
  const { input, layout } = song.value;
  const frames = edits.at(-1)?.endFrame ?? 0;
  try {
    const opened = await readSafely(film.song, async () => {
      const track = await input.getPrimaryAudioTrack();
      if (!track) return null;
      const sound =
        film.sound === "original"
          ? await originalSound(film.song, track, layout)
          : await aacSound(film.song, track, layout, codecs, frames / fps);
      return sound && (await songSound(sound, film.song, layout.mp3));
    });
    if (!opened.ok && opened.cause === "gone") return mediaGone("The song");
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
