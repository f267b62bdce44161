/**
 * One point for each HTTP request and for each attempt or poll of a task, in one Analytics Engine dataset.
 *
 * Queries name the columns by their position: a new one is added after the last, and none changes its meaning.
 *
 * | column  | a request                       | a task                                               |
 * | ------- | ------------------------------- | ---------------------------------------------------- |
 * | index1  | route pattern, or `unmatched`   | stage                                                |
 * | blob1   | `request`                       | `task`                                               |
 * | blob2   | method                          | stage                                                |
 * | blob3   | route pattern, or `unmatched`   | provider, or empty                                   |
 * | blob4   | status class, such as `2xx`     | model, or empty                                      |
 * | blob5   | problem code, or empty          | kind of the step result, or `fenced`                 |
 * | blob6   |                                 | failure code, or empty                               |
 * | blob7   |                                 | project id                                           |
 * | double1 | milliseconds                    | milliseconds since the attempt was claimed           |
 * | double2 | status                          | attempt, from 1                                      |
 * | double3 | bytes of the body, −1: unknown  | what was spent, in US dollars                        |
 * | double4 |                                 | how often its message was delivered, from 1          |
 */
import type { Task } from "./domain/record/record.ts";

export interface Point {
  kind: "request" | "task";
  /** The key by which the dataset is sampled: it has few values, and queries ask for single ones. */
  index: string;
  blobs: string[];
  doubles: number[];
}

export type Metrics = (point: Point) => void;

/** Analytics Engine's limits: an index of 96 bytes, 16 KB of blobs (developers.cloudflare.com/analytics/analytics-engine/limits). */
const INDEX_LENGTH = 96;
const BLOB_LENGTH = 256;

/** Writes points to the dataset; does nothing without one. Never throws: a lost point must not fail the work. */
export const analytics =
  (dataset: AnalyticsEngineDataset | undefined): Metrics =>
  ({ kind, index, blobs, doubles }) => {
    try {
      dataset?.writeDataPoint({
        indexes: [index.slice(0, INDEX_LENGTH)],
        blobs: [kind, ...blobs].map((blob) => blob.slice(0, BLOB_LENGTH)),
        doubles,
      });
    } catch {
      // The point is lost.
    }
  };

export const requestPoint = (request: {
  method: string;
  /** The route's pattern, with names in place of ids; null where no route matched. */
  route: string | null;
  status: number;
  problem: string | null;
  milliseconds: number;
  /** Of the body; null where its length is not known. */
  bytes: number | null;
}): Point => {
  const route = request.route ?? "unmatched";
  return {
    kind: "request",
    index: route,
    blobs: [request.method, route, `${Math.floor(request.status / 100)}xx`, request.problem ?? ""],
    doubles: [request.milliseconds, request.status, request.bytes ?? -1],
  };
};

export const taskPoint = (ran: {
  task: Pick<Task, "type" | "provider" | "model" | "projectId" | "attempt" | "claimedAt">;
  /** Kind of the step result, or `fenced` where the claim did not hold any more. */
  kind: string;
  failureCode: string | null;
  spentUsd: number;
  deliveries: number;
  now: Date;
}): Point => {
  const { type, provider, model, projectId, attempt, claimedAt } = ran.task;
  return {
    kind: "task",
    index: type,
    blobs: [type, provider ?? "", model ?? "", ran.kind, ran.failureCode ?? "", projectId],
    doubles: [claimedAt ? ran.now.getTime() - claimedAt.getTime() : 0, attempt, ran.spentUsd, ran.deliveries],
  };
};
