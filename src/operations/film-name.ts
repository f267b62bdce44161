/** The file name of a film. */
import { sql } from "drizzle-orm";
import { projects } from "../db/schema.ts";

/** The columns of `projects` that a film is named by. */
export const NAMED = {
  name: projects.name,
  title: sql<string | null>`${projects.audio}->>'title'`,
  artist: sql<string | null>`${projects.audio}->>'artist'`,
};
export interface Named {
  name: string;
  title: string | null;
  artist: string | null;
}

/** `<artist> - <title>.mp4` by the song's tags; the project's name where there is no title. */
export const filmName = ({ name, title, artist }: Named): string =>
  `${artist ? `${artist} - ` : ""}${title || name}.mp4`;
