import type { RequestPolicy } from "../domain/request-policies.ts";

/** What a browser puts into the query of its WebSocket, which can't carry an Authorization header. */
export interface FeedTicket {
  /** Good for one connection. */
  ticket: string;
  expiresAt: Date;
}

/** The Durable Object of one project. Calls reject where it can't be reached after a few tries. */
export interface Coordinator {
  /**
   * Asks it to read the record and do what is next. Resolves once the wake-up can't be lost; the work goes on
   * after that. Safe to repeat. `requestId`: of the request that caused it, for the log; it goes along with
   * the messages that follow from the wake-up.
   */
  wake(requestId?: string): Promise<void>;
  /**
   * Takes the wake-up of a verified webhook. Resolves once it is in the queue. The same `webhookId` again,
   * within a week, does nothing.
   */
  receive(webhookId: string, wakeUp: WakeUp): Promise<void>;
  issueTicket(): Promise<FeedTicket>;
  /** Uses a ticket up: true once for each that was issued and has not expired. */
  redeem(ticket: string): Promise<boolean>;
  /** Opens the feed's WebSocket (101). The caller has checked who asks. */
  connect(request: Request): Promise<Response>;
  /** Sends a task's progress (`fraction`: 0 to 1) to the open sockets. It is not stored. */
  progress(report: { jobId: string; taskId: string; fraction: number }): Promise<void>;
  /** For a deleted project: closes the sockets and deletes all that is stored. Safe to repeat. */
  destroy(): Promise<void>;
  /** Resolves where the object and its storage answer. */
  ping(): Promise<void>;
}

/** Asks the consumer to claim a task. */
export interface WakeUp {
  projectId: string;
  taskId: string;
  /** The project's owner: the consumer needs it to delete the files of a project that was deleted. */
  ownerId?: string;
  /** The task may begin heavy work, so the message goes into the queue of heavy work. Absent: it does not. */
  heavy?: boolean;
  /** Id of the request that caused it, for the log. Absent where none did, such as for an alarm. */
  requestId?: string | undefined;
  /** How often the message found the heavy gate taken and was requeued. Absent: never. */
  requeues?: number;
  /**
   * Only from a verified webhook: the attempt (from 1) that it is about, and the prediction of that attempt.
   */
  attempt?: number;
  predictionId?: string;
}

/** The two queues of task messages, one of them for heavy work. */
export interface TaskQueue {
  /**
   * Sends wake-ups, to be delivered after `afterSeconds` (a whole number; 0 where absent). Rejects where the
   * queue can't be reached. A wake-up that is lost costs time only: the plan sends another one.
   */
  send(wakeUps: WakeUp[], afterSeconds?: number): Promise<void>;
  /** Resolves where both queues answer. */
  ping(): Promise<void>;
}

/** Counts the requests that come in. */
export interface RequestLimits {
  /** Counts one request; false where `key` has had as many as the policy takes. Never rejects. */
  admit(policy: RequestPolicy, key: string): Promise<boolean>;
}

/** The rate limiters of all providers. One that can't be reached lets every caller go. */
export interface RateLimiters {
  /**
   * Acquires a slot for one call of a task, whose id is `key`; owners take turns. `go`: call the provider now,
   * and where `probing` is true report a success by `reportSuccess`. `wait`: send nothing, and acquire again
   * with the same `key` in `afterMs` milliseconds; until then the caller keeps its place in its owner's queue.
   * May take a few seconds itself, where the slot is that near.
   */
  acquire(
    provider: string,
    caller: { key: string; ownerId: string },
  ): Promise<{ kind: "go"; probing: boolean } | { kind: "wait"; afterMs: number }>;
  /**
   * The provider answered 429: blocks all callers for a time and lowers the rate. `afterSeconds` is the wait
   * that the provider asked for, null where it named none.
   */
  penalize(provider: string, afterSeconds: number | null): Promise<void>;
  /** The provider took a call that was let go while the rate limiter was probing. */
  reportSuccess(provider: string): Promise<void>;
}

/** Lets one heavy task at a time into an isolate. */
export interface HeavyGate {
  /**
   * Takes the gate, or returns null where another holder has it. `now`: milliseconds. It is synchronous, so
   * that nothing else runs between the check and the entry.
   */
  enter(now: number): Pass | null;
}

interface Pass {
  /** Says that the holder still runs; without it for `SILENT_MS`, the gate counts as free. */
  seen(now: number): void;
  /** Frees the gate. */
  leave(): void;
}
