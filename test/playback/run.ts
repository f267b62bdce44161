/**
 * npm run test:playback [-- --only drums]; needs chromium, firefox-esr and ffmpeg.
 * Plays films in both browsers to their end: of every song of songs.ts in every way of films.ts, and one with
 * everything that a film can carry. Compares the sound that plays, and the sound decoded at once, with the
 * song.
 */
import { parseArgs } from "node:util";
import { BROWSERS, withBrowser } from "../support/browser.ts";
import { FILMS, type Film, type Made } from "./films.ts";
import { serveFilms } from "./serve.ts";
import { playFilm, unexpected } from "./verdict.ts";

const { values } = parseArgs({ options: { only: { type: "string", default: "" } } });

const films: { film: Film; made: Made }[] = [];
for (const film of FILMS.filter(({ name }) => name.includes(values.only))) {
  const made = await film.make();
  if ("refused" in made) console.log(`${film.name.padEnd(36)} refused: ${made.refused}`);
  else films.push({ film, made });
}
const server = await serveFilms(new Map(films.map(({ film, made }) => [film.name, made.bytes])));
let failed = 0;
try {
  for (const browser of BROWSERS) {
    await withBrowser(browser, async ({ version, open }) => {
      console.log(`\n${version}`);
      const page = await open(`${server.origin}/`);
      for (const { film, made } of films) {
        const expected = { ...made, song: film.song.heard() };
        const verdict = await playFilm(page, film.name, expected);
        const wrong = unexpected(verdict, film, browser);
        const known = verdict.wrong.length > 0 && wrong.length === 0;
        failed += wrong.length > 0 ? 1 : 0;
        const word = wrong.length > 0 ? "FAILED" : known ? "known" : "played";
        console.log(`${film.name.padEnd(36)} ${word.padEnd(6)}  ${verdict.measured}`);
        for (const text of known ? verdict.wrong.map(({ text }) => text) : wrong) console.log(`    ${text}`);
      }
      for (const error of page.errors) console.log(error);
      failed += page.errors.length;
    });
  }
} finally {
  server.close();
}
console.log(`\n${films.length} films in ${BROWSERS.length} browsers, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
