/** Rules that must hold in a world that has come to rest, checked by its results only. */
import { currentOf } from "../../src/domain/controller/current.ts";
import { songFrames } from "../../src/domain/controller/inputs.ts";
import { projectPrefix } from "../../src/domain/record/keys.ts";
import { type Project, type ProjectRecord, STAGES, type Stage } from "../../src/domain/record/record.ts";
import { nothingPublished } from "../../src/domain/views/feed.ts";
import type { Person } from "./person.ts";
import { untoldOf } from "./platform.ts";
import type { Post } from "./providers.ts";
import type { World } from "./world.ts";

const ABSORBING = {
  job: new Set(["completed", "failed", "canceled"]),
  task: new Set(["succeeded", "failed", "canceled"]),
};
const NEAR = 1e-5;

/** A sentence for each broken rule; empty where all hold. */
export function judgeWorld(world: World, people: readonly Person[]): string[] {
  const broken = [...world.violations];
  for (const { what, id, from, to } of world.transitions)
    if (ABSORBING[what].has(from)) broken.push(`${what} ${id} left ${from} for ${to}`);
  broken.push(...posts(world));
  for (const person of people) {
    const { record } = person;
    broken.push(...(record ? living(world, person, record) : removed(world, person)));
  }
  broken.push(...accounts(world, people));
  return broken;
}

/** One POST for a claim at most, and none without one. */
function posts({ cloud }: World): string[] {
  const seen = new Map<string, number>();
  for (const post of cloud.posts) {
    const claim = `${post.taskId} attempt ${post.attempt}`;
    seen.set(claim, (seen.get(claim) ?? 0) + 1);
  }
  return [...seen].filter(([, n]) => n > 1).map(([claim, n]) => `${n} paid POSTs for ${claim}`);
}

function living(world: World, person: Person, record: ProjectRecord): string[] {
  return [
    ...ended(record),
    ...covered(record),
    ...heldFast(record),
    ...consented(world, record),
    ...pinned(world, record),
    ...boughtOnce(world, person),
    ...askedFor(world, person, record),
    ...notBoughtAgain(world, person),
    ...money(world, record),
    ...shown(world, record),
  ];
}

/** Every job is over, with a reason where it did not succeed; the person has their film. */
function ended({ project, jobs, tasks }: ProjectRecord): string[] {
  const open = (status: string) => status === "pending" || status === "running" || status === "waiting";
  return [
    ...(project.status === "completed" ? [] : [`The project ended ${project.status}, not completed`]),
    ...jobs.filter((j) => open(j.status)).map((j) => `Job ${j.id} (${j.type}) is still ${j.status}`),
    ...jobs
      .filter((j) => j.status !== "completed" && !open(j.status) && !j.error)
      .map((j) => `Job ${j.id} (${j.type}) is ${j.status} and does not say why`),
    ...jobs
      .filter(
        (j) => j.status === "completed" && tasks.some((t) => t.jobId === j.id && isLastFailed(t, tasks)),
      )
      .map((j) => `Job ${j.id} (${j.type}) is completed, and a task of it failed`),
    ...tasks.filter((t) => open(t.status)).map((t) => `Task ${t.id} (${t.type}) is still ${t.status}`),
    ...tasks
      .filter((t) => t.status === "failed" && !t.error)
      .map((t) => `Task ${t.id} failed without a reason`),
  ];
}

function isLastFailed(task: ProjectRecord["tasks"][number], all: ProjectRecord["tasks"]): boolean {
  const later = all.some(
    (t) => t.jobId === task.jobId && t.subject === task.subject && t.createdAt > task.createdAt,
  );
  return task.status === "failed" && !later;
}

/** Scenes and film cover the song from the first frame to the last. */
function covered({ project, scenes, films }: ProjectRecord): string[] {
  const { audio, settings } = project;
  if (!audio) return ["There is no song"];
  const frames = songFrames(audio, settings.fps);
  const tiles = (name: string, spans: { startFrame: number; endFrame: number }[]) => {
    let next = 0;
    for (const { startFrame, endFrame } of spans) {
      if (startFrame !== next || endFrame <= startFrame) return [`${name} break at frame ${next}`];
      next = endFrame;
    }
    return next === frames ? [] : [`${name} end at frame ${next} of ${frames}`];
  };
  const film = films.filter((f) => f.status === "completed").toSorted((a, b) => (a.id < b.id ? 1 : -1));
  const last = film.find((f) => f.frames === frames);
  return [
    ...tiles(
      "Scenes",
      scenes.toSorted((a, b) => a.orderIdx - b.orderIdx),
    ),
    ...(last ? tiles("The film's cuts", last.editList) : ["No film is as long as the song"]),
  ];
}

/** The scenes keep what the person pinned. */
function heldFast({ project, scenes }: ProjectRecord): string[] {
  const isCut = (frame: number) => scenes.some((s) => s.startFrame === frame || s.endFrame === frame);
  return project.pins.flatMap((pin) => {
    const stands =
      pin.kind === "cut"
        ? isCut(pin.frame)
        : scenes.some((s) => s.startFrame === pin.startFrame && s.endFrame === pin.endFrame);
    return stands ? [] : [`A pin is not kept: ${JSON.stringify(pin)}`];
  });
}

/**
 * A person's newest verdict holds, by the order in which the database got them, whatever the clocks of the
 * machines that made the ids say: no scene and no film uses what was rejected last, and nothing is taken for
 * approved without a yes.
 */
function consented({ verdicts }: World, record: ProjectRecord): string[] {
  const { autoApprove } = record.project.settings;
  const problemsOf = (what: string, id: string, taken: boolean | null): string[] => {
    const verdict = verdicts.get(id);
    if (verdict?.tied) return [];
    if (verdict?.approved === false) return [`${what} ${id} is used, and was rejected last`];
    if (taken === false && verdict) return [`${what} ${id} was approved last, and counts as not approved`];
    return taken && !verdict && !autoApprove ? [`${what} ${id} counts as approved, and nobody said yes`] : [];
  };
  const [film] = record.films
    .filter((f) => f.status === "completed")
    .toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
  return [
    ...currentOf(record).scenes.flatMap(({ image, imageApproved, clip, clipApproved }) => [
      ...(image ? problemsOf("Image", image.id, imageApproved) : []),
      ...(clip ? problemsOf("Clip", clip.id, clipApproved) : []),
    ]),
    ...(film?.editList ?? []).flatMap(({ clipId }) => problemsOf("The film's clip", clipId, null)),
  ];
}

/** The bytes of each completed artifact are in the bucket. */
function pinned({ bucket }: World, { images, clips, films }: ProjectRecord): string[] {
  const assets = [...images, ...clips, ...films];
  return [
    ...assets
      .filter((a) => a.status === "completed")
      .filter((a) => bucket.objects.get(a.objectKey ?? "")?.object.etag !== a.etag)
      .map((a) => `Asset ${a.id} is completed, and its bytes are not in the bucket`),
    ...assets.filter((a) => a.status === "pending").map((a) => `Asset ${a.id} is pending for ever`),
  ];
}

/** Nothing usable is paid for twice, except where the person retried the task, or another reason counts. */
function boughtOnce({ cloud, store }: World, { projectId, deeds }: Person): string[] {
  const units = new Map<string, Post[]>();
  for (const post of cloud.posts.filter((p) => p.projectId === projectId && p.chargedUsd > 0)) {
    const unit = `${post.stage} ${post.subject} ${post.inputHash} ${post.part ?? ""}`;
    units.set(unit, [...(units.get(unit) ?? []), post]);
  }
  const allowed = store.projects.get(projectId)?.project.settings.repeatUnknownUpToUsd ?? 0;
  return [...units].flatMap(([unit, bought]) => {
    const usable = bought.filter((p) => p.usable);
    const asked = bought.filter((p) => deeds.retries.has(p.taskId)).length;
    const beforehand = bought.filter((p) => p.chargedUsd <= allowed).length;
    // After an edit of lyrics or scene lengths, the director is rightly asked again.
    const recut = unit.startsWith("analyze_scenes") ? deeds.edits : 0;
    // A clip of another size than the model's table says may be refused, or cause others to be refused.
    const odd = unit.startsWith("generate_clips") && [...cloud.quirks.values()].includes("odd_size") ? 1 : 0;
    const right = 1 + asked + beforehand + recut + odd;
    return usable.length > right ? [`${unit} was bought ${usable.length} times, with ${right} reasons`] : [];
  });
}

/** The inputs of each stage, besides the inputs of the stages before it. */
const MADE_FROM: Record<Stage, (project: Project) => unknown[]> = {
  transcribe: ({ audio }) => [audio?.etag],
  analyze_scenes: ({ settings, pins, beat }) => [
    settings.scenes,
    pins,
    beat?.source === "tapped" ? [beat.bpm, beat.offsetSeconds, beat.beatsPerBar] : null,
  ],
  generate_prompts: ({ settings }) => [settings.style, settings.mood, settings.aspectRatio],
  generate_images: ({ settings }) => [settings.imageModel],
  generate_clips: ({ settings }) => [settings.clipModel, settings.clipResolution],
  assemble_video: () => [],
};
const inputsOf = (stage: Stage, project: Project): string =>
  JSON.stringify(STAGES.slice(0, STAGES.indexOf(stage) + 1).map((s) => MADE_FROM[s](project)));

/** Each paid call makes what a run request covers, with its inputs, or what the person retried. */
function askedFor({ cloud }: World, { projectId, deeds }: Person, { tasks }: ProjectRecord): string[] {
  const named = new Set(
    tasks.filter((t) => deeds.retries.has(t.id)).map((t) => `${t.type} ${t.subject} ${t.inputHash}`),
  );
  return cloud.posts
    .filter((p) => p.projectId === projectId && !named.has(`${p.stage} ${p.subject} ${p.inputHash}`))
    .filter((p) => !p.asked || inputsOf(p.stage, p.asked) !== inputsOf(p.stage, p.project))
    .map((p) => `${p.stage} of task ${p.taskId} was ordered, and no request covers it`);
}

/** Only a few results of a form that can't be used are bought from one model. */
function notBoughtAgain({ cloud }: World, { projectId, deeds }: Person): string[] {
  const foreign = new Map<string, number>();
  for (const post of cloud.posts) {
    if (post.projectId !== projectId || post.chargedUsd === 0 || cloud.quirks.get(post.model) !== "foreign")
      continue;
    const { aspectRatio, clipResolution } = post.project.settings;
    const key = `${post.stage} of ${post.model} at ${aspectRatio} ${clipResolution}`;
    foreign.set(key, (foreign.get(key) ?? 0) + 1);
  }
  const right = MAX_FOREIGN * (1 + deeds.retries.size);
  return [...foreign]
    .filter(([, count]) => count > right)
    .map(([key, count]) => `${key} was bought ${count} times, and can't be used`);
}
/** The trial orders of a model, twice: slow ones let further orders in. */
const MAX_FOREIGN = 6;

/** What is counted as spent is what the providers charged, and more only where an outcome is unknown. */
function money({ cloud }: World, { project, tasks }: ProjectRecord): string[] {
  const charged = cloud.posts
    .filter((p) => p.projectId === project.id)
    .reduce((sum, p) => sum + p.chargedUsd, 0);
  const unknown = tasks.some(
    (t) => t.charged === "unknown" || t.failedAttempts.some((a) => a.charged === "unknown"),
  );
  return [
    ...(Math.abs(project.reservedUsd) > NEAR ? [`$${project.reservedUsd} are still reserved`] : []),
    ...(project.spentUsd < charged - NEAR
      ? [`$${project.spentUsd} are counted as spent, and $${charged} were charged`]
      : []),
    ...(!unknown && project.spentUsd > charged + NEAR
      ? [`$${project.spentUsd} are counted as spent, only $${charged} were charged, and nothing is unknown`]
      : []),
  ];
}

/** A client that followed the feed sees the record. */
function shown({ store, objects }: World, { project }: ProjectRecord): string[] {
  const told = objects.get(project.id)?.kept.told ?? nothingPublished();
  const missing = untoldOf(store, project.id, told);
  return missing > 0 ? [`The feed does not show the record: ${missing} changes were not told`] : [];
}

/** Nothing is left of a deleted project. */
function removed({ bucket, objects }: World, { ownerId, projectId }: Person): string[] {
  const prefix = projectPrefix(ownerId, projectId);
  const kept = objects.get(projectId)?.kept;
  return [
    ...[...bucket.objects.keys()]
      .filter((key) => key.startsWith(prefix))
      .map((key) => `${key} was not deleted`),
    ...(kept?.alarmAt ? ["The deleted project's object still has an alarm"] : []),
    ...(kept && (kept.seq > 0 || kept.receipts.size > 0)
      ? ["The deleted project's object still keeps something"]
      : []),
  ];
}

/** The owner's sums are those of all their projects, deleted ones included. */
function accounts({ store, cloud }: World, people: readonly Person[]): string[] {
  return [...store.owners.values()].flatMap((owner) => {
    const own: Project[] = [...store.projects.values()]
      .map((rows) => rows.project)
      .filter((p) => p.ownerId === owner.id);
    const reserved = own.reduce((sum, p) => sum + p.reservedUsd, 0);
    const spent = own.reduce((sum, p) => sum + p.spentUsd, 0);
    const mine = new Set(people.filter((p) => p.ownerId === owner.id).map((p) => p.projectId));
    const charged = cloud.posts
      .filter((p) => mine.has(p.projectId))
      .reduce((sum, p) => sum + p.chargedUsd, 0);
    return [
      ...(Math.abs(owner.reservedUsd - reserved) > NEAR
        ? [`Owner: $${owner.reservedUsd} reserved, the projects' sum is $${reserved}`]
        : []),
      ...(owner.spentUsd < spent - NEAR
        ? [`Owner: $${owner.spentUsd} spent, the projects' sum is $${spent}`]
        : []),
      ...(owner.spentUsd < charged - NEAR
        ? [`Owner: $${owner.spentUsd} spent, and $${charged} were charged`]
        : []),
    ];
  });
}
