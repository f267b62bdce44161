import { noOutputForm, OWN_WORK, type StagePolicy } from "./policy.ts";

export const assembleVideo = {
  summary: "join the clips and the song into the film",
  heavy: true,
  cancelAfterSeconds: null,
  trialLimited: false,
  outputForm: noOutputForm,
  units: ({ film, filmHash }, { project }) =>
    filmHash && !film ? [{ subject: project.id, inputHash: filmHash }] : [],
  isDone: ({ film }) => film,
  isMissing: null,
  awaitsApproval: ({ clip, clipApproved }) => clip !== null && !clipApproved,
  offersRefused: true,
  offers: () => [OWN_WORK],
} satisfies StagePolicy;
