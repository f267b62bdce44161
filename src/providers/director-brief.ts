/**
 * The request to the language model: the craft (instructions), the song as data, and the shape of the answer.
 */
import { type AnswerMode, SCENE_PLAN_TOKENS, SHOT_PROMPT_TOKENS } from "../domain/models/language-models.ts";
import type { Director } from "../ports/providers.ts";
import { PROMPT_CRAFT, SCENE_CRAFT, softCraft } from "./director-craft.ts";

type SceneInput = Parameters<Director["proposeScenes"]>[0];
type PromptInput = Parameters<Director["writePrompt"]>[0];
type SoftInput = Parameters<Director["softenPrompt"]>[0];

interface Shape {
  name: string;
  schema: Record<string, unknown>;
}
export interface Brief {
  system: string;
  user: string;
  /** `response_format` of the call. */
  format:
    | { type: "json_schema"; json_schema: Shape & { strict: true } }
    /** `system` describes the shape. */
    | { type: "json_object" };
  /** The most tokens of the answer, including reasoning. */
  maxTokens: number;
}

const text = { type: "string" };
const SCENE_PLAN: Shape = {
  name: "scene_plan",
  schema: record({
    scenes: {
      type: "array",
      items: record({
        first_line: { type: ["integer", "null"] },
        last_line: { type: ["integer", "null"] },
        theme: text,
        reasoning: text,
        energy: { type: "number" },
      }),
    },
  }),
};
const SHOT_PROMPT: Shape = {
  name: "shot_prompt",
  schema: record({
    image_prompt: text,
    motion_prompt: text,
    negative_prompt: text,
    style_notes: text,
    setting: text,
    shot_type: text,
    mood: text,
    palette: { type: "array", items: text },
  }),
};

export function sceneBrief(input: SceneInput): Brief {
  const { title, style, mood, durationSeconds, minSeconds, maxSeconds, lines } = input;
  const data = {
    title,
    style,
    mood,
    duration_seconds: durationSeconds,
    min_seconds: minSeconds,
    max_seconds: maxSeconds,
    lines: lines.map((l) => ({
      index: l.index,
      start_seconds: l.startSeconds,
      end_seconds: l.endSeconds,
      text: l.text,
    })),
  };
  return brief(SCENE_CRAFT, tagged("song", data), SCENE_PLAN, input.mode, SCENE_PLAN_TOKENS);
}

export function promptBrief(input: PromptInput): Brief {
  const { title, style, mood, aspectRatio, scene, previousTheme, nextTheme } = input;
  const { number, of, lyric, theme, energy, seconds } = scene;
  const data = {
    title,
    style,
    mood,
    aspect_ratio: aspectRatio,
    number,
    of,
    lyric,
    theme,
    energy,
    seconds,
    previous_theme: previousTheme,
    next_theme: nextTheme,
  };
  return brief(PROMPT_CRAFT, tagged("scene", data), SHOT_PROMPT, input.mode, SHOT_PROMPT_TOKENS);
}

export function softBrief(input: SoftInput): Brief {
  const { title, style, mood, aspectRatio, prompt, softeningLevel, what, refusal } = input;
  const data = {
    title,
    style,
    mood,
    aspect_ratio: aspectRatio,
    softening_level: softeningLevel,
    what,
    refusal,
    shot: {
      image_prompt: prompt.imagePrompt,
      motion_prompt: prompt.motionPrompt,
      negative_prompt: prompt.negativePrompt,
      style_notes: prompt.styleNotes,
      setting: prompt.setting,
      shot_type: prompt.shotType,
      mood: prompt.mood,
      palette: prompt.palette,
    },
  };
  const user = tagged("refused", data);
  return brief(softCraft(softeningLevel, what), user, SHOT_PROMPT, input.mode, SHOT_PROMPT_TOKENS);
}

function brief(craft: string, user: string, shape: Shape, mode: AnswerMode, maxTokens: number): Brief {
  if (mode === "schema") {
    const format = { type: "json_schema", json_schema: { ...shape, strict: true } } as const;
    return { system: craft, user, format, maxTokens };
  }
  const system = `${craft}\n\nThe shape, as a JSON Schema; answer with one JSON object that fits it:\n${JSON.stringify(shape.schema)}`;
  return { system, user, format: { type: "json_object" }, maxTokens };
}

/** JSON between tags. Every `<` in it is escaped, so that no lyric can close the tag. */
function tagged(tag: string, data: unknown): string {
  return `<${tag}>${JSON.stringify(data).replaceAll("<", "\\u003c")}</${tag}>`;
}

/**
 * An object's schema. Strict mode wants every property required and no other allowed (providers pass it on as
 * it is).
 */
function record(properties: Record<string, unknown>): Record<string, unknown> {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}
