/** Whisper names languages in English ("english"), other models by code: here both become ISO 639-1. */

/** Whisper's names that the Unicode CLDR does not have, or has for an outdated code first. */
const WHISPER_NAMES: Readonly<Record<string, string>> = {
  bengali: "bn",
  castilian: "es",
  flemish: "nl",
  "haitian creole": "ht",
  letzeburgesch: "lb",
  luxembourgish: "lb",
  mandarin: "zh",
  maori: "mi",
  moldavian: "ro",
  moldovan: "ro",
  myanmar: "my",
  nynorsk: "nn",
  panjabi: "pa",
  pushto: "ps",
  romanian: "ro",
  sinhalese: "si",
  tagalog: "tl",
  valencian: "ca",
  yiddish: "yi",
};

/** The two-letter code of a language given by its English name or by a code; null where there is none. */
export function languageCode(named: string): string | null {
  const name = named.trim().toLowerCase();
  const code = /^([a-z]{2})([-_][a-z0-9]+)*$/.exec(name)?.[1];
  if (code !== undefined) return code;
  if (Object.hasOwn(WHISPER_NAMES, name)) return WHISPER_NAMES[name] ?? null;
  return codesByName().get(name) ?? null;
}

let names: Map<string, string> | undefined;

function codesByName(): Map<string, string> {
  if (names) return names;
  const english = new Intl.DisplayNames("en", { type: "language", fallback: "none" });
  const letters = [..."abcdefghijklmnopqrstuvwxyz"];
  names = new Map();
  for (const code of letters.flatMap((a) => letters.map((b) => a + b))) {
    const name = english.of(code)?.toLowerCase();
    // Old codes (iw, in, jw, tw) share their name with the ones in use, which come first.
    if (name !== undefined && !names.has(name)) names.set(name, code);
  }
  return names;
}
