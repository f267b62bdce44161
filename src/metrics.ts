/**
 * One point for each HTTP request and each task that ran, in one Analytics Engine dataset.
 *
 * Queries name the columns by their position, so a new one goes behind the last and none changes:
 *
 * | column  | a request                       | a task                                               |
 * | ------- | ------------------------------- | ---------------------------------------------------- |
 * | index1  | route pattern, or `unmatched`   | stage                                                |
 * | blob1   | `request`                       | `task`                                               |
 * | blob2   | method                          | stage                                                |
 * | blob3   | route pattern, or `unmatched`   | provider, or empty                                   |
 * | blob4   | status class, such as `2xx`     | model, or empty                                      |
 * | blob5   | problem code, or empty          | what the step came to, or `fenced`                   |
 * | blob6   |                                 | failure code, or empty                               |
 * | blob7   |                                 | project id                                           |
 * | double1 | milliseconds                    | milliseconds since the attempt was claimed           |
 * | double2 | status                          | attempt, from 1                                      |
 * | double3 | bytes of the body, −1: unknown  | what left the budget for it, in US dollars           |
 * | double4 |                                 | how often its message was delivered, from 1          |
 */
import type { Task } from "./domain/record/record.ts";

export interface Point {
  kind: "request" | "task";
  /** By which the dataset is sampled: few values, each of interest by itself. */
  index: string;
  blobs: string[];
  doubles: number[];
}

export type Metrics = (point: Point) => void;

/** Analytics Engine's limits: an index of 96 bytes, 16 KB of blobs (developers.cloudflare.com/analytics/analytics-engine/limits). */
const INDEX_LENGTH = 96;
const BLOB_LENGTH = 256;

/** Writes points to the dataset; nowhere without one. Never throws: no work fails for its measurement. */
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
      // A point less.
    }
  };

export const requestPoint = (request: {
  method: string;
  /** With names in place of ids, or null where no route matched. */
  route: string | null;
  status: number;
  problem: string | null;
  milliseconds: number;
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
  /** Of the step's result. */
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
