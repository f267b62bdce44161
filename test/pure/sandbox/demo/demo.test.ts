import { describe, expect, test } from "vitest";
import { wouldHaveCost } from "../../../../src/sandbox/demo/cost.ts";
import { Message, type Task } from "../../../../src/sandbox/demo/schemas.ts";
import { stageRows } from "../../../../src/sandbox/demo/stages.ts";
import { summary } from "../../../../src/sandbox/demo/summary.ts";
import { emptyView, receive, type View } from "../../../../src/sandbox/demo/view.ts";

const NOW = new Date("2026-11-22T10:00:10.000Z");
const project = { id: "p", status: "running", settings: { fps: 24 }, cost: { spent_usd: 1.23 }, audio: null };
const job = (over: object) => ({
  id: "j1",
  type: "generate_images",
  status: "running",
  progress: 0,
  tasks: { total: 4, succeeded: 0, failed: 0 },
  error: null,
  created_at: "2026-11-22T10:00:00.000Z",
  finished_at: null,
  ...over,
});
const snapshot = (over: object = {}) => ({
  type: "snapshot",
  epoch: "e",
  seq: 1,
  project,
  scenes: [],
  images: [],
  clips: [],
  approvals: [],
  jobs: [],
  final_videos: [],
  ...over,
});
const event = (entity: string, value: { id: string }) => ({
  type: "event",
  epoch: "e",
  seq: 2,
  op: "upsert",
  entity,
  id: value.id,
  value,
});
const view = (...messages: unknown[]): View =>
  messages.reduce<View>(
    (v, message) => receive(v, Message.parse(JSON.parse(JSON.stringify(message)))),
    emptyView(),
  );
const rowOf = (v: View, label: string) => stageRows(v, NOW).find((row) => row.label === label);

describe("the demo's copy of a project", () => {
  test("is the feed's snapshot with all events applied, without unknown entities", () => {
    const v = view(
      snapshot({ scenes: [{ id: "s1" }, { id: "s2" }] }),
      event("scene", { id: "s3" }),
      { ...event("scene", { id: "s1" }), op: "remove", value: undefined },
      event("an_entity_of_tomorrow", { id: "x" }),
    );
    expect([...v.scene.keys()]).toEqual(["s2", "s3"]);
  });

  test("is replaced by each snapshot", () => {
    expect([...view(snapshot({ scenes: [{ id: "s1" }] }), snapshot()).scene.keys()]).toEqual([]);
  });

  test("refuses a value that does not fit its entity", () => {
    expect(() => view(snapshot(), event("job", { id: "j" }))).toThrow();
  });
});

describe("a stage", () => {
  test("shows the larger of its recorded progress and what its tasks have reported", () => {
    const half = { type: "progress", job_id: "j1", task_id: "t2", fraction: 0.5 };
    const v = view(
      snapshot({ jobs: [job({ progress: 25, tasks: { total: 4, succeeded: 1, failed: 0 } })] }),
      half,
      { ...half, task_id: "t3", fraction: 1 },
    );
    expect(rowOf(v, "Drawing the images")).toEqual({
      label: "Drawing the images",
      state: "running",
      fraction: 0.375,
      done: 1,
      total: 4,
      seconds: 10,
    });
  });

  test("shows its newest job, with the time since its first one was created", () => {
    const again = job({
      id: "j2",
      status: "completed",
      tasks: { total: 4, succeeded: 4, failed: 0 },
      created_at: "2026-11-22T10:00:06.000Z",
      finished_at: "2026-11-22T10:00:08.000Z",
    });
    const v = view(snapshot({ jobs: [again, job({ status: "failed" })] }));
    expect(rowOf(v, "Drawing the images")).toMatchObject({ state: "done", fraction: 1, seconds: 8 });
  });

  test("is never at 100 % before it is completed, and is waiting while it has no job", () => {
    const v = view(snapshot({ jobs: [job({ progress: 100 })] }));
    expect(rowOf(v, "Drawing the images")?.fraction).toBeLessThan(1);
    expect(rowOf(v, "Joining the film")).toMatchObject({ state: "waiting", fraction: 0 });
  });
});

describe("the summary", () => {
  const asset = { id: "a", scene_id: "s", status: "completed" };
  const made = view(snapshot({ images: [asset], clips: [asset, { ...asset, id: "b", status: "failed" }] }));
  const task = (
    type: Task["type"],
    model: string | null,
    usd: number | null,
    status = "succeeded",
  ): Task => ({
    type,
    status,
    model,
    cost_charged_usd: usd,
  });
  const tasks = [
    task("generate_prompts", "openai/gpt-6-luna", 0.002),
    task("generate_images", "black-forest-labs/flux-2-pro", 0.03),
    task("generate_clips", "xai/grok-imagine-video", 0.25),
    task("generate_clips", "google/veo-3.1-lite", 0.3),
    task("generate_clips", "google/veo-3.1-lite", 0.3),
    task("generate_clips", "bytedance/seedance-2.0-mini", null, "failed"),
    task("assemble_video", null, 0),
  ];
  const film = {
    frames: 1440,
    width: 1280,
    height: 720,
    videoSeconds: 60,
    audioSeconds: 60,
    audioCodec: "mp3",
  };

  test("names what the images and clips were charged at, and the models that made them", () => {
    const { images, clips } = wouldHaveCost(tasks);
    expect([images.usd, images.models]).toEqual([0.03, ["black-forest-labs/flux-2-pro"]]);
    expect(clips.usd).toBeCloseTo(0.85, 9);
    expect(clips.models).toEqual(["google/veo-3.1-lite", "xai/grok-imagine-video"]);
    const text = summary(made, project, tasks, { film, songSeconds: 60 }, "out.mp4", 48);
    expect(text).toContain(
      "prices $1.23, of that images $0.03 (black-forest-labs/flux-2-pro), clips $0.85 (google/veo-3.1-lite, xai/grok-imagine-video)",
    );
    expect(text).toContain("0 scenes, 1 images, 1 clips");
  });

  test("accepts a film that is within one frame of its song", () => {
    expect(summary(made, project, tasks, { film, songSeconds: 60 + 1 / 24 }, "out.mp4", 48)).toContain(
      "1440 frames",
    );
  });

  test.each(["videoSeconds", "audioSeconds"])("throws where %s is off by more than a frame", (which) => {
    const off = { ...film, [which]: 60 + 1.1 / 24 };
    expect(() => summary(made, project, tasks, { film: off, songSeconds: 60 }, "out.mp4", 48)).toThrow(
      "not as long",
    );
  });
});
