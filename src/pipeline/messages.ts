import { z } from "zod";

/**
 * A message of the task queues: a `WakeUp` (src/ports/work.ts) as JSON. `attempt` and `prediction`, which a verified
 * webhook adds, matter only where the answer to the order was lost, or is not committed yet.
 */
export const TaskMessage = z.object({
  v: z.literal(1),
  project: z.uuid(),
  task: z.uuid(),
  owner: z.string().min(1).max(1_000).optional(),
  /** Id of the request that caused it: see `WakeUp`. */
  request: z.string().min(1).max(255).optional(),
  /** How often it found the heavy gate taken and was sent again. */
  requeues: z.int().positive().optional(),
  attempt: z.int().positive().optional(),
  prediction: z.string().min(1).max(200).optional(),
});
export type TaskMessage = z.infer<typeof TaskMessage>;
