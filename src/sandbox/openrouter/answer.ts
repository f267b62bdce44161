/** The text that the models of OpenRouter's stand-in answer with. */
import { Refused, soften } from "../story/softer.ts";
import { planScenes, Shot, Song, writeShot } from "../story/storyteller.ts";
import { type Chat, textOf } from "./chat.ts";
import { fill } from "./json-schema.ts";

/** The JSON that our director puts between `<tag>` and `</tag>`; undefined where there is none. */
function tagged(chat: Chat, tag: string): unknown {
  const all = chat.messages.map(textOf).join("\n");
  const inside = new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(all)?.[1];
  if (inside === undefined) return undefined;
  try {
    return JSON.parse(inside.replace(/^\s*```(?:json)?|```\s*$/g, ""));
  } catch {
    return undefined;
  }
}

/** The most characters of an answer: about four to a token, as in English. */
export const roomFor = (chat: Chat): number =>
  4 * (chat.max_tokens ?? chat.max_completion_tokens ?? Number.POSITIVE_INFINITY);

/** The scene plan; where it is longer than `room` characters, with shorter themes and no reasoning. */
function planWithin(song: Song, room: number): string {
  const plan = planScenes(song);
  const whole = JSON.stringify(plan);
  if (whole.length <= room) return whole;
  return JSON.stringify({
    scenes: plan.scenes.map((s) => ({ ...s, theme: s.theme.slice(0, 60), reasoning: "" })),
  });
}

/** The storyteller's answer for the director's schema of this name; null where the messages lack its data. */
function storyAnswer(chat: Chat, name: "scene_plan" | "shot_prompt"): string | null {
  if (name === "scene_plan") {
    const song = Song.safeParse(tagged(chat, "song"));
    return song.success ? planWithin(song.data, roomFor(chat)) : null;
  }
  const refused = Refused.safeParse(tagged(chat, "refused"));
  if (refused.success) return JSON.stringify(soften(refused.data));
  const shot = Shot.safeParse(tagged(chat, "scene"));
  return shot.success ? JSON.stringify(writeShot(shot.data)) : null;
}

/** The answer's text: the storyteller's for our director, else any value of the requested format. */
export function write(chat: Chat): string {
  const format = chat.response_format;
  const last = chat.messages.map(textOf).at(-1) ?? "";
  switch (format?.type) {
    case "json_schema": {
      const { name, schema } = format.json_schema;
      const known = name === "scene_plan" || name === "shot_prompt" ? storyAnswer(chat, name) : null;
      return known ?? JSON.stringify(fill(schema, `${name}|${last}`));
    }
    case "json_object":
      return (
        storyAnswer(chat, "scene_plan") ??
        storyAnswer(chat, "shot_prompt") ??
        JSON.stringify({ answer: last.slice(0, 400) })
      );
    default:
      return `You said: ${last.slice(0, 400)}`;
  }
}
