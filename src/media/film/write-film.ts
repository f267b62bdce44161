/** Writes a planned film: pictures, sound and texts, interleaved by time. */
import type { MultipartUpload, StoredObject } from "../../ports/storage.ts";
import type { SongPacket } from "../song/frames.ts";
import type { ClipSound } from "./clip-audio.ts";
import { type AlternativeFile, bytesToReserve, type FilmFile, filmFile } from "./film-file.ts";
import { type FilmTrack, filmTrack, MOVIE_TIMESCALE, tablesBytes } from "./film-track.ts";
import { type PictureSets, pictureSets } from "./picture-sets.ts";
import { packetBatches } from "./pieces.ts";
import type { Cut } from "./plan-cuts.ts";
import { partSink } from "./sink.ts";
import type { SongSound } from "./song-track.ts";
import { type Tags, userData } from "./tags.ts";
import { captionTrack, chapterList, chapterTrack, type TimedText, textSamples } from "./text-track.ts";
import { tracksWithoutEdits } from "./without-edits.ts";

export interface FilmPlan {
  cuts: readonly Cut[];
  fps: number;
  frames: number;
  song: SongSound;
  clips: ClipSound | null;
  chapters: readonly TimedText[];
  captions: readonly TimedText[];
  language: string | null;
  tags: Tags;
  poster: Uint8Array | null;
}

const MIB = 1024 * 1024;
/** The smallest part that a bucket takes. */
const PART_BYTES = 5 * MIB;
/** Pictures and sound are interleaved at this interval, so that a player finds both close together. */
const TURN_SECONDS = 0.5;
/** Opus' shortest packet; a first packet that claims to be shorter says nothing about the others. */
const SHORTEST_PACKET_SECONDS = 0.0025;
const ID = { pictures: 1, song: 2, clips: 3, captions: 4, chapters: 5 };

function tracksOf({ cuts, song, clips, chapters, captions, language }: FilmPlan, sets: PictureSets) {
  const { width = 0, height = 0 } = cuts[0]?.packets.facts ?? {};
  const menu = chapters.length > 0 ? ID.chapters : null;
  const seen = { width: 0, height: 0, top: 0 };
  const sound = { ...seen, handler: "soun" as const, group: 1 };
  return {
    pictures: filmTrack({
      ...seen,
      id: ID.pictures,
      handler: "vide",
      name: "Film",
      timescale: MOVIE_TIMESCALE,
      enabled: true,
      group: 0,
      language: null,
      width,
      height,
      entry: () => sets.entries(),
      chapters: menu,
      roll: 0,
    }),
    song: filmTrack({
      ...sound,
      id: ID.song,
      name: "Song",
      timescale: song.timescale,
      enabled: true,
      language,
      entry: song.entry,
      chapters: menu,
      roll: song.roll,
    }),
    clips:
      clips &&
      filmTrack({
        ...sound,
        id: ID.clips,
        name: "Clips",
        timescale: clips.timescale,
        enabled: false,
        language: null,
        entry: () => clips.entry,
        chapters: null,
        roll: clips.roll,
      }),
    captions: captions.length > 0 ? captionTrack(ID.captions, language, { width, height }) : null,
    chapters: menu === null ? null : chapterTrack(menu),
  };
}

/**
 * Bytes to reserve for the index: the most that it takes, unless the song's packets have very different
 * durations.
 */
function roomOf(plan: FilmPlan, further: readonly Uint8Array[]): number {
  const seconds = plan.frames / plan.fps;
  const turns = Math.ceil(seconds / TURN_SECONDS) + 2 * plan.cuts.length + 2;
  const pictures = plan.cuts.reduce((sum, cut) => sum + cut.count, 0);
  const clipPackets = (plan.clips?.packets ?? []).flat(2).length;
  const songPackets = Math.ceil((1.1 * seconds) / Math.max(plan.song.packetSeconds, SHORTEST_PACKET_SECONDS));
  return bytesToReserve([
    // Each picture has its own size, duration and composition offset; key pictures are few. Each packet of
    // clip sound may begin a new chunk.
    tablesBytes(pictures, turns + clipPackets, 24),
    tablesBytes(songPackets + 50, turns, 12),
    plan.clips ? tablesBytes(clipPackets, clipPackets, 12) : 0,
    tablesBytes(plan.captions.length, 1, 12),
    tablesBytes(plan.chapters.length, 1, 12),
    ...further.map(({ length }) => length),
  ]);
}

/** Writes the texts before everything else, so that a player has them at once. */
async function addTexts(
  file: FilmFile,
  track: FilmTrack | null,
  plan: FilmPlan,
  kind: "chapters" | "captions",
) {
  const texts = plan[kind];
  for (const [i, bytes] of textSamples(texts, kind).entries()) {
    const timestamp = (texts[i]?.startFrame ?? 0) / plan.fps;
    const duration = (texts[i + 1]?.startFrame ?? plan.frames) / plan.fps - timestamp;
    if (track) await file.add(track, { decode: timestamp, timestamp, duration, key: true }, [bytes]);
  }
}

interface Written {
  object: StoredObject;
  withoutEdits: AlternativeFile | null;
  /** When the song's last packet ends, in seconds. */
  songSeconds: number;
  /** Whether the clips' parameter sets differ, so that samples contain them. */
  setsDiffer: boolean;
}

export async function writeFilm(
  plan: FilmPlan,
  upload: MultipartUpload,
  onProgress?: (fraction: number) => void,
): Promise<Written> {
  const sets = pictureSets(plan.cuts);
  const tracks = tracksOf(plan, sets);
  const list = plan.chapters.length > 0 ? [chapterList(plan.chapters, plan.fps)] : [];
  const metadata = userData(plan.tags, plan.poster, list);
  const room = roomOf(plan, [metadata, ...sets.entries().slice(1)]);
  const sink = partSink(upload, Math.max(PART_BYTES, Math.ceil((room + 16) / MIB) * MIB));
  const file = filmFile(sink, room);
  await addTexts(file, tracks.chapters, plan, "chapters");
  await addTexts(file, tracks.captions, plan, "captions");
  const song = plan.song.open();
  const addSongPacket = ({ data, duration }: SongPacket, timestamp: number) =>
    file.add(tracks.song, { decode: timestamp, timestamp, duration, key: true }, [data]);
  const total = plan.cuts.reduce((sum, cut) => sum + cut.count, 0);
  let [written, reported, turn] = [0, 0, 0];
  try {
    for await (const { pieces, bytes, start } of packetBatches(plan.cuts, plan.clips)) {
      for (const piece of pieces) {
        const { sample, decode } = piece;
        const track = piece.track === "pictures" ? tracks.pictures : tracks.clips;
        if (!track) continue;
        if (piece.track === "pictures" && decode >= turn) {
          turn = (Math.floor(decode / TURN_SECONDS) + 1) * TURN_SECONDS;
          await song.until(turn, addSongPacket);
        }
        const data = bytes.subarray(sample.offset - start, sample.offset - start + sample.bytes);
        const { bytes: placed, ...at } =
          piece.track === "pictures" ? sets.place(piece, data) : { bytes: [data] };
        const pending = file.add(track, { ...piece, ...at }, placed);
        if (pending) await pending;
        if (piece.track === "pictures") written++;
        if (written === reported || (written - reported < total / 100 && written < total)) continue;
        reported = written;
        onProgress?.(written / total);
      }
    }
    await song.until(Number.POSITIVE_INFINITY, addSongPacket);
  } finally {
    await song.close();
  }
  const { pictures, song: songTrack, clips, captions, chapters } = tracks;
  const seconds = plan.frames / plan.fps;
  const all = [pictures, songTrack, clips, captions, chapters].flatMap((track) => track ?? []);
  const unedited = tracksWithoutEdits(pictures, songTrack, seconds);
  const withoutEdits = await file.finish(
    { tracks: all, userData: metadata, edits: true },
    unedited && { tracks: unedited, userData: userData(plan.tags, plan.poster, []), edits: false },
    seconds,
    sets.inSamples() ? undefined : "avc1",
  );
  return {
    object: await sink.finish(),
    withoutEdits,
    songSeconds: songTrack.end / songTrack.form.timescale,
    setsDiffer: sets.inSamples(),
  };
}
