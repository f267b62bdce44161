import type { Task } from "./schemas.ts";

/** What something would have cost at the real providers, and the models that made it. */
export interface Cost {
  usd: number;
  models: string[];
}

/** What the images and the clips were charged at. The models come from the tasks: they may be fallbacks. */
export const wouldHaveCost = (tasks: readonly Task[]): { images: Cost; clips: Cost } => ({
  images: costOf(tasks.filter((task) => task.type === "generate_images")),
  clips: costOf(tasks.filter((task) => task.type === "generate_clips")),
});

function costOf(tasks: readonly Task[]): Cost {
  const made = tasks.filter((task) => task.status === "succeeded");
  return {
    usd: tasks.reduce((sum, task) => sum + (task.cost_charged_usd ?? 0), 0),
    models: [...new Set(made.flatMap(({ model }) => (model ? [model] : [])))].sort(),
  };
}
