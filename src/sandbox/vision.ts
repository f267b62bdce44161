/** How the storyteller sees words: which picture a line of a song becomes. */
import { chanceOf } from "./art/chance.ts";
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

/** Subjects that belong in a place, the likeliest first. */
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
/** Where a subject goes when the words name no place. */
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

/**
 * The picture that `text` calls up. `turn` varies what the words leave open, so that a line that
 * comes back is not the same shot twice; `avoid` is a subject not to take of one's own accord. The same words and turn give the same vision.
 */
export function envision(text: string, turn: string, avoid: Subject | null = null): Vision {
  const chance = chanceOf(`${text}|${turn}`);
  const people = keysOf(SUBJECTS).filter((s) => PRONOUNS[s]?.test(text));
  const named = called(SUBJECTS, text);
  const places = called(SETTINGS, text);
  let setting = places[0] ?? (named[0] ? HOME[named[0]] : chance.pick(keysOf(SETTINGS)));
  if (setting === "clouds" && named.length === 0 && people.includes("couple") && chance.happens(0.65))
    setting = chance.pick(OPEN_LAND);
  const home = AT_HOME[setting];
  const fitting = [...named, ...people].filter((s) => home.includes(s));
  const subject =
    fitting[0] ?? (home.length > 0 ? chance.pick(home.filter((h) => h !== avoid).slice(0, 3)) : null);
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

/** The words of a line that carry it, in order, each once. */
export const telling = (text: string): string[] =>
  [...new Set(wordsOf(text))].filter((w) => w.length > 2 && !FILLER.has(w));
