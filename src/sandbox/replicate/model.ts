/** A model of Replicate's stand-in: its input's schema, and the work that an input asks for. */
import { z } from "zod";
import type { Shape } from "../studio/clip-size.ts";

/** The work of a prediction; `image` and `audio` are addresses or data URIs. */
export type Work =
  | {
      kind: "pictures";
      prompt: string;
      seed: number | null;
      width: number;
      height: number;
      format: "jpg" | "png" | "webp";
      quality: number;
      count: number;
    }
  | {
      kind: "clip";
      prompt: string;
      image: string | null;
      shape: Shape;
      /** Used only without an image: with one, the image's shape decides. */
      aspect: string;
      frames: number;
      fps: number;
      sound: boolean;
    }
  | { kind: "words"; audio: string; aligned: boolean };

export interface HostedModel {
  name: string;
  /**
   * Of a community model, which is run by version. Null for official ones, which are run by name and show
   * "hidden".
   */
  version: string | null;
  output: "uri" | "uri_list" | "json";
  /** Still listed, but every prediction fails, because its maker has withdrawn it. */
  dead: boolean;
  schema: z.ZodType;
  read(input: unknown): { ok: true; work: Work } | { ok: false; error: z.ZodError };
}

export function hosted<S extends z.ZodType>(
  name: string,
  output: HostedModel["output"],
  schema: S,
  work: (input: z.infer<S>) => Work,
  { version = null, dead = false }: Partial<Pick<HostedModel, "version" | "dead">> = {},
): HostedModel {
  return {
    name,
    version,
    output,
    dead,
    schema,
    read(input) {
      const parsed = schema.safeParse(input);
      return parsed.success ? { ok: true, work: work(parsed.data) } : { ok: false, error: parsed.error };
    },
  };
}

export const prompt = z.string();
/** For models whose schema allows null; the others have `z.int().optional()`. */
export const nullableSeed = z.int().nullish();
/** An address or a data URI. */
export const uri = z.union([z.url({ protocol: /^https?$/ }), z.string().startsWith("data:")]);
