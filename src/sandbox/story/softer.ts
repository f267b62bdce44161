/** The stand-in for the director after a refusal: writes the shot anew, without the refused shot's words. */
import { z } from "zod";
import { type Chance, chanceOf } from "../studio/art/chance.ts";
import { keywords } from "./vision.ts";

const text = z.string();
const Shot = z.object({
  image_prompt: text,
  motion_prompt: text,
  negative_prompt: text,
  style_notes: text,
  setting: text,
  shot_type: text,
  mood: text,
  palette: z.array(text),
});
export const Refused = z.object({
  title: text,
  softening_level: z.enum(["implied", "symbolic"]),
  what: z.enum(["image", "clip"]),
  shot: Shot,
});
export type Refused = z.infer<typeof Refused>;
type SofteningLevel = Refused["softening_level"];

/** What the image shows. */
const STILLS: Readonly<Record<SofteningLevel, readonly string[]>> = {
  implied: [
    "a curtain stirring beside an unmade chair, tea gone tepid",
    "footprints heading off in clay, already vague",
    "an avenue after closing hour, one glove lying at its kerb",
    "a swing yet moving where grass was pressed flat",
    "a gate ajar upon a verge, headlamps fading",
    "ripples on a pond beyond an abandoned jetty",
    "shutters closed at a summit hut, somebody's scarf outside",
    "a platform minutes following departure, its clock ticking",
    "outlines of passers-by thrown across brickwork and gone",
    "broken twigs beside a burrow, quiet returning among wild thyme",
  ],
  symbolic: [
    "ink poured in a bowl of milk",
    "brass rings in slow orbit around nothing",
    "wheat seed scattering, husk by husk",
    "foam erasing its own drawing along a shore",
    "crystals spreading over rusted iron",
    "ribbons of linen lifted by breeze",
    "pebbles in balance, about to topple",
    "a fern uncurling against slate",
    "marbles in a porcelain dish",
    "a kite string rising to an unseen end",
    "melting wax pooled on varnish",
    "salt lines left by drought on clay",
  ],
};
const SHOTS: Readonly<Record<SofteningLevel, readonly string[]>> = {
  implied: ["Detail framing", "View from a doorway", "Oblique framing"],
  symbolic: ["Macro study", "Tabletop study", "Abstract close-up"],
};
const GLOWS = [
  "diffuse window radiance",
  "pearly overcast radiance",
  "lamp glow off to one edge",
  "even studio illumination",
] as const;
const MOODS: Readonly<Record<SofteningLevel, readonly string[]>> = {
  implied: ["unspoken", "suspended", "afterthought"],
  symbolic: ["weightless", "contemplative", "abstract"],
};
/** Whole motion prompts. */
const MOTIONS: Readonly<Record<SofteningLevel, readonly string[]>> = {
  implied: [
    "Bolted tripod, held breath.",
    "Dolly out by inches, emptiness around it.",
    "Subtle tilt upon what remains.",
    "Handheld, quiet breathing of its operator.",
    "Rack focus, near to far.",
  ],
  symbolic: [
    "Bolted tripod; hues breathe.",
    "Zoom out gradually as patterns form.",
    "Tilt up, barely, following a gleam.",
    "Orbit by a few degrees.",
    "Focus blurs, then sharpens.",
  ],
};

/**
 * A phrase without the telling words of `refused`. Where each has some, one with the fewest, of which a word
 * of three letters weighs less.
 */
function clearOf(refused: string, phrases: readonly string[], chance: Chance): string {
  const refusedWords = keywords(refused);
  const weights = phrases.map((phrase) => {
    const words = phrase.toLowerCase();
    return refusedWords.reduce(
      (sum, word) => sum + (words.includes(word) ? (word.length > 3 ? 100 : 1) : 0),
      0,
    );
  });
  const least = Math.min(...weights);
  return chance.pick(phrases.filter((_, i) => weights[i] === least));
}

/**
 * The refused shot at the given softening level. Which word was refused is not known, so none is used again:
 * for an image only the palette is kept; for a clip, all but the motion prompt.
 */
export function soften({ title, softening_level: level, what, shot }: Refused): z.infer<typeof Shot> {
  const chance = chanceOf(`${title}|${level}|${shot.image_prompt}|${shot.motion_prompt}`);
  const refused = Object.values(shot).flat().join(" ");
  const pick = (phrases: readonly string[]) => clearOf(refused, phrases, chance);
  const motion_prompt = pick(MOTIONS[level]);
  if (what === "clip") return { ...shot, motion_prompt };
  const still = pick(STILLS[level]);
  const shot_type = pick(SHOTS[level]);
  const mood = pick(MOODS[level]);
  return {
    image_prompt: `${shot_type}: ${still}. ${pick(GLOWS)}; ${mood}. ${shot.palette.join(", ")}`,
    motion_prompt,
    negative_prompt: "blur, lettering, clutter",
    style_notes: "Same colours throughout; nothing shown outright.",
    setting: still,
    shot_type,
    mood,
    palette: shot.palette,
  };
}
