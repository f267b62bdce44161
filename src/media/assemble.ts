/** The film: clips joined by packet copy, trimmed at frame accuracy, with the song laid under them. */
import {
  EncodedAudioPacketSource,
  EncodedVideoPacketSource,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
} from "mediabunny";
import type { Edit, Failure } from "../domain/record.ts";
import type { MultipartUpload, StoredObject } from "../storage/port.ts";
import { refusal, vanished } from "./failures.ts";
import { announcedConfig, pictures } from "./pictures.ts";
import { type Cut, type FilmEdit, planCuts } from "./plan-cuts.ts";
import { partSink } from "./sink.ts";
import { openSong } from "./song.ts";
import { type Sound, soundOf } from "./sound.ts";
import { type MediaFile, reading, SourceGone } from "./source.ts";

export interface FilmInput {
  song: MediaFile;
  /** In film order, tiling it from frame 0 to the last. */
  edits: readonly FilmEdit[];
  /** Frames per second that the edits count in. */
  fps: number;
  tags: { title: string | null; artist: string | null };
  /** Begins the upload; called once the film is known to fit together. Aborted where writing fails. */
  upload(): Promise<MultipartUpload>;
  /** Share of the film that is written, from 0 to 1. */
  onProgress?(fraction: number): void;
}

interface FilmFacts {
  object: StoredObject;
  bytes: number;
  frames: number;
  durationSeconds: number;
  width: number;
  height: number;
  editList: Edit[];
}
export type Assembly = ({ ok: true } & FilmFacts) | { ok: false; failure: Failure };

const MIB = 1024 * 1024;
const PART_BYTES = 8 * MIB;
/** What mediabunny reserves for the index: its tables' worst case for each packet, and the boxes around them. */
const INDEX_BYTES_PER_PACKET = 35;
const INDEX_BYTES = 64 * 1024;

/** The first part must hold the whole reserved index, which outgrows 8 MiB at 237,000 packets (an hour and more). */
const partBytesFor = (packets: number) =>
  Math.max(PART_BYTES, Math.ceil((packets * INDEX_BYTES_PER_PACKET + INDEX_BYTES) / MIB) * MIB);

const noSound = () => refusal("song_unreadable", "The song's sound can't be read.", "Upload the song again.");

/** Adds both tracks in the order of time, so that the file is interleaved and neither waits in memory. */
async function interleave(
  film: FilmInput,
  cuts: readonly Cut[],
  sound: Sound,
  video: EncodedVideoPacketSource,
  audio: EncodedAudioPacketSource,
): Promise<void> {
  const total = cuts.reduce((sum, cut) => sum + cut.shown.length, 0);
  const videoConfig = announcedConfig(cuts);
  const song = sound.packets();
  let next = await song.next();
  const addSongUntil = async (seconds: number) => {
    while (!next.done && next.value.timestamp <= seconds) {
      await audio.add(next.value, { decoderConfig: sound.config });
      next = await song.next();
    }
  };
  let written = 0;
  let told = 0;
  try {
    for await (const { packet, decodeSeconds } of pictures(cuts)) {
      await addSongUntil(decodeSeconds);
      await video.add(packet, { decoderConfig: videoConfig });
      written++;
      if (written - told >= total / 100 || written === total) {
        told = written;
        film.onProgress?.(written / total);
      }
    }
    await addSongUntil(Number.POSITIVE_INFINITY);
  } finally {
    await song.return();
  }
}

async function write(
  film: FilmInput,
  cuts: readonly Cut[],
  sound: Sound,
  upload: MultipartUpload,
): Promise<StoredObject> {
  const videoPackets = cuts.reduce((sum, cut) => sum + cut.shown.length, 0);
  const sink = partSink(upload, partBytesFor(videoPackets + sound.count));
  const writable = new WritableStream<StreamTargetChunk>({
    write: ({ position, data }) => sink.write(position, data),
  });
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart: "reserve" }),
    target: new StreamTarget(writable),
  });
  const video = new EncodedVideoPacketSource("avc");
  const audio = new EncodedAudioPacketSource(sound.codec);
  // No frame rate here: the track would snap clips of other rates to it.
  output.addVideoTrack(video, { maximumPacketCount: videoPackets });
  output.addAudioTrack(audio, { maximumPacketCount: Math.max(1, sound.count) });
  const { title, artist } = film.tags;
  output.setMetadataTags({ ...(title ? { title } : {}), ...(artist ? { artist } : {}) });
  await output.start();
  await interleave(film, cuts, sound, video, audio);
  await output.finalize();
  return sink.finish();
}

/** Writes into an upload of its own; a file that vanished meanwhile is a value, and whatever fails aborts it. */
async function writeOrAbort(film: FilmInput, cuts: readonly Cut[], sound: Sound) {
  const upload = await film.upload();
  try {
    return { ok: true as const, object: await write(film, cuts, sound, upload) };
  } catch (error) {
    // The first failure is the one to tell; parts that stay behind expire in the bucket.
    await upload.abort().catch(() => undefined);
    const isGone = (file: MediaFile) => file.trouble() instanceof SourceGone;
    if (isGone(film.song)) return vanished("The song");
    const scene = film.edits.findIndex((edit) => isGone(edit.file));
    if (scene >= 0) return vanished(`The clip of scene ${scene + 1}`);
    throw error;
  }
}

/**
 * Joins the clips and the song into one MP4 with its index in front. Pictures and sound are the
 * packets that came in; only uncompressed sound is packed, without loss (see sound.ts). The pictures
 * last exactly the frames of the edit list; a clip of another frame rate keeps its own times within
 * its scene; sound of clips is left out.
 * Memory stays bounded: two parts of the upload, and a few blocks of the song and of one clip.
 *
 * Refusals, each before the upload begins and naming scenes from 1: `cover_broken`, `clip_unreadable`,
 * `clip_too_short`, `clip_size_differs`, `clip_codec_differs`, `song_unreadable`; `media_gone` at any
 * time. What the bucket throws is thrown.
 */
export async function assembleFilm(film: FilmInput): Promise<Assembly> {
  const planned = await planCuts(film.edits, film.fps);
  if (!planned.ok) return planned;
  const song = await reading(film.song, () => openSong(film.song));
  if (!song.ok && song.cause === "gone") return vanished("The song");
  if (!song.ok || !song.value) return noSound();
  const { input } = song.value;
  try {
    const opened = await reading(film.song, async () => {
      const track = await input.getPrimaryAudioTrack();
      return track && (await soundOf(track));
    });
    if (!opened.ok && opened.cause === "gone") return vanished("The song");
    if (!opened.ok || !opened.value) return noSound();
    const made = await writeOrAbort(film, planned.cuts, opened.value);
    if (!made.ok) return made;
    const frames = film.edits.at(-1)?.endFrame ?? 0;
    const facts = planned.cuts[0]?.packets.facts;
    return {
      ok: true,
      object: made.object,
      bytes: made.object.bytes,
      frames,
      durationSeconds: frames / film.fps,
      width: facts?.width ?? 0,
      height: facts?.height ?? 0,
      editList: film.edits.map(({ sceneId, clipId, startFrame, endFrame }) => ({
        sceneId,
        clipId,
        startFrame,
        endFrame,
      })),
    };
  } finally {
    input.dispose();
  }
}
