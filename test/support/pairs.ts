/** Clips of test/fixtures/clips that are joined in pairs. */
export const CLIPS = [
  "a-5s-24fps",
  "b-5s-24fps",
  "baseline-5s-24fps",
  "bframes-5s-24fps",
  "c-5s-30fps",
  "d-720p-24fps",
  "with-audio-5s",
  "numbered/pyramid",
  "numbered/groups",
  "numbered/plain",
  "numbered/thirty",
  "numbered/fragments",
  "field/avc-a",
  "field/avc-b-other-pps",
];
/**
 * Heights of clips of 640×360, 1280×720, 64×64 and 320×180 pixels: only clips of the same size can be joined.
 */
const SIZES = new Map([
  ["d-720p-24fps", 720],
  ["field/avc-a", 180],
  ["field/avc-b-other-pps", 180],
]);
const sizeOf = (name: string) => SIZES.get(name) ?? (name.startsWith("numbered/") ? 64 : 360);

/** All pairs of clips; the first clip of a pair is cut within a group of B-frames. */
export const PAIRS = CLIPS.flatMap((first) => CLIPS.map((second) => [first, second] as const));
export const joins = ([first, second]: readonly [string, string]) => sizeOf(first) === sizeOf(second);

/** How many pictures of a clip are shown in a number of film frames. */
export const picturesOf = (name: string, frames: number) =>
  /30fps|thirty/.test(name) ? Math.ceil(frames * 1.25) : frames;
