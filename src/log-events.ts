/**
 * The catalogue of log events, with the texts of src/docs/operate.md, which `npm run docs` writes there. Only
 * its types are in the Worker.
 */

export type Level = "info" | "warn" | "error";

/** Texts in Markdown. */
export interface EventText {
  level: Level;
  /** What happened. */
  what: string;
  /** What the operator does; null for daily business. Events with the same texts share a row. */
  action: string | null;
  /** Follows the event's name in its row. */
  when?: string;
}

/** By what they ask of the operator: to be looked at at once, to be looked at when there are many, or nothing. */
export const LOG_EVENTS = {
  urgent: {
    uncaught: {
      level: "error",
      what: "a defect: a request was answered with 500; `stack` says where",
      action:
        "a bug, or a deploy whose migration is missing (`column … does not exist`): `npm run db:migrate`, or [roll back](deploy.md#roll-back)",
    },
    daily_budget_reached: {
      level: "error",
      what: "a task was refused, since all owners together have spent `DAILY_BUDGET_USD` on this day (UTC)",
      action:
        "look who spends (`select owner_id, usd from spending where day = current_date order by usd desc`); raise the variable, or let it end",
    },
    publish_failed: {
      level: "error",
      what: "a change could not be put into the project's feed; the work goes on, and it is tried again, each time later",
      action: "a bug: `first` names the entity, `error` says why. Clients miss that change until it is fixed",
    },
    wake_failed: {
      level: "error",
      what: "a project's coordinator could not plan; its alarm tries again after 10 s, then later each time, up to 10 min",
      action:
        "once: nothing. Repeatedly for one `project`: its work stands still, `error` says why. For all: Postgres or the queue is unreachable",
    },
    work_ended: {
      level: "error",
      what: "a project could not be planned eight times in a row; its pending tasks and jobs were failed with `planning_failed`",
      action: "a bug, or data that this version does not know (after a rollback): `error` says which",
    },
    wake_not_armed: {
      level: "error",
      what: "a coordinator could not set its alarm after such a failure",
      action: "nothing for one project: the sweep wakes it. For many: Cloudflare's status",
    },
    step_crashed: {
      level: "error",
      what: "a step threw; its message is retried up to 5 times, then it is a dead letter",
      action: "`error` says why. The lease keeps it from being paid for twice",
    },
    dead_letter: {
      level: "error",
      what: "a wake-up was given up; its task failed with `undeliverable` (a webhook's did not: the next poll finds the result)",
      action: "see [Dead letters](#dead-letters)",
    },
    dead_letter_kept: {
      level: "error",
      what: "that could not be written; the message is retried every minute, 10 times",
      action: "Postgres or the coordinator is unreachable: look at `/health`",
    },
    message_unreadable: {
      level: "error",
      what: "a message is not in a form that this version knows, and was dropped",
      action: "after a deploy or a rollback: another version sent it; the plan sends the task again",
    },
    health_failed: {
      level: "error",
      what: "a part answered `/health` with an error, or not within 2 s; `part` says which",
      action: "its provider's status page",
    },
    health_silent: {
      level: "error",
      what: "a part answered `/health` with an error, or not within 2 s; `part` says which",
      action: "its provider's status page",
    },
    delete_incomplete: {
      level: "error",
      what: "a project's rows are gone, its files are not all",
      action:
        "nothing: the sweep deletes them about 75 minutes later. Or the person repeats the DELETE; it goes on where it stopped",
    },
  },
  watched: {
    outage: {
      level: "warn",
      what: "a request got 503 with `Retry-After`: Postgres or an object was unreachable or too busy",
      action:
        "Neon's status; too many connections (53300): a larger compute; `overloaded` objects: one project with too many requests",
    },
    database_retried: {
      level: "warn",
      what: "Postgres was unreachable for a moment and nobody noticed (`outcome: answered`, after `ms`), or for too long (`failed`)",
      action:
        "a few around a restart are normal; a steady stream means a compute that is too small or that keeps suspending",
    },
    request_limit_unanswered: {
      level: "warn",
      what: "the platform's counter of requests did not answer; the request was let through",
      action: "Cloudflare's status, if it lasts: nothing limits how many requests come in",
    },
    wake_lost: {
      level: "warn",
      what: "the wake-up after a commit was lost; the sweep finds the project within ten minutes",
      action: "nothing, unless `swept` finds many `projects` each time",
    },
    swept: {
      level: "warn",
      when: "as a warning",
      what: "`failed` of the projects that the sweep found could not be woken",
      action: "the coordinators are unreachable: Cloudflare's status",
    },
    task_fenced: {
      level: "info",
      what: "a worker finished an attempt that another worker had taken over; nothing of it was written",
      action:
        "a few around a deploy are normal; many mean steps that are held up for longer than their lease",
    },
    lease_not_renewed: {
      level: "warn",
      what: "a working step could not renew its lease; after 30 s another worker may take over",
      action: "as for `outage`",
    },
    lease_lost: {
      level: "warn",
      what: "a worker that was held up stopped before it ordered anything",
      action: "as for `lease_not_renewed`",
    },
    poll_failed: {
      level: "warn",
      what: "asking the provider about a running prediction failed; it is asked again",
      action: "the provider's status page",
    },
    rate_limiter_unreachable: {
      level: "warn",
      what: "the rate limiter did not answer within 3 s, and the call went through without it",
      action: "nothing; the provider's own 429 still protects",
    },
    rate_limiter_not_informed: {
      level: "warn",
      what: "a 429 or a success could not be reported to the rate limiter",
      action: "nothing",
    },
    beat_not_estimated: {
      level: "warn",
      what: "the beat of a song could not be estimated: its scenes are cut without one",
      action: "for one song: nothing, the person can tap the beat. For many: `error` says why",
    },
    idempotency_key_unsettled: {
      level: "warn",
      what: "an answer was not kept under its key; a repeat is refused until the lock expires, then done again with the same ids",
      action: "nothing",
    },
    refused_upload_kept: {
      level: "warn",
      what: "a song that was refused could not be deleted from the bucket",
      action: "nothing; the sweep deletes it",
    },
    unneeded_kept: {
      level: "warn",
      what: "the sweep could not delete `kept` keys or prefixes that nobody needs; it tries them again ten minutes later",
      action:
        "if it lasts: the bucket or Postgres, as `error` says. Nothing is lost; the bytes stay in the bucket (`objects_to_delete`)",
    },
    progress_not_shown: {
      level: "warn",
      what: "a progress message was not sent",
      action: "nothing",
    },
  },
  daily: {
    request: { level: "info", what: "a line for each request", action: null },
    task_settled: { level: "info", what: "one for each attempt or poll that was settled", action: null },
    heavy_requeued: {
      level: "info",
      what: "one for each heavy message that found its isolate taken",
      action: null,
    },
    swept: { level: "info", what: "one every five minutes", action: null },
    unneeded_deleted: {
      level: "info",
      what: "one for each sweep that deleted `paths` (uploads never confirmed, replaced songs, removed projects)",
      action: null,
    },
  },
} as const satisfies Record<string, Record<string, EventText>>;

type Groups = typeof LOG_EVENTS;
type LogEvent = { [G in keyof Groups]: keyof Groups[G] }[keyof Groups];
/** The levels of an event: one, or two for an event that is a warning only at times. */
type LevelOf<E extends LogEvent> = {
  [G in keyof Groups]: Groups[G] extends Record<E, { level: infer L }> ? L : never;
}[keyof Groups];
/** The events that have this level; of a union, those that have each of its levels. */
export type EventAt<L extends Level> = {
  [E in LogEvent]: [L] extends [LevelOf<E>] ? E : never;
}[LogEvent];
