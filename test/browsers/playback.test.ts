import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { memoryFile } from "../../src/media/lib/source.ts";
import { FILMS, type Film, type Made } from "../playback/films.ts";
import { serveFilms } from "../playback/serve.ts";
import { playFilm, unexpected } from "../playback/verdict.ts";
import { BROWSERS, type OpenBrowser, openBrowser } from "../support/browser.ts";
import { editList, FPS, madeOf } from "../support/films.ts";
import { fixture, silentWav } from "../support/media.ts";

const SMALL_FILMS = FILMS.filter(({ small }) => small);
const SILENCE = "silence";
const CLIP = "the clip itself";
const made = new Map<string, Made>();
let server: Awaited<ReturnType<typeof serveFilms>>;

async function silentFilm(): Promise<Uint8Array> {
  const { bytes, read } = silentWav(4, 48_000);
  const song = memoryFile(read(0, bytes));
  return (await madeOf(editList(["a-5s-24fps", 4 * FPS]), { song })).bytes;
}

beforeAll(async () => {
  for (const film of SMALL_FILMS) {
    const one = await film.make();
    if ("refused" in one) throw new Error(`${film.name}: ${one.refused}`);
    made.set(film.name, one);
  }
  const files = new Map([...made].map(([name, { bytes }]) => [name, bytes]));
  server = await serveFilms(
    files.set(SILENCE, await silentFilm()).set(CLIP, fixture("clips/with-audio-5s.mp4")),
  );
}, 60_000);
afterAll(() => server?.close());

function expectedOf(film: Film | undefined) {
  const one = film && made.get(film.name);
  if (!one) throw new Error(`There is no film ${film?.name}.`);
  return { ...one, song: film.song.heard() };
}

describe.each(BROWSERS)("%s", (name) => {
  let browser: OpenBrowser;
  beforeAll(async () => {
    browser = await openBrowser(name);
  }, 60_000);
  afterAll(() => browser?.close());

  it.each(SMALL_FILMS)("plays the film of $name to its end with the song in sync", async (film) => {
    const page = await browser.open(`${server.origin}/`);
    const verdict = await playFilm(page, film.name, expectedOf(film));
    expect([...unexpected(verdict, film, name), ...page.errors]).toEqual([]);
    await page.page.close();
  });

  it.each([SILENCE, CLIP])("finds no song in %s", async (file) => {
    const page = await browser.open(`${server.origin}/`);
    const { wrong } = await playFilm(page, file, expectedOf(SMALL_FILMS[0]));
    expect(wrong.map(({ rule }) => rule)).toEqual(expect.arrayContaining(["sound", "sync"]));
  });
});
