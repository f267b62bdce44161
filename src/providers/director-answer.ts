/** What the language model wrote, checked and cut to measure: lengths, counts and colours are ours to decide. */
import { z } from "zod";
import { isRecord, parseJson } from "./http.ts";
import type { PromptDraft, SceneProposal } from "./ports.ts";

/** Far more scenes than a song of 200 MB can hold. */
const MAX_SCENES = 1000;
const MAX_COLOURS = 8;

/** One line of text without control characters (Postgres refuses NUL) or half characters, at most `most` long. */
const line = (most: number) =>
  z.string().transform((s) => {
    const clean = s
      .replace(/[\s\p{Cc}]+/gu, " ")
      .trim()
      .toWellFormed();
    return clean.length > most
      ? clean
          .slice(0, most)
          .replace(/[\uD800-\uDBFF]$/, "")
          .trim()
      : clean;
  });
const needed = (most: number) => line(most).refine((s) => s !== "", "is empty");
const lineNumber = z.number().transform(Math.round).nullable();

const ScenePlan = z
  .object({
    scenes: z
      .array(
        z.object({
          first_line: lineNumber,
          last_line: lineNumber,
          theme: needed(400),
          reasoning: line(1000),
          energy: z.number().transform((n) => Math.min(1, Math.max(0, n))),
        }),
      )
      .min(1)
      .max(MAX_SCENES),
  })
  .transform(
    ({ scenes }): SceneProposal => ({
      scenes: scenes.map((s) => ({
        firstLine: s.first_line,
        lastLine: s.last_line,
        theme: s.theme,
        reasoning: s.reasoning,
        energy: s.energy,
      })),
    }),
  );

const ShotPrompt = z
  .object({
    image_prompt: needed(2000),
    motion_prompt: needed(1000),
    negative_prompt: line(500),
    style_notes: line(500),
    setting: line(200),
    shot_type: line(100),
    mood: line(200),
    palette: z.array(z.unknown()).transform(colours),
  })
  .transform(
    (p): PromptDraft => ({
      imagePrompt: p.image_prompt,
      motionPrompt: p.motion_prompt,
      negativePrompt: p.negative_prompt,
      styleNotes: p.style_notes,
      setting: p.setting,
      shotType: p.shot_type,
      mood: p.mood,
      palette: p.palette,
    }),
  );

function colours(values: unknown[]): string[] {
  const valid = values.flatMap((v) =>
    typeof v === "string" && /^#[0-9a-f]{6}$/i.test(v) ? v.toLowerCase() : [],
  );
  return [...new Set(valid)].slice(0, MAX_COLOURS);
}

export type Read<T> = { ok: true; value: T } | { ok: false; problem: string };

export const readScenePlan = (content: string): Read<SceneProposal> => read(content, ScenePlan);
export const readShotPrompt = (content: string): Read<PromptDraft> => read(content, ShotPrompt);

function read<T>(content: string, schema: z.ZodType<T>): Read<T> {
  const json = findJson(content);
  if (json === undefined) return { ok: false, problem: "it is not JSON" };
  const parsed = schema.safeParse(json);
  if (parsed.success) return { ok: true, value: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, problem: `${issue?.path.join(".") || "the answer"}: ${issue?.message ?? "malformed"}` };
}

/** Models that think aloud put the object after their thoughts, others fence it. */
function findJson(content: string): Record<string, unknown> | undefined {
  const whole = parseJson(content);
  if (isRecord(whole)) return whole;
  const fenced = /```(?:json)?\s*(\{[\s\S]*\})\s*```/.exec(content)?.[1];
  const bare = content.slice(content.indexOf("{"), content.lastIndexOf("}") + 1);
  return [fenced, bare].map((text) => (text ? parseJson(text) : undefined)).find(isRecord);
}
