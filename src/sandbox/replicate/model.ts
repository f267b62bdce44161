/** A model at Replicate's stand-in: what it takes, by its own schema, and what is to be made of that. */
import { z } from "zod";
import type { Shape } from "../studio/clip-size.ts";

/** What is to be made; `image` and `audio` are addresses or data URIs. */
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
      /** Only where there is no image, whose own shape rules. */
      aspect: string;
      frames: number;
      fps: number;
      sound: boolean;
    }
  | { kind: "words"; audio: string; aligned: boolean };

export interface HostedModel {
  name: string;
  /** Community models are called by version; official ones by name, and show "hidden". */
  version: string | null;
  output: "uri" | "uri_list" | "json";
  /** Listed still, and every run of it fails: its maker runs it no more. */
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
/** Where the schema says that null will do; else it is `z.int().optional()`. */
export const nullableSeed = z.int().nullish();
/** An address or a data URI. */
export const uri = z.union([z.url({ protocol: /^https?$/ }), z.string().startsWith("data:")]);
