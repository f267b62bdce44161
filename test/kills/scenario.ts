/** What one run does and which disruptions it has: all of it follows from the seed. */
import { STAGES, type Stage } from "../../src/domain/record/record.ts";
import { type Chance, chanceOf } from "../../src/sandbox/studio/art/chance.ts";
import { describeFault, drawFault, type Fault, MODES, SLOWING } from "./faults.ts";

/** When a disruption happens: `afterMs` after a stage has begun, or after the n-th paid call has arrived. */
export type Moment =
  | { kind: "stage"; stage: Stage; afterMs: number }
  | { kind: "call"; nth: number; afterMs: number };

/** Something that is done to a run to make it fail. */
export type Disruption =
  | { kind: "kill"; at: Moment }
  | { kind: "restart"; at: Moment }
  /** From the start where `at` is null. */
  | { kind: "fault"; at: Moment | null; fault: Fault };

export interface Scenario {
  seed: number;
  song: Song;
  /** Whether the person approves images and clips; else the project has `auto_approve`. */
  byHand: boolean;
  disruptions: Disruption[];
}

interface Song {
  file: string;
  contentType: string;
  scenes: { min_seconds: number; max_seconds: number };
}

const SHORT = { min_seconds: 3, max_seconds: 5 };
const SHORT_SONGS: readonly Song[] = [
  { file: "audio/cbr.mp3", contentType: "audio/mpeg", scenes: SHORT },
  { file: "audio/vbr.mp3", contentType: "audio/mpeg", scenes: SHORT },
  { file: "audio/song.flac", contentType: "audio/flac", scenes: SHORT },
  { file: "audio/faststart.m4a", contentType: "audio/mp4", scenes: SHORT },
  // OpenAI does not take it: it is transcribed at Replicate.
  { file: "audio/adts.aac", contentType: "audio/aac", scenes: SHORT },
];
const LONG_SONG: Song = {
  file: "song.mp3",
  contentType: "audio/mpeg",
  scenes: { min_seconds: 8, max_seconds: 12 },
};

/** The scenario of a seed. Consecutive seeds have every fault mode in turn. */
export function scenarioOf(seed: number, canRestart: boolean): Scenario {
  const chance = chanceOf(`killed run ${seed}`);
  const kills = chance.whole(1, 3);
  const restarts = chance.happens(0.5) ? 1 : 0;
  const modes = MODES.filter((_, i) => i === seed % MODES.length || chance.happens(0.12));
  const disruptions: Disruption[] = [
    ...modes.map((mode): Disruption => {
      const fault = drawFault(mode, chance);
      const later = moment(chance);
      return { kind: "fault", at: fault.forMs === null ? null : later, fault };
    }),
    ...Array.from({ length: kills }, (): Disruption => ({ kind: "kill", at: moment(chance) })),
    ...Array.from({ length: restarts }, (): Disruption => ({ kind: "restart", at: moment(chance) })),
  ];
  return {
    seed,
    // With a slowed rate limiter, a long song would take longer than a run may.
    song:
      chance.happens(0.3) && !modes.some((mode) => SLOWING.has(mode)) ? LONG_SONG : chance.pick(SHORT_SONGS),
    byHand: chance.happens(0.5),
    // Drawn before they are filtered, so that a seed has the same faults with and without a Postgres to
    // restart.
    disruptions: disruptions.filter((disruption) => canRestart || disruption.kind !== "restart"),
  };
}

function moment(chance: Chance): Moment {
  // A song of three scenes takes eleven calls; a call is answered within milliseconds.
  if (chance.happens(0.5))
    return { kind: "call", nth: chance.whole(1, 11), afterMs: chance.happens(0.5) ? 0 : chance.whole(1, 60) };
  const stage = chance.pick(STAGES);
  return { kind: "stage", stage, afterMs: chance.whole(0, stage === "assemble_video" ? 150 : 1_500) };
}

const when = (at: Moment): string => `${at.kind === "call" ? `call ${at.nth}` : at.stage}+${at.afterMs} ms`;

export const describeDisruption = (disruption: Disruption): string =>
  disruption.kind === "fault"
    ? `${describeFault(disruption.fault)}${disruption.at ? ` at ${when(disruption.at)}` : ""}`
    : `${disruption.kind === "kill" ? "kill" : "restart of Postgres"} at ${when(disruption.at)}`;
