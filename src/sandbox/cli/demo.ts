/** npm run demo: makes a song's film through the public API, in a local world that is deleted afterwards. */
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { apiClient } from "../demo/api.ts";
import { download, measureFilm, measureSong } from "../demo/film.ts";
import { play, tasksOf } from "../demo/play.ts";
import { openScreen } from "../demo/screen.ts";
import { summary } from "../demo/summary.ts";
import { newest } from "../demo/view.ts";
import { defaultOrFreePorts } from "../world/ports.ts";
import { UserError } from "../world/user-error.ts";
import { ROOT } from "../world/variables.ts";
import { tail } from "../world/worker.ts";
import { startWorld } from "../world/world.ts";
import { readOptions } from "./options.ts";
import { session } from "./session.ts";

const HELP = `npm run demo -- [song] [--out film.mp4]

Turns a song into a music video on this machine: no account, no key, nothing is charged.

  song          an MP3, WAV, M4A, AAC, Ogg, FLAC or WebM file; without one, the song that comes with the project
  --out <file>  where to put the film (omvee-demo.mp4)`;

const OPTIONS = { out: { type: "string" } } as const;
/**
 * npm runs scripts in the project's root, and takes `--out` as its own option unless `--` stands before it.
 */
const HERE = process.env.INIT_CWD ?? process.cwd();
const NPM_OUT = process.env.npm_config_out;

await session(async (signal) => {
  const { values, positionals } = readOptions(HELP, OPTIONS, true);
  const [named] = positionals;
  const song = named ? resolve(HERE, named) : join(ROOT, "test/fixtures/song.mp3");
  const out = resolve(HERE, values.out ?? NPM_OUT ?? "omvee-demo.mp4");
  if (!(await stat(dirname(out)).catch(() => null))?.isDirectory())
    throw new UserError(`There is no directory ${dirname(out)}.`);
  if (!(await stat(song).catch(() => null))?.isFile()) throw new UserError(`There is no file ${song}.`);

  const began = Date.now();
  const stateDir = await mkdtemp(join(tmpdir(), "omvee-demo-"));
  const screen = openScreen();
  screen.note(`OMVEE demo: ${basename(song)}\nStarting the local world ...`);
  try {
    const world = await startWorld({
      stateDir,
      ports: await defaultOrFreePorts(),
      database: "memory",
      signal,
    });
    try {
      screen.note(`The API runs at ${world.apiUrl}`);
      const api = apiClient(world.apiUrl, await world.token("demo"), signal);
      const view = await play(api, song, {
        changed: (next) => screen.show(next),
        note: (line) => screen.note(line),
      });
      screen.end();
      const [project] = view.project.values();
      const film = newest([...view.final_video.values()].filter((f) => f.status === "completed"));
      if (!project || !film) throw new UserError("The project is completed, and its film is missing.");
      await download(api, project.id, film.id, out);
      const measured = { film: await measureFilm(out), songSeconds: await measureSong(song) };
      const tasks = await tasksOf(api, project.id);
      const name = relative(HERE, out) || out;
      console.log(summary(view, project, tasks, measured, name, (Date.now() - began) / 1000));
    } catch (error) {
      screen.end();
      // The log is deleted with the world: show its end for a defect. A UserError's message says enough.
      if (!(error instanceof UserError || signal.aborted)) console.error(await tail(world.logFile));
      throw error;
    } finally {
      await world.stop();
    }
  } finally {
    await rm(stateDir, { recursive: true, force: true });
  }
});
