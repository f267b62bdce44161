import { STAGES } from "../../domain/record/record.ts";
import type { Job } from "./schemas.ts";
import type { View } from "./view.ts";

/** One stage as the demo shows it. */
export interface StageRow {
  label: string;
  state: "waiting" | "running" | "done" | "failed";
  /** 0 to 1. */
  fraction: number;
  done: number;
  total: number;
  seconds: number;
}

type Stage = (typeof STAGES)[number];
const LABELS: Record<Stage, string> = {
  transcribe: "Listening to the song",
  analyze_scenes: "Choosing the scenes",
  generate_prompts: "Writing the prompts",
  generate_images: "Drawing the images",
  generate_clips: "Animating the clips",
  assemble_video: "Joining the film",
};

export const stageRows = (view: View, now: Date): StageRow[] => STAGES.map((stage) => row(view, stage, now));

/** Shows the stage's newest job; `seconds` counts from the creation of its first one. */
function row(view: View, stage: Stage, now: Date): StageRow {
  const jobs = [...view.job.values()]
    .filter((job) => job.type === stage)
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const [first, job] = [jobs[0], jobs.at(-1)];
  const label = LABELS[stage];
  if (!first || !job) return { label, state: "waiting", fraction: 0, done: 0, total: 0, seconds: 0 };
  const ended = job.finished_at ? Date.parse(job.finished_at) : now.getTime();
  return {
    label,
    state: stateOf(job),
    fraction: fractionOf(job, view),
    done: job.tasks.succeeded,
    total: job.tasks.total,
    seconds: Math.max(0, ended - Date.parse(first.created_at)) / 1000,
  };
}

function stateOf({ status }: Job): StageRow["state"] {
  if (status === "completed") return "done";
  return status === "pending" || status === "running" ? "running" : "failed";
}

/** The larger of the job's recorded progress and its tasks' reports; below 1 until the job is completed. */
function fractionOf(job: Job, view: View): number {
  if (job.status === "completed") return 1;
  const reported = [...(view.fractions.get(job.id)?.values() ?? [])].reduce(
    (sum, fraction) => sum + fraction,
    0,
  );
  const counted = Math.max(job.tasks.succeeded, reported) / Math.max(1, job.tasks.total);
  return Math.min(0.99, Math.max(job.progress / 100, counted));
}
