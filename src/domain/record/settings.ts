/** A project's settings as the record keeps them, with the values of those that a person did not choose. */
import { z } from "zod";

/** A scene over lyrics that were sung before: made anew, another clip of the same picture, or the same clip. */
export const MOTIF_WAYS = ["new", "vary", "reuse"] as const;
export type MotifWay = (typeof MOTIF_WAYS)[number];

/** How a clip that is shorter than its scene lasts as long: slowed down, its last picture held, or played again. */
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
  /** Tried in this order where the model before can't deliver. */
  imageFallbacks: z
    .array(z.string().max(100))
    .max(5)
    .default(["bytedance/seedream-5-lite", "black-forest-labs/flux-2-klein-4b"]),
  clipModel: z.string().max(100).default("xai/grok-imagine-video"),
  /** Three makers, whose clips of 16:9 and 9:16 are of one size; the last takes no photoreal faces. */
  clipFallbacks: z
    .array(z.string().max(100))
    .max(5)
    .default(["google/veo-3.1-lite", "bytedance/seedance-2.0-mini"]),
  clipResolution: z.enum(["480p", "720p", "1080p"]).default("720p"),
  /** The most the project may spend, or null for no limit of its own. */
  budgetUsd: z.number().min(0).max(100_000).nullable().default(20),
  autoApprove: z.boolean().default(false),
  /** Whether a prompt that moderation refuses is rewritten, one level softer each time. */
  softenRefused: z.boolean().default(true),
  /** Calls of unknown outcome up to this price, which may have been paid for, are made again without asking. */
  repeatUnknownUpToUsd: z.number().min(0).max(100).default(0),
  /** Whether timed lyrics that the file carries are taken instead of paying for a transcription. */
  embeddedLyrics: z.boolean().default(false),
  /** What scenes over lyrics that come again are made of, unless one says otherwise for itself. */
  motifs: z.enum(MOTIF_WAYS).default("new"),
  /** What happens to a clip that is shorter than its scene. */
  clipFill: z.enum(["refuse", ...FILLS]).default("refuse"),
  /** The clips' own sound: left out, or kept as a second track under the song. */
  clipAudio: z.enum(["drop", "track"]).default("drop"),
  /** The song's sound in the film: AAC, made where it is none yet, or as it came. */
  filmSound: z.enum(["aac", "original"]).default("aac"),
});
export type Settings = z.infer<typeof Settings>;
