/** The stand-in for the director, by fixed rules: scenes from lyric lines, prompts from scenes. */
import { z } from "zod";
import { chanceOf } from "../studio/art/chance.ts";
import { greyOf, turnHue } from "../studio/art/colour.ts";
import { AIRS, DOINGS, HOURS, LIGHTS, MOVES, PLACES, SHOTS, STIRRINGS, THINGS } from "./phrases.ts";
import { envision, type Hints, keywords, type Vision } from "./vision.ts";
import {
  called,
  PALETTES,
  type PaletteName,
  paletteFor,
  SETTINGS,
  type Setting,
  SUBJECTS,
  type Subject,
  type Time,
} from "./words.ts";

const text = z
  .string()
  .nullish()
  .transform((t) => t ?? "");

export const Song = z.object({
  title: text,
  style: text,
  mood: text,
  duration_seconds: z.number(),
  min_seconds: z.number(),
  max_seconds: z.number(),
  lines: z.array(
    z.object({ index: z.number(), start_seconds: z.number(), end_seconds: z.number(), text: z.string() }),
  ),
});
export type Song = z.infer<typeof Song>;
type Line = Song["lines"][number];

export const Shot = z.object({
  title: text,
  style: text,
  mood: text,
  aspect_ratio: z.string(),
  number: z.number(),
  of: z.number(),
  lyric: text,
  theme: text,
  energy: z.number(),
  seconds: z.number(),
  previous_theme: z.string().nullish(),
  next_theme: z.string().nullish(),
});
export type Shot = z.infer<typeof Shot>;

const LINES_PER_SCENE = 2;
/** A shorter pause between lines neither ends a scene nor gets one of its own. */
const REST_SECONDS = 3;

/** The lines in groups, each for one scene. */
function groups(song: Song): Line[][] {
  const out: Line[][] = [];
  for (const line of song.lines) {
    const open = out.at(-1);
    const first = open?.[0];
    const last = open?.at(-1);
    const fits =
      open &&
      first &&
      last &&
      open.length < LINES_PER_SCENE &&
      line.end_seconds - first.start_seconds <= song.max_seconds &&
      line.start_seconds - last.end_seconds < REST_SECONDS;
    if (fits) open.push(line);
    else out.push([line]);
  }
  return out;
}

const sentence = (s: string) => s.charAt(0).toUpperCase() + s.slice(1);
const round = (n: number) => Math.round(n * 100) / 100;
const listed = (words: readonly string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;

function themeOf(vision: Vision, seed: string): string {
  const chance = chanceOf(`${seed}|theme`);
  const place = chance.pick(PLACES[vision.setting]);
  return sentence(vision.subject ? `${chance.pick(THINGS[vision.subject])}, ${place}` : place);
}

function sungScene(song: Song, lines: Line[], chorus: boolean, hints: Hints) {
  const words = lines.map((l) => l.text).join(" / ");
  const turn = `${song.title}|${lines[0]?.index ?? 0}`;
  const vision = envision({ lyric: words }, turn, hints);
  const images = keywords(words).slice(0, 4);
  const said =
    images.length > 0
      ? `It turns on ${listed(images.map((w) => `“${w}”`))}`
      : "It says little and leaves the picture free";
  const seconds = Math.max(1, (lines.at(-1)?.end_seconds ?? 0) - (lines[0]?.start_seconds ?? 0));
  const pace = Math.min(1, words.split(/\s+/u).length / seconds / 3);
  const scene = {
    first_line: lines[0]?.index ?? null,
    last_line: lines.at(-1)?.index ?? null,
    theme: themeOf(vision, `${words}|${turn}`),
    reasoning: `${said}; ${chorus ? "the chorus comes back, so the frame opens and the energy lifts" : "a verse that wants one clear image, held long enough to be read"}.`,
    energy: round(chorus ? 0.7 + 0.25 * pace : 0.35 + 0.4 * pace),
  };
  return { scene, vision };
}

/** Settings of scenes without words. */
const AWAY: Readonly<Record<"break" | "ending", readonly Setting[]>> = {
  break: ["road", "mountains", "desert", "forest", "space"],
  ending: ["sea", "hills", "field", "mountains"],
};

/**
 * A scene without words. `near`: the words after it (opening) or before it; `used`: settings of earlier
 * scenes.
 */
function restScene(
  song: Song,
  place: "opening" | "break" | "ending",
  near: string,
  used: ReadonlySet<Setting>,
) {
  const chance = chanceOf(`${song.title}|${place}|${near}`);
  const seen = envision({ lyric: near }, `${song.title}|${place}`);
  const fresh =
    place === "opening" ? called(SETTINGS, near).slice(1) : AWAY[place].filter((s) => !used.has(s));
  const setting = fresh.length > 0 ? (place === "opening" ? fresh[0] : chance.pick(fresh)) : undefined;
  const vision = { ...seen, subject: null, setting: setting ?? seen.setting };
  const note = {
    opening: ["Before the first word", "Nobody sings yet: it shows where the song lives.", 0.25],
    break: [
      "A breath between the verses",
      "An instrumental break: the picture may breathe and travel.",
      0.55,
    ],
    ending: ["After the last word", "The voice has gone: the image empties and lets go.", 0.2],
  } as const;
  const [opening, reasoning, energy] = note[place];
  return {
    first_line: null,
    last_line: null,
    theme: `${opening}: ${themeOf(vision, near + place)}`,
    reasoning,
    energy,
  };
}

/** Scenes in song order: of up to two lines each, and scenes without words for long pauses. */
export function planScenes(song: Song) {
  const key = (line: Line) => line.text.toLowerCase();
  const sungTimes = new Map<string, number>();
  for (const line of song.lines) sungTimes.set(key(line), (sungTimes.get(key(line)) ?? 0) + 1);
  const runs = groups(song);
  const near = (lines: Line[] | undefined) => lines?.map((l) => l.text).join(" ") || song.title;
  const scenes: (ReturnType<typeof sungScene>["scene"] | ReturnType<typeof restScene>)[] = [];
  const long = Math.max(REST_SECONDS, song.min_seconds);
  const shown = new Map<string, number>();
  const used = new Set<Setting>();
  let end = 0;
  let avoid: Subject | null = null;
  runs.forEach((lines, i) => {
    const start = lines[0]?.start_seconds ?? end;
    if (start - end >= long) {
      const opening = i === 0;
      scenes.push(restScene(song, opening ? "opening" : "break", near(runs[opening ? 0 : i - 1]), used));
    }
    const again = Math.max(...lines.map((l) => shown.get(key(l)) ?? 0));
    for (const l of lines) shown.set(key(l), again + 1);
    const chorus = lines.some((l) => (sungTimes.get(key(l)) ?? 0) > 1);
    const { scene, vision } = sungScene(song, lines, chorus, { avoid, again });
    scenes.push(scene);
    used.add(vision.setting);
    avoid = vision.subject;
    end = lines.at(-1)?.end_seconds ?? start;
  });
  const left = song.duration_seconds - end;
  const wordless = Math.max(1, Math.round(left / ((song.min_seconds + song.max_seconds) / 2)));
  const rests = runs.length === 0 ? wordless : left >= long ? 1 : 0;
  for (let i = 0; i < rests; i++) {
    const place = i === rests - 1 ? "ending" : i === 0 ? "opening" : "break";
    scenes.push(restScene(song, place, `${near(runs.at(-1))}${i > 0 ? ` ${i}` : ""}`, used));
  }
  return { scenes };
}

const BY_TIME: Readonly<Record<Time, readonly PaletteName[]>> = {
  night: ["midnight", "neon", "beacon"],
  dawn: ["tide", "rose", "drift"],
  day: ["summer", "meadow", "glass"],
  dusk: ["copper", "drift", "dunes"],
};

/** Settings with palettes of their own. */
const BY_PLACE: Readonly<Partial<Record<Setting, readonly PaletteName[]>>> = {
  desert: ["dunes", "copper"],
  forest: ["forest", "frost"],
  space: ["aurora", "midnight"],
};

/**
 * A scene's palette: by its words, else by setting or time. Its hues are turned a little, so that scenes
 * differ.
 */
function paletteOf(shot: Shot, vision: Vision, seed: string): string[] {
  const chance = chanceOf(`${seed}|palette`);
  const name =
    paletteFor(shot.lyric) ??
    paletteFor(`${shot.style} ${shot.mood}`) ??
    chance.pick(BY_PLACE[vision.setting] ?? BY_TIME[vision.time]);
  const turn = chance.between(-7, 7);
  const grey = /\b(monochrome|black[ -]and[ -]white|greyscale|grayscale)\b/iu.test(shot.style);
  return PALETTES[name].map((c) => (grey ? greyOf(c) : turnHue(c, turn)));
}

/** All prompts of one scene; the image prompt carries the palette and, between « and », the lyric. */
export function writeShot(shot: Shot) {
  const seed = `${shot.title}|${shot.number}|${shot.lyric}|${shot.theme}`;
  const chance = chanceOf(seed);
  const seen = envision({ lyric: shot.lyric, theme: shot.theme }, `${shot.title}|${shot.number}`);
  const bare = shot.lyric === "" && called(SUBJECTS, shot.theme).length === 0;
  const vision = bare ? { ...seen, subject: null } : seen;
  const hour = HOURS[vision.time];
  const energy = Math.min(1, Math.max(0, shot.energy));
  const place = chance.pick(PLACES[vision.setting]);
  const thing = vision.subject ? chance.pick(THINGS[vision.subject]) : null;
  const shotType = chance.pick(SHOTS);
  const light = chance.pick(hour.light);
  const mood = shot.mood || chance.pick(hour.mood);
  const palette = paletteOf(shot, vision, seed);
  const air = vision.weather ? `, ${chance.pick(AIRS[vision.weather])}` : "";
  const move = chance.pick(MOVES[Math.min(2, Math.floor(energy * 3))] ?? ["slow push in"]);
  const stirring = vision.weather ? `; ${STIRRINGS[vision.weather]}` : "";
  const style = shot.style || "layered paper-cut illustration, soft grain, cinematic light";
  const lyric = shot.lyric
    .trim()
    .split(/\s*\n\s*/u)
    .join(" / ");
  const line = lyric ? ` The line it carries: «${lyric}».` : "";
  return {
    image_prompt:
      `${sentence(shotType)} ${hour.when}: ${thing ? `${thing}, ` : ""}${place}, ${chance.pick(LIGHTS[vision.heaven])}${air}. ${sentence(light)}; ${mood}. ${sentence(style)}. Palette ${palette.join(", ")}.${line}`.trim(),
    motion_prompt: `${sentence(move)}, ${energy > 0.66 ? "with drive" : "unhurried"}${vision.subject ? `; ${DOINGS[vision.subject]}` : ""}${stirring}. One continuous take, no cut.`,
    negative_prompt: "blurry, low quality, watermark, logo, distorted hands, extra limbs, frame border",
    style_notes: `${sentence(style)}; ${light}${shot.previous_theme ? `; keeps the colour of what came before (${shot.previous_theme.toLowerCase()})` : ""}.`,
    setting: `${sentence(place)}, ${hour.when}`,
    shot_type: shotType,
    mood,
    palette,
  };
}
