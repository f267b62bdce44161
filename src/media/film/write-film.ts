/** Writes a film that is planned: everything that goes into its file, in the order of time. */
import type { MultipartUpload, StoredObject } from "../../storage/port.ts";
import type { SongPacket } from "../song/frames.ts";
import type { ClipSound } from "./clip-audio.ts";
import { type FilmFile, filmFile, type OtherIndex, roomFor } from "./film-file.ts";
import { type FilmTrack, filmTrack, MOVIE_TIMESCALE, tablesBytes } from "./film-track.ts";
import { type PictureSets, pictureSets } from "./picture-sets.ts";
import { batches } from "./pieces.ts";
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
/** The least that a bucket takes. */
const PART_BYTES = 5 * MIB;
/** Pictures and sound take turns this often, so that a player finds both in one place. */
const TURN_SECONDS = 0.5;
/** Opus has no shorter ones; a first packet that says it is shorter is no measure for the others. */
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

/** How many bytes to leave for the index: what it takes at most, but for a song whose packets are of many lengths. */
function roomOf(plan: FilmPlan, further: readonly Uint8Array[]): number {
  const seconds = plan.frames / plan.fps;
  const turns = Math.ceil(seconds / TURN_SECONDS) + 2 * plan.cuts.length + 2;
  const pictures = plan.cuts.reduce((sum, cut) => sum + cut.count, 0);
  const heard = (plan.clips?.packets ?? []).flat(2).length;
  const sung = Math.ceil((1.1 * seconds) / Math.max(plan.song.packetSeconds, SHORTEST_PACKET_SECONDS));
  return roomFor([
    // Size, place in time and its shift, each of its own; key pictures are few. Clips whose sound is
    // kept have turns of their own.
    tablesBytes(pictures, turns + heard, 24),
    tablesBytes(sung + 50, turns, 12),
    plan.clips ? tablesBytes(heard, heard, 12) : 0,
    tablesBytes(plan.captions.length, 1, 12),
    tablesBytes(plan.chapters.length, 1, 12),
    ...further.map(({ length }) => length),
  ]);
}

/** Texts stand in front of all else: a player has them at once. */
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
  withoutEdits: OtherIndex | null;
  /** When the song's last packet ends. */
  songSeconds: number;
  /** Whether clips' parameter sets differ, so that they stand in samples. */
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
  const labels = userData(plan.tags, plan.poster, list);
  const room = roomOf(plan, [labels, ...sets.entries().slice(1)]);
  const sink = partSink(upload, Math.max(PART_BYTES, Math.ceil((room + 16) / MIB) * MIB));
  const file = filmFile(sink, room);
  await addTexts(file, tracks.chapters, plan, "chapters");
  await addTexts(file, tracks.captions, plan, "captions");
  const song = plan.song.open();
  const addSongPacket = ({ data, duration }: SongPacket, timestamp: number) =>
    file.add(tracks.song, { decode: timestamp, timestamp, duration, key: true }, [data]);
  const total = plan.cuts.reduce((sum, cut) => sum + cut.count, 0);
  let [written, told, turn] = [0, 0, 0];
  try {
    for await (const { pieces, bytes, start } of batches(plan.cuts, plan.clips)) {
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
        const full = file.add(track, { ...piece, ...at }, placed);
        if (full) await full;
        if (piece.track === "pictures") written++;
        if (written === told || (written - told < total / 100 && written < total)) continue;
        told = written;
        onProgress?.(written / total);
      }
    }
    await song.until(Number.POSITIVE_INFINITY, addSongPacket);
  } finally {
    await song.close();
  }
  const { pictures, song: sung, clips, captions, chapters } = tracks;
  const seconds = plan.frames / plan.fps;
  const all = [pictures, sung, clips, captions, chapters].flatMap((track) => track ?? []);
  const plain = tracksWithoutEdits(pictures, sung, seconds);
  const withoutEdits = await file.finish(
    { tracks: all, userData: labels, edits: true },
    plain && { tracks: plain, userData: userData(plan.tags, plan.poster, []), edits: false },
    seconds,
    sets.inSamples() ? undefined : "avc1",
  );
  return {
    object: await sink.finish(),
    withoutEdits,
    songSeconds: sung.end / sung.form.timescale,
    setsDiffer: sets.inSamples(),
  };
}
