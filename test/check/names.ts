/**
 * Names that were replaced, each with the one to use: see the glossary in src/README.md.
 * `npm run check` fails where one comes back (test/check/run.ts).
 */

/** Identifiers, in code anywhere, and in comments and documents: in backticks, or if written like `newName`. */
export const IDENTIFIERS: Readonly<Record<string, string>> = {
  // Rate limiter
  door: "limiter",
  doors: "limiters",
  Door: "RateLimiter",
  Doors: "RateLimiters",
  DOORS: "RATE_LIMITERS",
  ProviderDoor: "ProviderRateLimiter",
  openDoor: "newRateLimiter",
  reopened: "restoredRateLimiter",
  behindTheDoor: "withRateLimit",
  careful: "probing",
  // Budget
  purse: "budget or reservation",
  lockPurse: "lockBudget",
  movePurse: "settleReservation",
  // Store and project commands
  Verdict: "RetryVerdict, ApprovalInput, Admission or Disposition",
  judge: "recordApprovals",
  Judged: "RecordedApproval",
  unattended: "projectsToSweep",
  Held: "HeldClaim",
  ToClaim: "ClaimRequest",
  Owned: "OwnedProject",
  twins: "duplicates, or stores in the differential test",
  Twins: "StorePair",
  // Song and lyrics
  hearing: "partialTranscription",
  Hearing: "PartialTranscription",
  Heard: "Transcript",
  HeardPart: "TranscribedPart",
  joinHeard: "joinTranscripts",
  // Tasks
  rung: "softeningLevel",
  Rung: "SofteningLevel",
  RUNGS: "SOFTENING_LEVELS",
  trail: "failedAttempts",
  recalled: "cancelRequested",
  termsOf: "outputFormOf",
  passedOver: "skipReason",
  footage: "framesToBuy",
  Sequel: "TaskUpdate",
  Circumstances: "RetryContext",
  postponed: "delay",
  abandoned: "onLeaseExpired",
  unresolved: "onOutcomeUnknown",
  lookAfterMs: "pollAfterMs",
  turnedAway: "requeues",
  heldBack: "withholdReason",
  behindTheGate: "withHeavyGate",
  bury: "handleDeadLetters",
  PROBES: "TRIAL_ORDERS",
  placeOf: "stageRank",
  // Feed
  Told: "Published",
  nothingTold: "nothingPublished",
  untold: "diff",
  lookAgain: "invalidate",
  // Timeline and cover
  playable: "timeline",
  playableOf: "timelineOf",
  Playable: "Timeline",
  PlayableScene: "TimelineScene",
  lacks: "missing",
  LACKS: "MISSING",
  wishFrames: "targetFrames",
  sing: "addSongPacket",
  // Sandbox
  Refusal: "UserError",
};

/** How identifiers began, in code. */
export const PREFIXES: Readonly<Record<string, string>> = { MOST_: "MAX_" };

/** Columns, in drizzle/ and in the statements of src/db. */
export const COLUMNS: Readonly<Record<string, string>> = {
  hearing: "partial_transcription",
  cover: "cover_certificate",
  request: "run_request",
  rung: "softening_level",
  tries: "supplier_failures",
  choice: "supplier_index",
  recalled: "cancel_requested",
  trail: "failed_attempts",
  terms: "output_form",
};

/** Members of the public JSON, as keys in src/http and src/domain/views, and in backticks in documents. */
export const JSON_MEMBERS: Readonly<Record<string, string>> = {
  rung: "softening_level",
  lacks: "missing",
  redo: "regenerate_reason",
  attempts: "failed_attempts",
  cover: "cover_art",
};

/** Log events, results in metrics, members of queue messages: as strings anywhere. */
export const STRINGS: Readonly<Record<string, string>> = {
  door_unreachable: "rate_limiter_unreachable",
  door_not_told: "rate_limiter_not_informed",
  look_failed: "poll_failed",
  beat_not_heard: "beat_not_estimated",
  heavy_turned_away: "heavy_requeued",
  turned_away: "requeues",
  called_off: "canceled",
};
