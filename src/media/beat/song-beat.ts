/** The beat grid of a song in the bucket. */
import type { BeatGrid } from "../../domain/record/record.ts";
import { type MediaFile, readSafely } from "../lib/source.ts";
import { openSong } from "../song/open-song.ts";
import { beatOf } from "./estimate.ts";

/** Null when no beat is found or the song can't be read. Errors of the bucket are thrown. */
export async function songBeat(file: MediaFile): Promise<BeatGrid | null> {
  const found = await readSafely(file, async () => {
    const song = await openSong(file);
    if (!song) return null;
    using input = song.input;
    const track = await input.getPrimaryAudioTrack();
    const grid = track && (await beatOf(file, track, song.layout));
    return (
      grid && { grid, skipped: song.layout.mp3?.info?.skipped.start ?? 0, rate: await track.getSampleRate() }
    );
  });
  file.release();
  if (!found.ok || !found.value) return null;
  const { grid, skipped, rate } = found.value;
  // The packets' times include the encoder's delay, which is no part of the song.
  const bar = (grid.beatsPerBar * 60) / grid.bpm;
  const offset = grid.offsetSeconds - skipped / rate;
  return { ...grid, offsetSeconds: offset < 0 ? offset + bar : offset };
}
