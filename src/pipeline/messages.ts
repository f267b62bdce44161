import { z } from "zod";

/**
 * A wake-up that says "look at task T". What a verified webhook adds (which attempt became
 * which prediction) matters only where our own record of the create was lost.
 */
export const TaskMessage = z.object({
  v: z.literal(1),
  project: z.uuid(),
  task: z.uuid(),
  owner: z.string().min(1).max(1_000).optional(),
  /** How often it, sent anew each time, found the gate of heavy work taken. */
  requeues: z.int().positive().optional(),
  attempt: z.int().positive().optional(),
  prediction: z.string().min(1).max(200).optional(),
});
export type TaskMessage = z.infer<typeof TaskMessage>;
