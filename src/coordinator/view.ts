import type { View } from "../domain/feed.ts";
import type { ProjectRecord } from "../domain/record.ts";
import {
  approvalView,
  clipView,
  filmView,
  imageView,
  jobView,
  projectView,
  promptView,
  sceneView,
} from "../domain/views.ts";

const byId = <T extends { id: string }>(rows: T[]): Record<string, unknown> =>
  Object.fromEntries(rows.map((row) => [row.id, row]));

/** What the public sees of a record, as the feed publishes it. */
export function publicView(record: ProjectRecord): View {
  const { fps } = record.project.settings;
  return {
    project: byId([projectView(record.project)]),
    scene: byId(record.scenes.map((scene) => sceneView(scene, fps))),
    prompt: byId(record.prompts.map(promptView)),
    image: byId(record.images.map(imageView)),
    clip: byId(record.clips.map(clipView)),
    approval: byId(record.approvals.map(approvalView)),
    job: byId(record.jobs.map(jobView)),
    final_video: byId(record.films.map(filmView)),
  };
}

/** The view as one message: everything a client needs before it follows events. */
export function snapshot(view: View, position: { epoch: string; seq: number }): string {
  const rows = (entity: keyof View) => Object.values(view[entity]);
  return JSON.stringify({
    type: "snapshot",
    ...position,
    project: rows("project")[0] ?? null,
    scenes: rows("scene"),
    prompts: rows("prompt"),
    images: rows("image"),
    clips: rows("clip"),
    approvals: rows("approval"),
    jobs: rows("job"),
    final_videos: rows("final_video"),
  });
}
