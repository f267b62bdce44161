/** Decides what the image of a lyric line shows. */
import { type Chance, chanceOf } from "../studio/art/chance.ts";
import {
  called,
  HEAVENS,
  type Heaven,
  keysOf,
  SETTINGS,
  type Setting,
  SUBJECTS,
  type Subject,
  TIMES,
  type Time,
  WEATHERS,
  type Weather,
  wordsOf,
} from "./words.ts";

export interface Vision {
  setting: Setting;
  subject: Subject | null;
  heaven: Heaven;
  weather: Weather | null;
  time: Time;
}

/** Subjects that fit a setting, the likeliest first. */
const AT_HOME: Readonly<Record<Setting, readonly Subject[]>> = {
  city: ["figure", "couple", "birds", "lanterns", "boat", "balloon"],
  sea: ["boat", "lighthouse", "birds", "lanterns", "balloon"],
  hills: ["couple", "tree", "lanterns", "birds", "balloon", "figure"],
  mountains: ["figure", "birds", "balloon", "couple", "lanterns"],
  forest: ["figure", "lanterns", "couple"],
  field: ["tree", "couple", "balloon", "birds", "figure", "lanterns"],
  desert: ["figure", "balloon", "couple", "birds", "lanterns"],
  clouds: ["balloon", "birds", "lanterns"],
  window: [],
  road: ["birds", "balloon"],
  space: [],
  rails: ["train", "boat", "birds", "balloon"],
};
/** The setting of a subject whose words name none. */
const HOME: Readonly<Record<Subject, Setting>> = {
  boat: "sea",
  train: "rails",
  lighthouse: "sea",
  couple: "hills",
  figure: "city",
  birds: "clouds",
  lanterns: "sea",
  tree: "field",
  balloon: "clouds",
};
const OPEN_LAND: readonly Setting[] = ["hills", "field", "mountains", "desert"];

const USUAL_AIR: Readonly<Partial<Record<Setting, readonly Weather[]>>> = {
  city: ["rain", "snow"],
  forest: ["fireflies", "mist"],
  field: ["petals", "fireflies"],
  hills: ["fireflies", "mist", "petals"],
  mountains: ["snow", "mist"],
  window: ["rain"],
  desert: ["petals"],
};

const PRONOUNS: Readonly<Partial<Record<Subject, RegExp>>> = {
  couple: /\b(we|us|our|ours)\b/iu,
  figure: /\b(i|me|my|you|your)\b/iu,
};

export interface Hints {
  /** The subject of the scene before: not chosen again unless the words name it. */
  avoid?: Subject | null;
  /** How often these words came earlier in the song. */
  again?: number;
}

/**
 * The setting that a text names, undefined where it names none; for repeated words another one, or open land
 * instead of clouds.
 */
function placeIn(text: string, again: number, chance: Chance): Setting | undefined {
  const places = called(SETTINGS, text);
  if (again > 0 && places.length === 1 && places[0] === "clouds") return chance.pick(OPEN_LAND);
  return places[again % Math.max(1, places.length)];
}

/**
 * What the image of a lyric line and its theme shows. The setting comes from the theme, else from the lyric;
 * all else from both. `turn` seeds what the words leave open: the same arguments give the same vision.
 */
export function envision(words: { lyric: string; theme?: string }, turn: string, hints: Hints = {}): Vision {
  const { lyric, theme = "" } = words;
  const { avoid = null, again = 0 } = hints;
  const text = `${theme} / ${lyric}`;
  const chance = chanceOf(`${text}|${turn}`);
  const people = keysOf(SUBJECTS).filter((s) => PRONOUNS[s]?.test(lyric));
  const named = [...called(SUBJECTS, theme), ...called(SUBJECTS, lyric)];
  const place = placeIn(theme, 0, chance) ?? placeIn(lyric, again, chance);
  const setting = place ?? (named[0] ? HOME[named[0]] : chance.pick(keysOf(SETTINGS)));
  const home = AT_HOME[setting];
  const fitting = [...named, ...people].filter((s) => home.includes(s));
  const usual = home.filter((h) => h !== avoid).slice(0, 3);
  const subject = fitting[0] ?? (usual.length > 0 ? chance.pick(usual) : null);
  const heavens = called(HEAVENS, text).filter((h) => h !== "stars");
  const time = called(TIMES, text)[0] ?? timeOf(heavens[0], chance.pick(keysOf(TIMES)));
  const heaven = heavens[0] ?? (time === "night" ? chance.pick<Heaven>(["moon", "stars", "moon"]) : "sun");
  const weather =
    called(WEATHERS, text)[0] ?? (chance.happens(0.35) ? chance.pick(USUAL_AIR[setting] ?? ["mist"]) : null);
  return { setting, subject, heaven, weather, time };
}

const timeOf = (heaven: Heaven | undefined, otherwise: Time): Time =>
  heaven === "moon" || heaven === "aurora" ? "night" : otherwise;

const FILLER = new Set(
  "a an and the of on in to it its is are was were be been too so at by for from with into onto your you i me my we us our that this but or as they them he she his her went came come go going".split(
    " ",
  ),
);

/** The words of a text that carry its meaning, in order, each once. */
export const keywords = (text: string): string[] =>
  [...new Set(wordsOf(text))].filter((w) => w.length > 2 && !FILLER.has(w));
