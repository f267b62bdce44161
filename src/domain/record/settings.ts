/**
 * The settings of a project. Each is declared once, in `SETTINGS`: what is stored, what the API accepts and
 * shows, and its documentation derive from there.
 */
import { z } from "zod";
import { partOf, toPublic } from "./public-names.ts";
import { text } from "./text.ts";

/**
 * How a scene over repeated lyrics is made: as a new one, as another clip of the leader's image, or as the
 * leader's clip.
 */
export const MOTIF_WAYS = ["new", "vary", "reuse"] as const;
export type MotifWay = (typeof MOTIF_WAYS)[number];

/** How a clip that is too short fills its scene: slowed down, its last frame held, or played again. */
export const FILLS = ["stretch", "hold", "loop"] as const;
export type Fill = (typeof FILLS)[number];

export const ASPECT_RATIOS = ["16:9", "9:16", "1:1", "4:3", "3:4", "21:9"] as const;
export type AspectRatio = (typeof ASPECT_RATIOS)[number];

/**
 * A setting: what the API accepts and shows, and what is stored. A stored value that is absent or that
 * `schema` does not accept is read as `initial`. The description and the example are those of the API's
 * documentation.
 */
function setting<Schema extends z.ZodType>(
  schema: Schema,
  initial: z.core.util.NoUndefined<z.output<Schema>>,
  documentation: { description: string; example?: string },
) {
  const described = schema.meta(documentation);
  return { accepted: described, shown: described, stored: z.catch(z._default(schema, initial), initial) };
}

const seconds = z.number().min(2).max(30);
const sceneLengths = {
  minSeconds: setting(seconds, 4, { description: "The shortest scene, in seconds." }),
  maxSeconds: setting(seconds, 9, { description: "The longest scene, in seconds." }),
};
const publicSceneLengths = toPublic(partOf(sceneLengths, "shown"));
const storedSceneLengths = z.object(partOf(sceneLengths, "stored"));
const initialSceneLengths = storedSceneLengths.parse({});

const DEFAULT_IMAGE_MODEL = "black-forest-labs/flux-2-pro";
const DEFAULT_CLIP_MODEL = "xai/grok-imagine-video";
const models = z.array(text(100)).max(5);

export const SETTINGS = {
  fps: setting(z.literal(24), 24, { description: "Frames per second of the film." }),
  aspectRatio: setting(z.enum(ASPECT_RATIOS), "16:9", {
    description: "Shape of the film: one that `clip_model` can make.",
    example: "16:9",
  }),
  style: setting(text(500), "", {
    description: "How all images and clips should look; may be empty.",
    example: "35mm film, soft grain",
  }),
  mood: setting(text(200), "", { description: "The mood of the film; may be empty.", example: "wistful" }),
  scenes: {
    accepted: z.strictObject(publicSceneLengths).partial().meta({
      description:
        "Lengths of scenes. `max_seconds` must not exceed the longest clip that `clip_model` makes.",
    }),
    shown: z.object(publicSceneLengths).meta({ description: "Lengths of scenes." }),
    /** Each of the two has its own default. */
    stored: storedSceneLengths.default(initialSceneLengths).catch(initialSceneLengths),
  },
  imageModel: setting(text(100), DEFAULT_IMAGE_MODEL, {
    description: "Name of the image model. An unknown one is refused; the error lists those there are.",
    example: DEFAULT_IMAGE_MODEL,
  }),
  imageFallbacks: setting(models, ["bytedance/seedream-5-lite", "black-forest-labs/flux-2-klein-4b"], {
    description:
      "Image models to try, in this order, where `image_model` fails. A refusal of the content is not taken to them: see soften_refused.",
  }),
  clipModel: setting(text(100), DEFAULT_CLIP_MODEL, {
    description: "Name of the clip model. An unknown one is refused; the error lists those there are.",
    example: DEFAULT_CLIP_MODEL,
  }),
  /**
   * With the default clip model: three makers whose clips of 16:9 and 9:16 have one size. The last takes no
   * photoreal faces.
   */
  clipFallbacks: setting(models, ["google/veo-3.1-lite", "bytedance/seedance-2.0-mini"], {
    description:
      "Clip models to try, in this order, where `clip_model` fails or refuses the content. All clips of a film have one size: models whose clips may have another size than those of `clip_model` are skipped.",
  }),
  clipResolution: setting(z.enum(["480p", "720p", "1080p"]), "720p", {
    description:
      "Resolution of the clips, and so of the film. A model that does not offer it makes the next higher one, or else its highest.",
  }),
  budgetUsd: setting(z.number().min(0).max(100_000).nullable(), 20, {
    description:
      "The most that the project may spend, in US dollars; null for no limit of its own (the account may have one).",
  }),
  autoApprove: setting(z.boolean(), false, {
    description:
      "true: images and clips count as approved unless rejected. false: a person must approve each.",
  }),
  softenRefused: setting(z.boolean(), true, {
    description:
      "true: a prompt that moderation refuses is rewritten one level softer (literal, then implied, then symbolic) and tried again. false: its task fails.",
  }),
  repeatUnknownUpToUsd: setting(z.number().min(0).max(100), 0, {
    description:
      "US dollars. A call that may have been charged and whose outcome is unknown is repeated without asking if its estimated cost is at most this. 0: no paid call is (see `needs_decision` of a task).",
  }),
  embeddedLyrics: setting(z.boolean(), false, {
    description:
      "true: lyrics with times in the song file's tags are used, and no transcription is bought. Without such lyrics the song is transcribed.",
  }),
  motifs: setting(z.enum(MOTIF_WAYS), "new", {
    description:
      "How scenes over repeated lyrics are made. new: like any other scene. vary: a clip of their own from the image of the first such scene. reuse: the clip of the first such scene, where it is long enough. A scene's own `motif` overrides this; /motifs says what each would cost.",
  }),
  clipFill: setting(z.enum(["refuse", ...FILLS]), "refuse", {
    description:
      "What is done with a clip that is shorter than its scene. refuse: it is not used. stretch: it is slowed down, to half speed at most. hold: its last frame is held. loop: it is played again, up to 50 times in all. The film's `edit_list` says where this was done.",
  }),
  clipAudio: setting(z.enum(["drop", "track"]), "drop", {
    description:
      "The clips' own sound. drop: left out. track: kept as a second sound track of the film, which players do not play unless it is chosen.",
  }),
  filmSound: setting(z.enum(["aac", "original"]), "aac", {
    description:
      "The song's sound in the film. aac: AAC-LC in stereo, which all players and platforms accept; a song that is AAC already is copied. original: the song's own coding (FLAC where MP4 cannot hold it), which some players do not play.",
  }),
};

/**
 * Reads stored settings. A setting that is absent, or whose value this version does not accept, has its
 * default; a member that is no setting is left out. So rows of earlier and of later versions can be read.
 */
export const Settings = z.object(partOf(SETTINGS, "stored"));
export type Settings = z.infer<typeof Settings>;
