/** The file name of a film. */
import type { FilmTitle } from "../ports/store.ts";

/** `<artist> - <title>.mp4` by the song's tags; the project's name where there is no title. */
export const filmName = ({ name, title, artist }: FilmTitle): string =>
  `${artist ? `${artist} - ` : ""}${title || name}.mp4`;
