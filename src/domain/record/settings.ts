/** A project's settings as the record stores them, with their defaults and ranges. */
import { z } from "zod";

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
export const AspectRatio = z.enum(ASPECT_RATIOS);
export type AspectRatio = z.infer<typeof AspectRatio>;

export const Settings = z.object({
  /** Frames per second of the film; song time is counted in these. */
  fps: z.literal(24).default(24),
  aspectRatio: AspectRatio.default("16:9"),
  style: z.string().max(500).default(""),
  mood: z.string().max(200).default(""),
  scenes: z
    .object({ minSeconds: z.number().min(2).max(30), maxSeconds: z.number().min(2).max(30) })
    .refine((s) => s.minSeconds <= s.maxSeconds, "min_seconds must not exceed max_seconds")
    .default({ minSeconds: 4, maxSeconds: 9 }),
  imageModel: z.string().max(100).default("black-forest-labs/flux-2-pro"),
  /** Tried in this order when the model before can't deliver. */
  imageFallbacks: z
    .array(z.string().max(100))
    .max(5)
    .default(["bytedance/seedream-5-lite", "black-forest-labs/flux-2-klein-4b"]),
  clipModel: z.string().max(100).default("xai/grok-imagine-video"),
  /**
   * With the default clip model: three makers whose clips of 16:9 and 9:16 have one size. The last takes no
   * photoreal faces.
   */
  clipFallbacks: z
    .array(z.string().max(100))
    .max(5)
    .default(["google/veo-3.1-lite", "bytedance/seedance-2.0-mini"]),
  clipResolution: z.enum(["480p", "720p", "1080p"]).default("720p"),
  /** The budget in US dollars; null for no limit of the project's own. */
  budgetUsd: z.number().min(0).max(100_000).nullable().default(20),
  autoApprove: z.boolean().default(false),
  /** Whether a prompt that moderation refuses is rewritten, one softening level further each time. */
  softenRefused: z.boolean().default(true),
  /**
   * A call of unknown outcome that costs at most this many US dollars is repeated, though it may be paid for
   * twice.
   */
  repeatUnknownUpToUsd: z.number().min(0).max(100).default(0),
  /** Whether timed lyrics in the song's tags are used instead of a paid transcription. */
  embeddedLyrics: z.boolean().default(false),
  /** How scenes over repeated lyrics are made, unless the scene has its own choice. */
  motifs: z.enum(MOTIF_WAYS).default("new"),
  /** How a clip that is too short may fill its scene; `refuse`: it may not, and a longer one is made. */
  clipFill: z.enum(["refuse", ...FILLS]).default("refuse"),
  /** The clips' own sound: left out, or kept as a second sound track. */
  clipAudio: z.enum(["drop", "track"]).default("drop"),
  /** The song's sound in the film: AAC (converted if it is not), or as in the song's file. */
  filmSound: z.enum(["aac", "original"]).default("aac"),
});
export type Settings = z.infer<typeof Settings>;
