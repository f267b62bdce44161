import type { ProjectRecord } from "../domain/record/record.ts";
import type { Published, View } from "../domain/views/feed.ts";
import {
  approvalView,
  clipView,
  feedProjectView,
  filmView,
  imageView,
  jobView,
  promptView,
  sceneView,
} from "../domain/views/views.ts";

const byId = <T extends { id: string }>(rows: T[]): Record<string, unknown> =>
  Object.fromEntries(rows.map((row) => [row.id, row]));

/** A record's public view, as the feed publishes it. */
export function publicView(record: ProjectRecord): View {
  const { fps } = record.project.settings;
  return {
    project: byId([feedProjectView(record.project)]),
    scene: byId(record.scenes.map((scene) => sceneView(scene, fps))),
    prompt: byId(record.prompts.map(promptView)),
    image: byId(record.images.map(imageView)),
    clip: byId(record.clips.map(clipView)),
    approval: byId(record.approvals.map(approvalView)),
    job: byId(record.jobs.map(jobView)),
    final_video: byId(record.films.map(filmView)),
  };
}

/** All that was published as one message: what a client needs before it follows events. */
export function snapshot(published: Published, { epoch, seq }: { epoch: string; seq: number }): string {
  const list = (entity: keyof Published) => `[${Object.values(published[entity]).join(",")}]`;
  const members = [
    `"type":"snapshot"`,
    `"epoch":${JSON.stringify(epoch)}`,
    `"seq":${seq}`,
    `"project":${Object.values(published.project)[0] ?? "null"}`,
    `"scenes":${list("scene")}`,
    `"prompts":${list("prompt")}`,
    `"images":${list("image")}`,
    `"clips":${list("clip")}`,
    `"approvals":${list("approval")}`,
    `"jobs":${list("job")}`,
    `"final_videos":${list("final_video")}`,
  ];
  return `{${members.join(",")}}`;
}
