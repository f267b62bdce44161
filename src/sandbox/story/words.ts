/**
 * The lexicon by which the sandbox reads songs and prompts: the words for each setting, subject, light,
 * weather, time and palette.
 */

export const SETTINGS = {
  city: "city street skyline tower building downtown avenue traffic subway rooftop taxi club concrete neon urban",
  sea: "sea ocean tide wave water shore beach harbor harbour island river lake swim drown current bay drift sail",
  hills: "hill valley country horizon home",
  mountains: "mountain peak summit climb cliff alpine",
  forest: "forest wood pine branch wild leaf",
  field: "field meadow flower garden rose grass wheat bloom summer spring",
  desert: "desert sand dust dune heat dry",
  clouds: "air fly cloud higher wing float heaven angel above breeze wind sky nowhere",
  window: "window pane room curtain door wall house inside",
  road: "road highway drive car wheel mile ride run",
  space: "space galaxy planet universe cosmic orbit rocket gravity",
  rails: "train rail railway station platform track viaduct",
} as const;
export const SUBJECTS = {
  boat: "boat ship canoe",
  train: "train locomotive carriage",
  lighthouse: "lighthouse beacon side",
  couple: "couple lover kiss together",
  figure: "figure stranger wanderer alone lonely",
  birds: "bird swallow gull wing flock",
  lanterns: "lantern candle",
  tree: "tree oak",
  balloon: "balloon",
} as const;
export const HEAVENS = {
  moon: "moon moonlight midnight lunar",
  sun: "sun sunlight sunrise sunset sunshine",
  stars: "star starlight galaxy constellation",
  aurora: "aurora northern",
} as const;
export const WEATHERS = {
  rain: "rain storm downpour tear cry",
  snow: "snow winter cold ice frost blizzard",
  sparks: "spark ember fire flame burn",
  fireflies: "firefly",
  mist: "mist fog haze ghost smoke silent",
  petals: "petal autumn blossom",
} as const;
export const TIMES = {
  night: "night midnight moon star neon dark nocturnal moonlight sleep",
  dawn: "dawn morning sunrise wake daybreak early",
  day: "day noon sunlight summer bright sunshine",
  dusk: "dusk evening sunset twilight late copper gold golden",
} as const;

export type Setting = keyof typeof SETTINGS;
export type Subject = keyof typeof SUBJECTS;
export type Heaven = keyof typeof HEAVENS;
export type Weather = keyof typeof WEATHERS;
export type Time = keyof typeof TIMES;

export const PALETTES = {
  neon: ["#0a0f2c", "#2a1a5e", "#7d2a8c", "#ff4f9a", "#5ee6ff"],
  midnight: ["#070c20", "#14264d", "#31527f", "#93b4d6", "#f6e6b8"],
  tide: ["#1c2b4f", "#4f5d94", "#c07f9c", "#f6b38a", "#ffe9c7"],
  beacon: ["#0b1c2c", "#13455a", "#2e8289", "#f2c879", "#fff3d1"],
  embers: ["#120a18", "#43162c", "#a3352c", "#ff7c38", "#ffd889"],
  drift: ["#1d1440", "#52368a", "#c05c93", "#ff9d7a", "#ffe0b0"],
  copper: ["#15131f", "#3a2a45", "#8a4638", "#d98548", "#ffdca6"],
  glass: ["#0c1a26", "#1d4a5e", "#5f98a3", "#b9dedb", "#f5fbf8"],
  summer: ["#12506b", "#3a8f8f", "#e8b45a", "#f58f5b", "#fff0b8"],
  meadow: ["#1f4a4f", "#4f8a6b", "#a9c77a", "#f5d98a", "#fff7da"],
  forest: ["#0b1a19", "#1d3f38", "#47735a", "#a7bf86", "#f0edc2"],
  frost: ["#18233c", "#45628c", "#8fb2cf", "#d3e4ee", "#ffffff"],
  storm: ["#11161f", "#2c3a4c", "#5d7286", "#a3b4bd", "#eef0e6"],
  rose: ["#2a1030", "#6b2450", "#c64f70", "#f7a08a", "#ffe4d3"],
  dunes: ["#2b1b2e", "#7a3f3e", "#cf7a45", "#f3b765", "#ffedc4"],
  aurora: ["#07122a", "#123a5c", "#1f8a7d", "#6fe0a0", "#e6ffd9"],
} as const;
export type PaletteName = keyof typeof PALETTES;

/** Words that ask for a palette. */
const PALETTE_WORDS: Readonly<Record<PaletteName, string>> = {
  neon: "club tonight downtown",
  embers: "spark fire flame burn ember red heat",
  copper: "metal iron city",
  beacon: "light beacon lighthouse follow side shine",
  tide: "tide morning dawn shore trace sunrise",
  drift: "drift higher float nowhere air dream fly",
  summer: "summer sun late soon beach july august",
  midnight: "midnight moon night star dark train",
  glass: "glass mirror ice clear crystal",
  rose: "love heart rose kiss lip blood",
  forest: "forest wood green leaf wild",
  meadow: "field flower garden grass spring day",
  frost: "snow winter cold frost white",
  storm: "storm rain grey tear cry thunder",
  dunes: "desert sand dust gold golden road",
  aurora: "aurora magic ghost silent space galaxy",
};

/** Words that name a colour: they decide before PALETTE_WORDS. */
const COLOUR_WORDS: Readonly<Partial<Record<PaletteName, string>>> = {
  neon: "neon electric purple",
  copper: "copper rust bronze orange",
  dunes: "gold golden yellow",
  embers: "red crimson ember",
  midnight: "blue midnight",
  forest: "green",
  frost: "white silver snow",
  rose: "pink rose",
  storm: "grey gray",
};

/** Lower-case words in order, without punctuation; apostrophes stay inside. */
export const wordsOf = (text: string): string[] =>
  (text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’][\p{L}]+)*/gu) ?? []).map((w) => w.replace(/’/gu, "'"));

/** Forms under which a word may stand in the lexicon: itself, and without its ending. */
function stems(word: string): string[] {
  const forms = [word];
  if (word.endsWith("ies")) forms.push(`${word.slice(0, -3)}y`);
  if (word.endsWith("ves")) forms.push(`${word.slice(0, -3)}f`);
  if (word.length > 3 && word.endsWith("s")) forms.push(word.slice(0, -1));
  for (const ending of ["ing", "ed", "es"]) {
    if (word.length > ending.length + 2 && word.endsWith(ending)) {
      const root = word.slice(0, -ending.length);
      forms.push(root, `${root}e`, root.replace(/(.)\1$/u, "$1"));
    }
  }
  return forms;
}

/** `Object.keys` with the type of the table's keys. */
export const keysOf = <K extends string>(table: Readonly<Partial<Record<K, unknown>>>): K[] =>
  Object.keys(table) as K[];

/** The keys of `lexicon` that `text` has words of: most mentions first, then the earlier mention. */
export function called<K extends string>(lexicon: Readonly<Partial<Record<K, string>>>, text: string): K[] {
  const spoken = wordsOf(text).map((w) => new Set(stems(w)));
  const keys = keysOf(lexicon);
  const found = keys.map((key) => {
    const entry = (lexicon[key] ?? "").split(" ");
    const places = spoken.flatMap((forms, i) => (entry.some((e) => forms.has(e)) ? [i] : []));
    return { key, count: places.length, first: places[0] ?? 0 };
  });
  return found
    .filter((f) => f.count > 0)
    .sort((a, b) => b.count - a.count || a.first - b.first)
    .map((f) => f.key);
}

/** The palette that the words ask for, or null where none does. */
export function paletteFor(text: string): PaletteName | null {
  return called(COLOUR_WORDS, text)[0] ?? called(PALETTE_WORDS, text)[0] ?? null;
}

/** Syllables as sung, roughly: groups of vowels, without a silent last e. */
export function syllables(word: string): number {
  const bare = word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
  const sung = bare.length > 3 ? bare.replace(/(?<![aeiouyl])e$|(?<=[aeiouy][^aeiouy])es$/u, "") : bare;
  return Math.max(1, sung.match(/[aeiouyàâäåæèéêëìíîïòóôöøùúûüœ]+/gu)?.length ?? 1);
}
