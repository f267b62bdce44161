import { SCENE_PLAN_TOKENS } from "../../models/language-models.ts";
import { needsDirector, scenesInputs } from "../inputs.ts";
import { directorOffers, PROMPT_CHARACTERS } from "./directors.ts";
import { noOutputForm, OWN_WORK, type StagePolicy } from "./policy.ts";

export const analyzeScenes = {
  summary: "cut the song into scenes",
  heavy: false,
  cancelAfterSeconds: null,
  trialLimited: false,
  outputForm: noOutputForm,
  units: ({ lyrics, scenes }, { project }) =>
    lyrics && scenes.length === 0 ? [{ subject: project.id, inputHash: scenesInputs(project) }] : [],
  isDone: ({ scenes }) => scenes.length > 0,
  isMissing: null,
  awaitsApproval: null,
  offersRefused: true,
  offers({ project, scenes }) {
    if (!needsDirector(project, scenes)) return [OWN_WORK];
    const text = project.transcriptText?.length ?? 0;
    return directorOffers(text * 3 + PROMPT_CHARACTERS, SCENE_PLAN_TOKENS);
  },
} satisfies StagePolicy;
