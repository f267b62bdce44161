/**
 * Reads the language model's answer: checks its shape, cuts texts and lists to their limits, drops bad
 * colours.
 */
import { z } from "zod";
import type { AnswerMode } from "../domain/models/language-models.ts";
import type { PromptDraft, SceneProposal } from "../domain/record/record.ts";
import { objectsIn } from "./json-answer.ts";
import { plainLine } from "./plain-line.ts";

/** Far more scenes than a song of 200 MB can hold. */
const MAX_SCENES = 1000;
const MAX_COLOURS = 8;

const line = (most: number) => z.string().transform((s) => plainLine(s, most));
const required = (most: number) => line(most).refine((s) => s !== "", "is empty");
const optional = (most: number) =>
  line(most)
    .nullish()
    .transform((s) => s ?? "");

/** Without structured outputs, models put numbers into quotes. */
const number = z.union([
  z.number(),
  z
    .string()
    .regex(/^\s*-?\d{1,15}(\.\d{1,15})?\s*$/)
    .transform(Number),
]);
const lineNumber = number.transform(Math.round).nullable();

const ScenePlan = z
  .object({
    scenes: z
      .array(
        z.object({
          first_line: lineNumber,
          last_line: lineNumber,
          theme: required(400),
          reasoning: optional(1000),
          energy: number.transform((n) => Math.min(1, Math.max(0, n))),
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
    image_prompt: required(2000),
    motion_prompt: required(1000),
    negative_prompt: optional(500),
    style_notes: optional(500),
    setting: optional(200),
    shot_type: optional(100),
    mood: optional(200),
    palette: z.unknown().optional().transform(colours),
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

/** The `#rrggbb` colours, each once, from a list of colours or from one text that holds them. */
function colours(value: unknown): string[] {
  const values: unknown[] = Array.isArray(value)
    ? value
    : typeof value === "string"
      ? value.split(/[\s,;]+/)
      : [];
  const valid = values.flatMap((v) =>
    typeof v === "string" && /^#[0-9a-f]{6}$/i.test(v) ? v.toLowerCase() : [],
  );
  return [...new Set(valid)].slice(0, MAX_COLOURS);
}

/** Reads an answer's text. `problem` says what is wrong with it. */
export type Reader<T> = (
  content: string,
  mode: AnswerMode,
) => { ok: true; value: T } | { ok: false; problem: string };

export const readScenePlan: Reader<SceneProposal> = (content, mode) => read(content, mode, ScenePlan);
export const readShotPrompt: Reader<PromptDraft> = (content, mode) => read(content, mode, ShotPrompt);

function read<T>(content: string, mode: AnswerMode, schema: z.ZodType<T>): ReturnType<Reader<T>> {
  let problem: string | null = null;
  for (const json of objectsIn(content, mode)) {
    const parsed = schema.safeParse(json);
    if (parsed.success) return { ok: true, value: parsed.data };
    const issue = parsed.error.issues[0];
    problem ??= `${issue?.path.join(".") || "the answer"}: ${issue?.message ?? "malformed"}`;
  }
  return { ok: false, problem: problem ?? "it is not JSON" };
}
