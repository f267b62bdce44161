import { SHOT_PROMPT_TOKENS } from "../../models/language-models.ts";
import type { Project } from "../../record/record.ts";
import { promptInputs } from "../inputs.ts";
import type { SceneState } from "../scene-state.ts";
import { directorOffers, PROMPT_CHARACTERS } from "./directors.ts";
import { noOutputForm, type StagePolicy } from "./policy.ts";

/** The input hash of the prompt to write or to rewrite for a scene; null if none is. */
function wantedHash(project: Project, { scene, prompt, softening, borrowed }: SceneState): string | null {
  if (borrowed) return null;
  if (softening) return softening.inputHash;
  return prompt ? null : promptInputs(project, scene);
}

export const generatePrompts = {
  summary: "one for each scene",
  heavy: false,
  cancelAfterSeconds: null,
  trialLimited: false,
  outputForm: noOutputForm,
  units: ({ scenes }, { project }) =>
    scenes.flatMap((s) => {
      const inputHash = wantedHash(project, s);
      return inputHash ? [{ subject: s.scene.id, inputHash }] : [];
    }),
  isDone: ({ scenes }) => scenes.length > 0 && scenes.every((s) => s.prompt && !s.softening),
  isMissing: ({ prompt, borrowed }) => !prompt && !borrowed,
  awaitsApproval: null,
  offersRefused: true,
  offers: () => directorOffers(PROMPT_CHARACTERS, SHOT_PROMPT_TOKENS),
} satisfies StagePolicy;
