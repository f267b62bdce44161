import { UserError } from "../world/user-error.ts";
import { type Cost, wouldHaveCost } from "./cost.ts";
import type { Measured } from "./film.ts";
import type { Asset, Project, Task } from "./schemas.ts";
import type { View } from "./view.ts";

const usd = (amount: number) => `$${amount.toFixed(2)}`;
const completed = (assets: ReadonlyMap<string, Asset>) =>
  [...assets.values()].filter((asset) => asset.status === "completed").length;
const by = (cost: Cost) => `${usd(cost.usd)} (${cost.models.join(", ")})`;

/**
 * What was made, in a few lines. Throws UserError where film and song differ in length by more than one
 * frame.
 */
export function summary(
  view: View,
  { settings, cost }: Pick<Project, "settings" | "cost">,
  tasks: readonly Task[],
  { film, songSeconds }: { film: Measured; songSeconds: number },
  out: string,
  tookSeconds: number,
): string {
  const frame = 1 / settings.fps;
  const off = Math.max(Math.abs(film.videoSeconds - songSeconds), Math.abs(film.audioSeconds - songSeconds));
  const lengths = `the song lasts ${songSeconds.toFixed(3)} s, the picture ${film.videoSeconds.toFixed(3)} s and the sound ${film.audioSeconds.toFixed(3)} s`;
  if (off > frame + 1e-6) throw new UserError(`The film in ${out} is not as long as its song: ${lengths}.`);
  const { images, clips } = wouldHaveCost(tasks);
  return `
  Film     ${out}, ${film.width}x${film.height}, ${settings.fps} frames a second, sound: ${film.audioCodec ?? "unknown"}
  Length   ${film.videoSeconds.toFixed(2)} s (${film.frames} frames) for a song of ${songSeconds.toFixed(2)} s
  Made of  ${view.scene.size} scenes, ${completed(view.image)} images, ${completed(view.clip)} clips
  Took     ${tookSeconds.toFixed(0)} s, and cost nothing. At the providers' prices ${usd(cost.spent_usd)}, of that images ${by(images)}, clips ${by(clips)}

The demo's local world is deleted. To look further: npm run dev, then
  http://localhost:8787/docs          the API's reference
  http://localhost:8787/openapi.json  the same for programs`;
}
