import { clipCostUsd, clipModel, clipSecondsFor, clipsJoin, isRetired } from "../../models/models.ts";
import { failure } from "../../record/failures.ts";
import type { Clip, Failure, Project, Settings } from "../../record/record.ts";
import type { SceneState } from "../scene-state.ts";
import type { Offer, StagePolicy } from "./policy.ts";

const outputForm = ({ aspectRatio, clipResolution }: Pick<Settings, "aspectRatio" | "clipResolution">) =>
  `${clipResolution} ${aspectRatio}`;

/** Whether the scene's own prompt and image are made, or those that it borrows are used. */
const hasInputs = ({ borrowed, softening, prompt }: SceneState): boolean =>
  borrowed !== null || (softening === null && prompt !== null);

export const generateClips = {
  summary: "one for each scene",
  heavy: false,
  cancelAfterSeconds: 1_800,
  trialLimited: true,
  outputForm,
  units: ({ scenes }) =>
    scenes.flatMap((s) =>
      hasInputs(s) && s.image && s.imageApproved && !s.clip && s.clipHash
        ? [{ subject: s.scene.id, inputHash: s.clipHash, imageId: s.image.id }]
        : [],
    ),
  isDone: ({ scenes }) => scenes.length > 0 && scenes.every((s) => s.clip),
  isMissing: ({ clip, borrowed }) => !clip && !borrowed?.clip,
  awaitsApproval: ({ image, imageApproved }) => image !== null && !imageApproved,
  offersRefused: true,
  offers: ({ project }, scene) => clipSuppliers(project.settings, scene()?.framesToBuy ?? 0),
  skipReason: ({ project }, model, scenes) =>
    otherSize(project, model, {
      current: scenes().flatMap(({ clip }) => clip ?? []),
      otherSize: scenes().flatMap(({ otherSizeClip }) => otherSizeClip ?? []),
    }),
} satisfies StagePolicy;

/**
 * The failure of a clip model whose clips would have another size than the current clips, before one is
 * ordered; else null.
 */
function otherSize(
  { modelNotices, settings }: Project,
  name: string,
  { current, otherSize }: { current: readonly Clip[]; otherSize: readonly Clip[] },
): Failure | null {
  const [film] = current;
  if (!film || current.some((clip) => clip.model === name)) return null;
  const made = otherSize.find((clip) => clip.model === name);
  const form = outputForm(settings);
  const measured = modelNotices.findLast(
    (n) => n.kind === "measured" && n.model === name && n.outputForm === form,
  );
  const size =
    made?.width && made.height
      ? { width: made.width, height: made.height }
      : measured?.kind === "measured"
        ? measured
        : clipModel(name)?.size(settings.clipResolution, settings.aspectRatio);
  if (!size || (size.width === film.width && size.height === film.height)) return null;
  return sizeDiffers(film, { ...size, model: name });
}

/** The failure of a clip whose size differs from that of the film's clips. Sizes in pixels. */
export const sizeDiffers = (
  film: { width: number | null; height: number | null },
  clip: { width: number; height: number; model: string | null },
): Failure =>
  failure(
    "clip_size_differs",
    `The film's clips are ${film.width}×${film.height}, and ${clip.model ?? "this model"} makes ${clip.width}×${clip.height}: one film cannot have both.`,
    {
      nextAction: `Choose a clip model that makes ${film.width}×${film.height}, or another one for all clips, and start a run again.`,
    },
  );

/**
 * Suppliers of a clip of `frames` of film: the project's own model, then fallbacks whose clips can join its
 * clips.
 */
export function clipSuppliers(settings: Settings, frames: number): Offer[] {
  const { clipModel: own, clipFallbacks, clipResolution, aspectRatio, fps } = settings;
  const first = clipModel(own);
  return [...new Set([own, ...clipFallbacks])].flatMap((name) => {
    const model = clipModel(name);
    const seconds = model && clipSecondsFor(model, frames, fps, clipResolution);
    // The project's own model is kept even if it can't deliver: the attempt fails with the reason.
    if (!model || !seconds)
      return name === own ? [{ provider: "replicate", model: name, estimateUsd: 0 }] : [];
    const joins = first && !isRetired(name) && clipsJoin(first, model, clipResolution, aspectRatio);
    if (name !== own && !joins) return [];
    return [{ provider: "replicate", model: name, estimateUsd: clipCostUsd(model, seconds, clipResolution) }];
  });
}

/**
 * Cost in US dollars of a clip that came out `seconds` long, at the price per second at which it was ordered.
 * That price is found from the estimate, since the settings may have changed: of the model's prices and
 * lengths that give the estimate, the one with the nearest length. The estimate itself if none does.
 */
export function chargedForClip(name: string | null, estimateUsd: number, seconds: number): number {
  const model = clipModel(name ?? "");
  const orders = [...(model?.usdPerSecond.values() ?? [])].flatMap((rate) =>
    (model?.seconds ?? []).map((length) => ({ rate, length })),
  );
  const [nearest] = orders
    .filter(({ rate, length }) => Math.abs(rate * length - estimateUsd) < 1e-6)
    .sort((a, b) => Math.abs(a.length - seconds) - Math.abs(b.length - seconds));
  return nearest ? nearest.rate * seconds : estimateUsd;
}
