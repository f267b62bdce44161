/** What a film is saved as. */
import { sql } from "drizzle-orm";
import { projects } from "../db/schema.ts";

/** What a project's film is named by: columns of `projects`. */
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

/** By the song's tags, as the film itself is titled; by the project's name where they say nothing. */
export const filmName = ({ name, title, artist }: Named): string =>
  `${artist ? `${artist} - ` : ""}${title || name}.mp4`;
