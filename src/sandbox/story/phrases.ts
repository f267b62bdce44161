/**
 * The storyteller's phrases. Each has the lexicon's words for what it describes, and no words for anything
 * else, so that the image is drawn as the prompt says.
 */
import type { Heaven, Setting, Subject, Time, Weather } from "./words.ts";

export const PLACES: Readonly<Record<Setting, readonly string[]>> = {
  city: [
    "a downtown skyline of lit towers above a wet street",
    "crowded city towers, their lights doubled in the street below",
    "rooftop over rooftop, a city of tall towers",
  ],
  sea: [
    "a wide sea with a slow swell of waves",
    "open ocean, wave behind wave",
    "a calm bay where the tide turns over itself",
  ],
  hills: ["rolling hills, valley behind valley", "soft hills folding into one long valley"],
  mountains: ["mountain peaks stacked into the distance", "a ring of steep mountain peaks"],
  forest: ["a deep pine forest, trunks like pillars", "a forest of tall pines"],
  field: ["a meadow thick with flowers and long grass", "a wide flower field, grass to the knee"],
  desert: ["desert dunes with wind-drawn crests", "one desert dune after another, all sand"],
  clouds: ["a floor of clouds under an open sky", "towering clouds seen from above, only sky around"],
  window: [
    "looking out through a window pane at blurred lights",
    "a dark room and its window, the pane alive with reflections",
  ],
  road: [
    "an empty highway, the road running straight to its vanishing point",
    "a straight road with its white line, a highway to nobody",
  ],
  space: ["open space above the curve of a planet", "a planet's edge in space, a veil of galaxy behind"],
  rails: ["a stone viaduct carrying the railway over a valley", "a railway on a long viaduct of arches"],
};

export const THINGS: Readonly<Record<Subject, readonly string[]>> = {
  boat: ["a small folded paper boat", "one white paper boat"],
  train: ["a lit train crossing from edge to edge", "a train with every compartment aglow"],
  lighthouse: ["a striped lighthouse sweeping its beam", "an old lighthouse on its rock"],
  couple: ["a couple seen from behind, hand in hand", "a couple standing close"],
  figure: ["a lone figure in a long coat", "a single figure with their back to us"],
  birds: ["a loose flock of birds", "birds turning as one"],
  lanterns: ["paper lanterns let go one by one", "slow glowing lanterns"],
  tree: ["one old oak", "a single spreading tree"],
  balloon: ["a striped balloon, very far up", "one balloon with nobody to steer it"],
};

export const LIGHTS: Readonly<Record<Heaven, readonly string[]>> = {
  moon: ["under a large moon", "a full moon watching"],
  sun: ["a pale sun low behind it", "the sun caught in between"],
  stars: ["under more stars than one can count", "stars down to the ground"],
  aurora: ["a slow green aurora overhead", "an aurora unrolling"],
};

export const AIRS: Readonly<Record<Weather, readonly string[]>> = {
  rain: ["fine rain across the frame", "rain drawn in long threads"],
  snow: ["snow sinking softly", "slow heavy snow"],
  sparks: ["sparks rising and curling away", "a trail of sparks going up"],
  fireflies: ["fireflies blinking near the ground", "a few fireflies"],
  mist: ["thin mist between the shapes", "mist lying in the low places"],
  petals: ["petals carried past", "loose petals crossing the frame"],
};

export const HOURS: Readonly<
  Record<Time, { when: string; light: readonly string[]; mood: readonly string[] }>
> = {
  night: {
    when: "at night",
    light: ["small warm lights against deep blue shade", "rim light and long soft shadows"],
    mood: ["hushed", "wakeful", "longing"],
  },
  dawn: {
    when: "at dawn",
    light: ["first light, cool shadow and a warm edge", "thin low light, everything outlined"],
    mood: ["tender", "expectant", "clear"],
  },
  day: {
    when: "in the day",
    light: ["clean high light, open shadows", "light everywhere, colours at their fullest"],
    mood: ["open", "playful", "warm"],
  },
  dusk: {
    when: "at dusk",
    light: ["low slanting light, long shadows", "the last light, shapes going to silhouettes"],
    mood: ["wistful", "glowing", "restless"],
  },
};

export const SHOTS = [
  "wide establishing shot",
  "low-angle wide shot",
  "long-lens shot",
  "symmetrical static shot",
  "high wide shot",
] as const;

/** Camera moves, by energy from low to high. */
export const MOVES: readonly (readonly string[])[] = [
  ["very slow push in", "slow drift to the left", "slow drift to the right"],
  ["slow push in", "slow pull back", "gentle pan to the right", "gentle pan to the left"],
  ["steady push in, a little faster towards the end", "rising crane move", "pull back and rise"],
];
/** How a subject moves by itself. */
export const DOINGS: Readonly<Record<Subject, string>> = {
  boat: "the boat rocks and moves on",
  train: "the train rolls through",
  lighthouse: "the beam turns",
  couple: "they stand still",
  figure: "nobody moves but the air",
  birds: "wings beat",
  lanterns: "lanterns climb and sway",
  tree: "branches sway",
  balloon: "the balloon climbs",
};
/** How the weather moves. */
export const STIRRINGS: Readonly<Record<Weather, string>> = {
  rain: "rain keeps falling and runs down",
  snow: "snow keeps falling",
  sparks: "sparks rise, flicker and go out",
  fireflies: "fireflies blink on and off",
  mist: "mist slides across",
  petals: "petals tumble past",
};
