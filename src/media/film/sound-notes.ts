/** Notes for the user on where a film's sound may not play. */
import type { AudioCodec } from "mediabunny";
import type { Sound } from "./coded-sound.ts";
import { bytesOf } from "./sample-entry.ts";

const NAMES: Partial<Record<AudioCodec, string>> = { mp3: "MP3", flac: "FLAC", opus: "Opus" };

/** Common names of AAC's audio object types (ISO 14496-3, table 1.3). */
const KINDS: Readonly<Record<number, string>> = {
  1: "AAC Main",
  3: "AAC SSR",
  4: "AAC-LTP",
  5: "HE-AAC",
  23: "AAC-LD",
  29: "HE-AAC v2",
  39: "AAC-ELD",
};
const LOW_COMPLEXITY = 2;
/**
 * The sync word of an extension at the end of the config, and the object type of SBR (ISO 14496-3, 1.6.6.1).
 */
const SYNC = 0x2b7;
const SBR = 5;

function bitsOf(bytes: Uint8Array): (count: number) => number {
  let at = 0;
  return (count) => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value = value * 2 + (((bytes[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
}

/** The object type that an AudioSpecificConfig signals; SBR also when it is signalled in the extension. */
export function aacKind(config: Uint8Array): number {
  const read = bitsOf(config);
  const first = read(5);
  const kind = first === 31 ? 32 + read(6) : first;
  if (kind !== LOW_COMPLEXITY) return kind;
  if (read(4) === 15) read(24);
  // The channel configuration and the three flags of GASpecificConfig in its usual form.
  read(4 + 3);
  return read(11) === SYNC && read(5) === SBR && read(1) === 1 ? SBR : kind;
}

/** Sentences; none when the sound plays everywhere. HE-AAC that is not signalled can't be detected. */
export function soundNotes({ codec, config }: Pick<Sound, "codec" | "config">): string[] {
  if (codec !== "aac")
    return [
      `The film's sound is ${NAMES[codec] ?? codec}, which not all players and platforms accept. Set film_sound to "aac" for sound that all accept.`,
    ];
  const description = config.description ? bytesOf(config.description) : null;
  const kind = description ? aacKind(description) : LOW_COMPLEXITY;
  const notes: string[] = [];
  if (kind !== LOW_COMPLEXITY)
    notes.push(
      `The song is ${KINDS[kind] ?? "AAC of a rare kind"} and is in the film unchanged: some platforms accept AAC-LC only. Upload it as WAV, FLAC or MP3 to have it converted to AAC-LC.`,
    );
  if (config.numberOfChannels > 2)
    notes.push(
      `The song has ${config.numberOfChannels} channels of AAC and is in the film unchanged: many platforms accept stereo only. Upload it in stereo, or as WAV or FLAC to have it mixed to stereo.`,
    );
  return notes;
}
