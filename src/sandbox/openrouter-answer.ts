/** What the model behind OpenRouter's stand-in writes. */
import { fill } from "./json-schema.ts";
import { type Chat, textOf } from "./openrouter-chat.ts";
import { planScenes, Shot, Song, writeShot } from "./storyteller.ts";

/** The data that our director puts between `<tag>` and `</tag>`. */
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

/** Characters that the answer may have: about four to a token, as English has. */
export const roomFor = (chat: Chat): number =>
  4 * (chat.max_tokens ?? chat.max_completion_tokens ?? Number.POSITIVE_INFINITY);

/** The plan in at most `room` characters where that can be: a song of many lines gets fewer words for each scene. */
function planWithin(song: Song, room: number): string {
  const plan = planScenes(song);
  const whole = JSON.stringify(plan);
  if (whole.length <= room) return whole;
  return JSON.stringify({
    scenes: plan.scenes.map((s) => ({ ...s, theme: s.theme.slice(0, 60), reasoning: "" })),
  });
}

/** The answer's text: the storyteller's where it knows the task, else anything of the right shape. */
export function write(chat: Chat): string {
  const format = chat.response_format;
  const last = chat.messages.map(textOf).at(-1) ?? "";
  if (format?.type !== "json_schema") {
    if (format?.type !== "json_object") return `You said: ${last.slice(0, 400)}`;
    const song = Song.safeParse(tagged(chat, "song"));
    if (song.success) return planWithin(song.data, roomFor(chat));
    const shot = Shot.safeParse(tagged(chat, "scene"));
    return JSON.stringify(shot.success ? writeShot(shot.data) : { answer: last.slice(0, 400) });
  }
  const { name, schema } = format.json_schema;
  const song = name === "scene_plan" ? Song.safeParse(tagged(chat, "song")) : null;
  if (song?.success) return planWithin(song.data, roomFor(chat));
  const shot = name === "shot_prompt" ? Shot.safeParse(tagged(chat, "scene")) : null;
  if (shot?.success) return JSON.stringify(writeShot(shot.data));
  return JSON.stringify(fill(schema, `${name}|${last}`));
}
