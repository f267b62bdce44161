/**
 * The film for platforms that refuse edit lists: the same packets under another index. Instead of an edit
 * list that skips the priming samples, the first packets of the sound are left out, as far as that brings it
 * closer to the pictures.
 */
import { AAC_PRIMING } from "./aac-sound.ts";
import type { FilmTrack } from "./film-track.ts";

/** How far apart sound and pictures may be. */
const MAX_OFFSET_SECONDS = 0.025;

/**
 * How many first packets to drop so that the sound is closest to the pictures, and the remaining offset in
 * seconds. For AAC the offset is the worse one of players that skip nothing and of Apple's, which skip 2112
 * samples; if that can't be kept small, players that skip nothing decide. The dropped packets are priming, or
 * last a few milliseconds.
 */
function bestStart({ form, decode }: FilmTrack): { dropped: number; offset: number } {
  const assumed = form.roll === 1 ? AAC_PRIMING / form.timescale : 0;
  let best = { dropped: 0, offset: Number.POSITIVE_INFINITY };
  let nothingSkipped = best;
  for (const [dropped, due] of decode.entries()) {
    const late = -due / form.timescale;
    const offset = Math.max(Math.abs(late), Math.abs(late - assumed));
    if (offset < best.offset) best = { dropped, offset };
    if (Math.abs(late) < nothingSkipped.offset) nothingSkipped = { dropped, offset: Math.abs(late) };
    if (late < -MAX_OFFSET_SECONDS) break;
  }
  return best.offset <= MAX_OFFSET_SECONDS ? best : nothingSkipped;
}

/** The track's samples from index `from` (inclusive) to `to` (exclusive). */
function sliced(track: FilmTrack, from: number, to: number): FilmTrack {
  let at = 0;
  const chunks = track.chunks.flatMap((chunk) => {
    const { offset, samples } = chunk;
    const [first, last] = [Math.max(at, from), Math.min(at + samples, to)];
    const bytes = (start: number, end: number) =>
      track.sizes.slice(start, end).reduce((sum, size) => sum + size, 0);
    const start = offset + bytes(at, first);
    at += samples;
    return last > first
      ? [{ ...chunk, offset: start, samples: last - first, end: start + bytes(first, last) }]
      : [];
  });
  return {
    ...track,
    sizes: track.sizes.slice(from, to),
    decode: track.decode.slice(from, to),
    shift: track.shift.slice(from, to),
    keys: track.keys.flatMap((key) => (key > from && key <= to ? [key - from] : [])),
    chunks,
    end: track.decode[to] ?? track.end,
  };
}

/** The film's pictures and its song; null when they would be too far apart. */
export function tracksWithoutEdits(
  pictures: FilmTrack,
  song: FilmTrack,
  filmSeconds: number,
): FilmTrack[] | null {
  const { dropped, offset } = bestStart(song);
  if (offset > MAX_OFFSET_SECONDS) return null;
  // Without an edit list only this ends the sound with the film.
  const end = (song.decode[dropped] ?? 0) + filmSeconds * song.form.timescale;
  const sound = sliced(song, dropped, song.decode.filter((due) => due < end).length);
  // `roll` groups imply an edit list, and this index has no chapters.
  return [pictures, sound].map((track) => ({ ...track, form: { ...track.form, roll: 0, chapters: null } }));
}
