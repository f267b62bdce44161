/** How a file states that AI made it: terms of IPTC's vocabulary for digital sources. */

/**
 * The terms for media that generative AI made, wholly or in part (cv.iptc.org/newscodes/digitalsourcetype,
 * as quoted by others in September 2026): "created algorithmically using an AI model trained on captured
 * content"; "augmentation, correction or enhancement using a Generative AI model"; "mix or composite of
 * several elements, at least one of which is Generative AI". Google's search reads all three in pictures
 * ("Image metadata in Google Images", developers.google.com, read November 2026).
 */
const AI_SOURCES = [
  "trainedAlgorithmicMedia",
  "compositeWithTrainedAlgorithmicMedia",
  "compositeSynthetic",
] as const;
export type AiSource = (typeof AI_SOURCES)[number];

export const isAiSource = (term: string): boolean => (AI_SOURCES as readonly string[]).includes(term);
export const sourceUri = (source: AiSource): string =>
  `http://cv.iptc.org/newscodes/digitalsourcetype/${source}`;

/**
 * A film's pictures are made by AI, its song is the person's own: the term for a whole whose parts are of
 * both kinds. `trainedAlgorithmicMedia` would call the song made by AI, too;
 * `compositeWithTrainedAlgorithmicMedia` is for what an AI edited.
 */
export const FILM_SOURCE: AiSource = "compositeSynthetic";
export const PICTURE_SOURCE: AiSource = "trainedAlgorithmicMedia";

/**
 * What marks a poster as made by AI: XMP that we `added`, or `xmp` or a `c2pa` manifest that its file already
 * had; null where nothing does.
 */
export type PosterMark = "added" | "xmp" | "c2pa" | null;
