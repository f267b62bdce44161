/** The catalogue of failure codes, with the texts of the API's reference and of the runbook. */

/** Texts of a code, in Markdown of which only `code` is used. */
export interface FailureText {
  /** What happened, in one sentence. */
  meaning: string;
  /** What the user or the operator can do; absent where nothing can or need be done. */
  action?: string;
  /**
   * For codes that need a person: their row of "Codes that need a person" in src/docs/operate.md, in this
   * order. Codes with the same `todo` share a row. `when` follows the code there.
   */
  runbook?: { when?: string; todo: string };
}

const OTHER_SONG = "Upload the song as MP3, WAV, AIFF, FLAC, M4A, AAC, Ogg or WebM.";
const EXPORT_AGAIN = "Export the song again and upload the whole file.";
const TOP_UP = "top up, or replace a key that expired: nothing of this provider works until then";

/** Why a file can't be used as a song: codes of `errors` in the problem `audio_rejected`. */
export const SONG_REFUSALS = {
  audio_empty: { meaning: "The file is empty, or holds no sound.", action: EXPORT_AGAIN },
  audio_truncated: { meaning: "The file is damaged, or a part of it is missing.", action: EXPORT_AGAIN },
  audio_not_audio: { meaning: "The file is not a sound file of a known format.", action: OTHER_SONG },
  audio_unsupported: {
    meaning: "The file's format, codec, tags, sample rate or number of channels cannot be used.",
    action: OTHER_SONG,
  },
  audio_mislabelled: {
    meaning: "The file's contents are of another format than its name or its type says.",
    action: "Rename the file, or export it again, and upload it again.",
  },
  audio_no_track: {
    meaning: "The file is a video without sound.",
    action: "Upload the song itself, or a video that has sound.",
  },
  audio_too_short: {
    meaning: "The song is shorter than the shortest that can become a video.",
    action: "Upload a longer recording.",
  },
  audio_too_long: {
    meaning: "The song is longer than the longest that can become a video.",
    action: "Upload a shorter version, or a part of it.",
  },
} as const satisfies Record<string, FailureText>;

const OF_PROVIDERS = {
  provider_out_of_credit: {
    meaning: "The operator's account at the provider has no credit left. Nothing was charged.",
    action: "The operator adds credit; then start a run again.",
    runbook: { todo: TOP_UP },
  },
  provider_access: {
    meaning: "The provider refused the service's API key. Nothing was charged.",
    action: "The operator checks the key and what its account has access to; then start a run again.",
    runbook: { todo: TOP_UP },
  },
  provider_model_unknown: {
    meaning: "The provider does not offer this model, or not any more. Nothing was charged.",
    action: "Choose another model, if it is one of the settings; the operator must replace it.",
    runbook: {
      todo: "a model is not offered any more: replace a director in `src/domain/models/language-models.ts`, retire a clip model (`retired`, in `src/domain/models`)",
    },
  },
  output_form: {
    meaning: "The model gave its result in a form that the service cannot read. It may have been charged.",
    action: "Choose another model.",
    runbook: { todo: "a model gives its results in a form that is not read: it should not be chosen" },
  },
  planning_failed: {
    meaning:
      "The service could not work out what to do next: a defect. What was ordered is collected and kept.",
    action: "Start a run again. If it ends like this once more, give the operator the project's id.",
    runbook: { todo: "a defect: `wake_failed` and `work_ended` of the project have its `error`" },
  },
  provider_throttled: {
    meaning:
      "The provider's rate limit was reached: the task is tried again for up to a day. Nothing was charged.",
    action: "Wait. If it lasts for hours, the operator asks the provider for a higher limit.",
    runbook: { when: "for hours", todo: "ask the provider for a higher limit" },
  },
  outcome_unknown: {
    meaning:
      "It could not be found out whether the provider did the work: up to its estimated cost may have been charged, and counts as spent.",
    action: "You decide: retry the task, which may then be paid for twice, or leave it.",
    runbook: { todo: "the owner decides: see [Unknown charges](#unknown-charges)" },
  },
  provider_refused: {
    meaning: "The provider's or the model's moderation refused the prompt, the image or the lyrics.",
    action: "Change the wording, or the image, and start a run again.",
    runbook: { todo: "moderation: the owner changes the words" },
  },
  budget_exceeded: {
    meaning:
      "What is left of the project's budget, or of the account's, does not cover the task's estimated cost.",
    action:
      "Raise `settings.budget_usd` and start a run again. If the project has enough left, the account's limit is reached: ask the operator.",
    runbook: { todo: "the project's own limit or the account's was reached" },
  },
  daily_budget_exceeded: {
    meaning:
      "The service has spent what it may spend on this day (UTC), for all its users together. Nothing was charged.",
    action: "Start a run again on the next day, which begins at 00:00 UTC. What is made is kept.",
    runbook: { todo: "`DAILY_BUDGET_USD` was reached: raise it, or wait for the next day (UTC)" },
  },
  provider_unavailable: {
    meaning: "The provider could not do the work at that time; the task is tried again. Nothing was charged.",
    action: "If the task has failed, start a run again later.",
  },
  provider_run_failed: {
    meaning: "The model's run failed at the provider; the task is tried again. Nothing was charged.",
    action: "If the task has failed, start a run again later, or choose another model.",
  },
  provider_failed: {
    meaning: "The provider reports that its work failed, without a reason; the task is tried again.",
    action: "If the task has failed, start a run again later.",
  },
  provider_canceled: {
    meaning:
      "The provider ended the work before it was done; the task is tried again. It may have been charged.",
    action: "If the task has failed, start a run again later.",
  },
  provider_invalid_request: {
    meaning: "The provider or the model does not accept this request, and would not accept it again.",
    action: "Choose another model, or change the settings that the message names.",
  },
  provider_bad_answer: {
    meaning: "The provider gave an answer that cannot be used. It was charged.",
    action: "Start a run again, or choose another model.",
  },
  provider_outcome_unknown: {
    meaning:
      "A call to the provider ended without an answer, so it may have been accepted. If that cannot be found out, the task gets `outcome_unknown`.",
  },
  prediction_gone: {
    meaning: "The provider no longer knows an order that it had accepted. The task gets `outcome_unknown`.",
  },
  not_accepted: {
    meaning: "The order never reached the provider; the task is tried again. Nothing was charged.",
  },
  output_missing: {
    meaning: "The provider finished, but its result holds no file; the task is tried again. It was charged.",
    action: "If the task has failed, start a run again, or choose another model.",
  },
  output_expired: {
    meaning:
      "The provider deleted its result, or refused access to it, before it was fetched; the task is tried again.",
    action: "If the task has failed, start a run again.",
  },
  output_rejected: {
    meaning:
      "The provider's result was not fetched: its address, its type or its size is not allowed. It was charged.",
    action: "Choose another model.",
  },
  model_retired: {
    meaning: "The model of the settings is not offered any more, so it was not asked.",
    action: "Start a run again: it sets another model, and `model_notices` of the project name it.",
  },
  model_unusable: {
    meaning: "An earlier result showed that this model cannot be used for this project, so it was not asked.",
    action: "Choose another model, or retry a failed task to try this one once more.",
  },
  model_unknown: {
    meaning:
      "The provider does not know this model, as an earlier task of the run found, so it was not asked.",
    action: "Choose another model; the operator must remove this one.",
  },
  model_down: {
    meaning: "The model failed too often in a row in this run, so it was not asked again.",
    action: "Start a run again later, or choose another model.",
  },
} as const satisfies Record<string, FailureText>;

const OF_STAGES = {
  audio_missing: { meaning: "The project has no song.", action: "Upload a song." },
  audio_gone: {
    meaning: "The song's file was replaced or deleted in the bucket.",
    action: "Upload the song again.",
  },
  song_unreadable: {
    meaning: "The song's sound cannot be read.",
    action: "Upload the song again, as MP3 or WAV.",
  },
  media_gone: {
    meaning: "A file of the project was changed or deleted in the bucket while it was being read.",
    action: "Upload or make it again.",
  },
  lyrics_missing: { meaning: "The song has not been transcribed.", action: "Start a run again." },
  project_changed: {
    meaning: "The lyrics changed while the scenes were being planned.",
    action: "Start a run again.",
  },
  cover_impossible: {
    meaning: "No scenes can cover the song with these pins and these shortest and longest lengths.",
    action: "Do what `next_action` says, with the pins or with `settings.scenes`.",
  },
  cover_broken: {
    meaning: "The scenes do not cover the song without gap or overlap.",
    action: "Plan the scenes again.",
  },
  scene_gone: { meaning: "The scene was removed before its prompt was written." },
  prompt_gone: { meaning: "The scene or its prompt was removed before its image was made." },
  image_not_approved: {
    meaning: "The scene's image was changed or its approval withdrawn before its clip was made.",
    action: "Approve the image, then start a run.",
  },
  scene_too_long: {
    meaning: "The scene is longer than the longest clip that the model makes.",
    action: "Choose another clip model, or shorter scenes.",
  },
  clips_not_approved: {
    meaning: "Some scenes no longer had an approved clip when the film was to be made.",
    action: "Approve the clips, then start a run.",
  },
  clip_unreadable: {
    meaning: "A clip is damaged or incomplete.",
    action: "Generate this clip again.",
  },
  clip_too_short: {
    meaning: "Clips are shorter than their scenes, and `settings.clip_fill` cannot make them long enough.",
    action: "Choose another `clip_fill`, generate longer clips, or shorten the scenes.",
  },
  clip_codec_differs: {
    meaning: "Clips have another video format than the one that films are made of.",
    action: "Generate these clips again with another model.",
  },
  clip_size_differs: {
    meaning: "Clips have another width or height than the film's other clips.",
    action: "Choose a clip model that makes the other clips' size, or one model for all clips.",
  },
  worker_lost: {
    meaning: "The work was interrupted too often, as by restarts of the service.",
    action: "Start a run again.",
  },
  undeliverable: {
    meaning: "The task could not be started after several attempts.",
    action: "Start a run again; if it fails again, give the operator the id of the job.",
  },
  canceled: { meaning: "A person canceled it.", action: "To go on, start a run or retry it." },
  superseded: { meaning: "What it would have made is no longer needed, because of an edit or a newer run." },
  other: {
    meaning:
      "A failure that was stored by another version of the service, and whose code this version does not know.",
    action: "Read `message` and `next_action`.",
  },
} as const satisfies Record<string, FailureText>;

/** All codes of failures that the API may show. */
export const FAILURES = { ...OF_PROVIDERS, ...OF_STAGES, ...SONG_REFUSALS };
