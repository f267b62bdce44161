/** Reads a prompt as a picture: what is in it, where things stand, in which colours. */
import {
  called,
  HEAVENS,
  type Heaven,
  keysOf,
  PALETTES,
  type PaletteName,
  paletteFor,
  SETTINGS,
  type Setting,
  SUBJECTS,
  type Subject,
  TIMES,
  type Time,
  WEATHERS,
  type Weather,
} from "../../story/words.ts";
import { type Chance, chanceOf } from "./chance.ts";
import { type Tones, tonesOf } from "./colour.ts";

export interface Scene {
  seed: string;
  setting: Setting;
  subjects: ReadonlySet<Subject>;
  heavens: ReadonlySet<Heaven>;
  weathers: ReadonlySet<Weather>;
  time: Time;
  tones: Tones;
  /** Between « and » in the prompt; empty where it has none. */
  lyric: string;
  /** In frame heights from the top. */
  horizon: number;
  /** Where the light stands, in frame widths and heights. */
  light: { x: number; y: number };
  /** Where the subject stands, in frame widths. */
  subjectX: number;
}

const TIME_PALETTES: Readonly<Record<Time, [PaletteName, ...PaletteName[]]>> = {
  night: ["midnight", "neon", "beacon"],
  dawn: ["tide", "drift", "rose"],
  day: ["summer", "glass", "meadow"],
  dusk: ["copper", "drift", "dunes"],
};

const HORIZON: Readonly<Record<Setting, readonly [number, number]>> = {
  city: [0.7, 0.76],
  sea: [0.56, 0.64],
  hills: [0.62, 0.7],
  mountains: [0.68, 0.76],
  forest: [0.7, 0.78],
  field: [0.6, 0.68],
  desert: [0.6, 0.68],
  clouds: [0.74, 0.8],
  window: [0.64, 0.7],
  road: [0.56, 0.6],
  space: [0.84, 0.9],
  rails: [0.7, 0.76],
};

/** The sun is low at dawn and dusk, the moon always high. */
function lightHeight(time: Time, moon: boolean, horizon: number, chance: Chance): number {
  if (moon) return chance.between(0.17, 0.28);
  if (time === "dawn" || time === "dusk") return horizon - chance.between(0.06, 0.16);
  return chance.between(0.18, 0.3);
}

/**
 * The scene that `prompt` describes. The words outside « and » decide; the lyric inside decides
 * only where they name no place. The same prompt and seed give the same scene.
 */
export function readScene(prompt: string, seed: number | null = null): Scene {
  const lyric = /«([^»]*)»/u.exec(prompt)?.[1]?.trim() ?? "";
  const palette = [...prompt.matchAll(/#[0-9a-f]{6}\b/giu)].map((m) => m[0].toLowerCase()).slice(0, 6);
  const outside = prompt.replace(/«[^»]*»/gu, " ").replace(/#[0-9a-f]{6}\b/giu, " ");
  const text = called(SETTINGS, outside).length > 0 ? outside : `${outside} ${lyric}`;
  const key = `${seed ?? ""}|${prompt}`;
  const chance = chanceOf(key);

  const setting = called(SETTINGS, text)[0] ?? chance.pick(keysOf(SETTINGS));
  const time = called(TIMES, text)[0] ?? chance.pick(keysOf(TIMES));
  const heavens = new Set(called(HEAVENS, text).slice(0, 2));
  if (heavens.size === 0) heavens.add(time === "night" ? "moon" : "sun");
  if (time === "night") heavens.add("stars");
  const paletteName = paletteFor(text) ?? chance.pick(TIME_PALETTES[time]);
  const [low, high] = HORIZON[setting];
  const horizon = chance.between(low, high);
  const subjects = new Set(called(SUBJECTS, text).slice(0, 2));
  // The lyric stands bottom left: what floats low keeps to the right.
  const left = chance.happens(0.5) || subjects.has("boat");
  const third = chance.between(0.26, 0.36);
  return {
    seed: key,
    setting,
    subjects,
    heavens,
    weathers: new Set(called(WEATHERS, text).slice(0, 2)),
    time,
    tones: tonesOf(palette.length >= 3 ? palette : PALETTES[paletteName], time !== "day"),
    lyric,
    horizon,
    light: { x: left ? third : 1 - third, y: lightHeight(time, heavens.has("moon"), horizon, chance) },
    subjectX: left ? 1 - third : third,
  };
}
