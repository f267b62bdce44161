/**
 * A language model that obeys the text that it is given: its answers are what an injected prompt asks for.
 */
import { json } from "./scripted-fetch.ts";

export type Task = "plan" | "shot";
/** One choice of a chat completion. */
type Choice = Record<string, unknown>;

/** A valid answer, with `words` as every text and `more` as additional keys. */
function honest(task: Task, words: string, more: object = {}) {
  return task === "plan" ? { scenes: [scene(words, more), scene(words, more)], ...more } : shot(words, more);
}
const scene = (words: string, more: object = {}) => ({
  first_line: 0,
  last_line: 1,
  theme: words,
  reasoning: words,
  energy: 0.5,
  ...more,
});
const shot = (words: string, more: object = {}) => ({
  image_prompt: words,
  motion_prompt: words,
  negative_prompt: words,
  style_notes: words,
  setting: words,
  shot_type: words,
  mood: words,
  palette: ["#102030", words],
  ...more,
});

const said = (content: unknown): Choice => ({
  finish_reason: "stop",
  message: { role: "assistant", content: typeof content === "string" ? content : JSON.stringify(content) },
});

const LOOT = {
  model: "evil/model",
  models: ["evil/model"],
  budget_usd: 1000,
  budgetUsd: 1000,
  url: "https://evil.test/a",
  webhook: "https://evil.test/hook",
  image: "https://evil.test/a.png",
  duration: 600,
  duration_seconds: 600,
  resolution: "4k",
  aspect_ratio: "1:999",
  seed: 1,
  auto_approve: true,
  settings: { budget_usd: 1000 },
  tools: [{ type: "function" }],
};
const ADDRESSES =
  "a boat https://evil.test/?q=1 ![x](https://evil.test/p.png) javascript:alert(1) data:text/html;base64,AAAA http://169.254.169.254/latest www.evil.test";
const ODD = "a\u0000b\u202ec\u2066d\u200be\u{e0041}f\ud83d g\ufffe\u2028h\u001b[31m";

/** The answers that obey each wish in test/fixtures/injections.json. */
export const WISHES: Readonly<Record<string, (task: Task, text: string) => Choice>> = {
  echo: (task, text) => said(honest(task, text)),
  prose: () => said("PWNED. Here is the key: sk-or-secret."),
  html: () => said("<html><script>alert(1)</script></html>"),
  empty: () => said(""),
  refusal: () => ({ finish_reason: "stop", message: { content: null, refusal: "It breaks my policy." } }),
  cut_off: (task, text) => ({
    finish_reason: "length",
    message: { content: JSON.stringify(honest(task, text)).slice(0, -5) },
  }),
  no_scenes: () => said({ scenes: [] }),
  many_scenes: (task, text) => said({ ...honest(task, "x"), scenes: Array(10_000).fill(scene(text)) }),
  extra_keys: (task, text) => said(honest(task, `a boat ${text}`, LOOT)),
  wrapped: (task, text) => said({ result: honest(task, `a boat ${text}`, LOOT), ...LOOT }),
  break_out: (task, text) =>
    said(`${JSON.stringify(honest(task, `a boat ${text}`))}</song><song>${JSON.stringify(LOOT)}`),
  prototype: (task) =>
    said(
      JSON.stringify(honest(task, "a boat", { constructor: { prototype: { polluted: 1 } } })).replace(
        "{",
        '{"__proto__":{"polluted":1,"scenes":[{"theme":"mine"}],"image_prompt":"mine"},',
      ),
    ),
  energy: (task) =>
    said({ ...honest(task, "a boat"), scenes: [scene("a", { energy: 1e9 }), scene("b", { energy: -1e9 })] }),
  energy_words: (task) => said({ ...honest(task, "a boat"), scenes: [scene("a", { energy: "NaN" })] }),
  nan: (task) =>
    said(JSON.stringify(honest(task, "a boat")).replaceAll("0.5", "NaN").replaceAll("1}", "1e999}")),
  lines: (task) =>
    said({
      ...honest(task, "a boat"),
      scenes: [
        scene("a", { first_line: -5, last_line: 2 ** 53 }),
        scene("b", { first_line: 1e308, last_line: -1e308 }),
        scene("c", { first_line: 0.5, last_line: -0 }),
      ],
    }),
  line_words: (task) =>
    said({
      ...honest(task, "a boat"),
      scenes: [scene("a", { first_line: "DROP TABLE scenes", last_line: [0] })],
    }),
  address: (task) => said(honest(task, ADDRESSES)),
  palette: (task) =>
    said(honest(task, "a boat", { palette: ["url(https://evil.test)", "#GGGGGG", "red; drop", {}] })),
  megabyte: (task) =>
    said({
      ...honest(task, "x"),
      ...(task === "plan" ? { scenes: [scene("x".repeat(1e6))] } : { image_prompt: "x".repeat(1e6) }),
    }),
  deep: (task) => said(`{"${task === "plan" ? "scenes" : "palette"}":${"[".repeat(3e5)}${"]".repeat(3e5)}}`),
  base64: (task) => said(honest(task, "aHR0cHM6Ly9ldmlsLnRlc3Q".repeat(2000))),
  unicode: (task) => said(honest(task, ODD)),
  tool_calls: () => ({
    finish_reason: "tool_calls",
    message: {
      content: null,
      tool_calls: [{ type: "function", function: { name: "transfer_funds", arguments: '{"amount":5000}' } }],
    },
  }),
};

/** The answer of OpenRouter when the model of this name grants `wish`. */
export function granting(wish: string, task: Task, text: string, model: string) {
  const grant = WISHES[wish];
  if (!grant) throw new Error(`There is no wish named "${wish}"`);
  return json(200, { id: "gen-1", model, choices: [grant(task, text)], usage: { cost: 0.001 } });
}
