/**
 * The same film for platforms that refuse edit lists: the same packets under another index, in which the sound begins
 * with what the edit list leaves out, as far as that is needed.
 */
import { AAC_PRIMING } from "./aac-sound.ts";
import type { FilmTrack } from "./film-track.ts";

/** How far sound may be off the pictures. */
const MOST_OFFSET_SECONDS = 0.025;

/**
 * With how many of its first packets left out the sound is nearest to the pictures, and by how many seconds it is off
 * at most; of AAC both for players that leave nothing out and for Apple's, which leave out 2112 samples, where that can be.
 * Those packets only prepare the decoder, or last a few milliseconds.
 */
function bestStart({ form, decode }: FilmTrack): { dropped: number; offset: number } {
  const assumed = form.roll === 1 ? AAC_PRIMING / form.timescale : 0;
  let best = { dropped: 0, offset: Number.POSITIVE_INFINITY };
  let plain = best;
  for (const [dropped, due] of decode.entries()) {
    const late = -due / form.timescale;
    const offset = Math.max(Math.abs(late), Math.abs(late - assumed));
    if (offset < best.offset) best = { dropped, offset };
    if (Math.abs(late) < plain.offset) plain = { dropped, offset: Math.abs(late) };
    if (late < -MOST_OFFSET_SECONDS) break;
  }
  return best.offset <= MOST_OFFSET_SECONDS ? best : plain;
}

/** The track's samples from one to another, which is not among them. */
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

/** The film's pictures and its song; null where that can't be brought near enough to them. */
export function tracksWithoutEdits(
  pictures: FilmTrack,
  song: FilmTrack,
  filmSeconds: number,
): FilmTrack[] | null {
  const { dropped, offset } = bestStart(song);
  if (offset > MOST_OFFSET_SECONDS) return null;
  // Nothing else ends the sound with the film.
  const end = (song.decode[dropped] ?? 0) + filmSeconds * song.form.timescale;
  const sound = sliced(song, dropped, song.decode.filter((due) => due < end).length);
  // Sample groups of this kind announce an edit list; and there are no chapters here.
  return [pictures, sound].map((track) => ({ ...track, form: { ...track.form, roll: 0, chapters: null } }));
}
