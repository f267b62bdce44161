/** One small world: the real domain, operations, controller and pipeline over simulated ports. */
import { type Config, parseConfig } from "../../src/config.ts";
import { connect } from "../../src/db/client.ts";
import { postgresKeys } from "../../src/db/idempotency.ts";
import { postgresReader } from "../../src/db/reader.ts";
import { HEAVY_STAGES } from "../../src/domain/controller/heavy.ts";
import { rateLimitOf } from "../../src/domain/models/rate-limits.ts";
import {
  acquire,
  newRateLimiter,
  penalize,
  type RateLimiter,
  reportSuccess,
} from "../../src/domain/rate-limiter.ts";
import { failure } from "../../src/domain/record/failures.ts";
import { isLimitReached } from "../../src/domain/record/limits.ts";
import type { Project, Task } from "../../src/domain/record/record.ts";
import type { Media } from "../../src/media/port.ts";
import { deleteUnneeded } from "../../src/pipeline/deletions.ts";
import { sweep } from "../../src/pipeline/sweep.ts";
import type { Deps } from "../../src/ports/deps.ts";
import type { ApprovalInput, RecordedApproval } from "../../src/ports/store.ts";
import type { RateLimiters } from "../../src/ports/work.ts";
import { webhooksOf } from "../../src/providers/webhook.ts";
import { fakeDeps } from "../support/deps.ts";
import { TurnWatch } from "../support/turn-watch.ts";
import { Faults } from "./faults.ts";
import { Isolates } from "./isolates.ts";
import { ObjectHost, SimulatedBucket } from "./platform.ts";
import { Cloud } from "./providers.ts";
import { SimulatedQueue } from "./queues.ts";
import { Chance } from "./random.ts";
import { atWork, Caller, Runtime } from "./runtime.ts";
import { MemoryStore } from "./store.ts";
import { Time } from "./time.ts";

/** How much the clocks of different machines may differ. */
export const SKEW_MS = 600_000;
const SWEEP_MS = 300_000;

export interface WorldOptions {
  seed: number;
  /** How many lines of history to keep. */
  kept: number;
  fault?: ConstructorParameters<typeof Faults>[1];
}

export interface Transition {
  what: "job" | "task";
  id: string;
  from: string;
  to: string;
}

/** The newest approval or rejection of an image or a clip, in the order in which the database got them. */
export interface LastApproval {
  approved: boolean;
  subjectHash: string;
  at: number;
  /** Whether another one of the same bytes has the same time, so that either may count. */
  tied: boolean;
}

export class World {
  readonly seed: number;
  readonly chance: Chance;
  readonly time: Time;
  readonly faults: Faults;
  readonly runtime: Runtime;
  readonly store: MemoryStore;
  readonly bucket: SimulatedBucket;
  readonly cloud: Cloud;
  readonly isolates: Isolates;
  readonly queue: SimulatedQueue;
  readonly objects = new Map<string, ObjectHost>();
  readonly transitions: Transition[] = [];
  /** Each project as it was at its last run request. */
  readonly asked = new Map<string, Project>();
  /** By the id of the image or clip. */
  readonly verdicts = new Map<string, LastApproval>();
  /** Rules that were broken while the world ran. */
  readonly violations: string[] = [];
  /** Whose turn a call takes at the rate limiters; the task's owner, unless it is sabotaged. */
  turnOwner = (ownerId: string): string => ownerId;
  readonly #limiters = new Map<string, RateLimiter>();
  readonly turns = new Map<string, TurnWatch>();
  readonly #config: Config;

  constructor({ seed, kept, fault = null }: WorldOptions, config: Config) {
    this.seed = seed;
    this.chance = new Chance(seed);
    this.time = new Time(this.chance);
    this.faults = new Faults(this.chance, fault);
    this.runtime = new Runtime(this.time, this.chance, this.faults, kept);
    this.store = new MemoryStore({
      now: () => new Date(this.time.now),
      newId: this.runtime.newId,
      ownerBudgetUsd: this.chance.chance(0.3) ? 30 : null,
    });
    this.store.onTransition = (what, id, from, to) => {
      this.transitions.push({ what, id, from, to });
      this.runtime.note(`${what} ${id.slice(-6)} ${from} -> ${to}`);
    };
    this.bucket = new SimulatedBucket(this.runtime);
    this.cloud = new Cloud(this.runtime, (order) => this.#webhook(order));
    this.isolates = new Isolates(this.runtime, this.violations);
    this.queue = new SimulatedQueue(this.runtime, this.isolates, (caller) => this.depsFor(caller));
    this.#config = config;
    this.time.after(SWEEP_MS, () => this.#cron());
  }

  object(projectId: string): ObjectHost {
    const known = this.objects.get(projectId);
    if (known) return known;
    const host = new ObjectHost(
      this.runtime,
      projectId,
      (caller) => this.depsFor(caller),
      () => {},
    );
    this.objects.set(projectId, host);
    return host;
  }

  #cron(): void {
    const caller = new Caller("cron");
    void sweep(this.depsFor(caller)).catch(() => {});
    void deleteUnneeded(this.depsFor(caller));
    this.time.after(SWEEP_MS, () => this.#cron());
  }

  /** Delivers a webhook once, twice, late or never; again where the delivery failed. */
  #webhook({ id, webhookUrl }: { id: string; webhookUrl: string }): void {
    const [, , project = "", task = "", attempt = ""] =
      /replicate(\/)([^/]+)\/([^/]+)\/(\d+)/.exec(webhookUrl) ?? [];
    if (!project) throw new Error(`Not a webhook of ours: ${webhookUrl}`);
    const webhookId = this.runtime.newId();
    const deliver = (ms: number, tries: number) =>
      this.time.after(ms, () => {
        const caller = new Caller("webhook");
        const again = () => {
          if (tries > 1) deliver(5_000, tries - 1);
        };
        caller.onDeath(again);
        this.depsFor(caller)
          .coordinator(project)
          .receive(webhookId, {
            projectId: project,
            taskId: task,
            attempt: Number(attempt),
            predictionId: id,
          })
          .catch(again);
      });
    if (this.faults.happens("webhook_lost", 2)) return;
    const ms = this.faults.happens("webhook_late", 2)
      ? this.chance.whole(30_000, 3_000_000)
      : this.chance.whole(5, 800);
    deliver(ms, 3);
    if (this.faults.happens("webhook_doubled", 2)) deliver(ms + this.chance.whole(0, 60_000), 1);
  }

  #noteVerdicts(given: ApprovalInput[], recorded: RecordedApproval[]): void {
    // Nothing is recorded if one of them is of no completed image or clip.
    if (recorded.some((row) => row.sceneId === null)) return;
    for (const { id, subjectHash, createdAt } of recorded) {
      const input = given.find((v) => v.id === id);
      const asset = input?.imageId ?? input?.clipId;
      if (!input || !asset || subjectHash === null) continue;
      const at = createdAt.getTime();
      const tied = this.verdicts.get(asset)?.at === at;
      this.verdicts.set(asset, { approved: input.approved, subjectHash, at, tied });
    }
  }

  /**
   * The parts for one caller; once it is dead, its calls get no answer. `skewMs`: how wrong the clock of its
   * machine is; by default as the faults decide.
   */
  depsFor(caller: Caller, skewMs: number | null = null): Deps {
    const { runtime, chance, time } = this;
    const drawn = this.isolates.skewOf(caller, () =>
      this.faults.happens("clock_skewed", 3) ? chance.whole(-SKEW_MS, SKEW_MS) : 0,
    );
    const skew = skewMs ?? drawn;
    const call = <T>(port: string, work: () => Promise<T>) => runtime.call(caller, `store.${port}`, work);
    const { store } = this;
    return fakeDeps(this.#config, {
      // The simulation does not use it: nothing listens at this address.
      reader: postgresReader(unreachable),
      keys: postgresKeys(unreachable),
      store: {
        load: (id) => call("load", () => store.load(id)),
        apply: (id, changes) => call("apply", () => store.apply(id, changes)),
        claim: (ids) => {
          const work: NonNullable<ReturnType<typeof atWork.getStore>> = {
            taskId: ids.taskId,
            claim: null,
            asked: null,
          };
          atWork.enterWith(work);
          return call("claim", async () => {
            const claim = await store.claim(ids);
            if (claim.kind === "claimed") {
              work.claim = claim;
              work.asked = this.asked.get(ids.projectId) ?? null;
              this.#checkBudgets(claim.task, claim.was);
              if (claim.was === "pending" && HEAVY_STAGES.includes(claim.task.type))
                this.isolates.begins(caller, claim.task.id);
            }
            return claim;
          });
        },
        renew: (task) => call("renew", () => store.renew(task)),
        settle: (task, settlement) => call("settle", () => store.settle(task, settlement)),
        fail: (ids, failure) => call("fail", () => store.fail(ids, failure)),
        projectsToSweep: (idle, limit) => call("projectsToSweep", () => store.projectsToSweep(idle, limit)),
        createProject: (project) => call("createProject", () => store.createProject(project)),
        findProject: (whose) => call("findProject", () => store.findProject(whose)),
        editProject: (whose, edit) => call("editProject", () => store.editProject(whose, edit)),
        attachAudio: (whose, song) => call("attachAudio", () => store.attachAudio(whose, song)),
        chooseMotif: (whose, motif) => call("chooseMotif", () => store.chooseMotif(whose, motif)),
        requestRun: (whose, target) =>
          call("requestRun", async () => {
            const project = await store.requestRun(whose, target);
            if (project && !isLimitReached(project) && project.audio) this.asked.set(project.id, project);
            return project;
          }),
        cancel: (whose, stages, target) => call("cancel", () => store.cancel(whose, stages, target)),
        retry: (whose, what) => call("retry", () => store.retry(whose, what)),
        recordApprovals: (whose, verdicts) =>
          call("judge", async () => {
            const recorded = await store.recordApprovals(whose, verdicts);
            if (recorded) this.#noteVerdicts(verdicts, recorded);
            return recorded;
          }),
        removeProject: (whose) => call("removeProject", () => store.removeProject(whose)),
        announceUpload: (whose, upload) => call("announceUpload", () => store.announceUpload(whose, upload)),
        holdUpload: (whose, key) => call("holdUpload", () => store.holdUpload(whose, key)),
        refuseUpload: (whose, key) => call("refuseUpload", () => store.refuseUpload(whose, key)),
        takeObjectsToDelete: (most) => call("takeObjectsToDelete", () => store.takeObjectsToDelete(most)),
        forgetObjects: (paths) => call("forgetObjects", () => store.forgetObjects(paths)),
      },
      storage: this.bucket.seenBy(caller),
      providers: this.cloud.seenBy(caller),
      webhooks: webhooksOf({
        webhookSecrets: this.#config.replicate.webhookSecrets,
        callbackSecret: this.#config.callbackSecret,
      }),
      media: this.#media(caller),
      rateLimiters: this.#rateLimitersSeenBy(caller),
      queue: this.queue.seenBy(caller),
      gate: this.isolates.gateOf(caller),
      coordinator: (id) => this.object(id).seenBy(caller),
      now: () => new Date(time.now + skew),
      newId: () => runtime.newId(skew),
      random: chance.next,
      every: (ms, work) => {
        let going = true;
        const again = () =>
          time.after(ms, () => {
            if (!going || !caller.alive) return;
            void work();
            again();
          });
        again();
        return {
          stop: () => {
            going = false;
          },
        };
      },
      log: (level, event, fields) => {
        if (event === "heavy_requeued") this.faults.count("gate_taken");
        if (level !== "info" || event === "task_settled")
          runtime.note(`${caller.name} ${event} ${JSON.stringify(fields ?? {})}`);
      },
    });
  }

  /** A claim must not pass the budget, except one that costs nothing, after the budget was lowered. */
  #checkBudgets({ projectId, costEstimatedUsd }: Task, was: string): void {
    if (was === "waiting" || costEstimatedUsd === 0) return;
    const project = this.store.projects.get(projectId)?.project;
    if (!project) return;
    const { budgetUsd } = project.settings;
    const used = project.reservedUsd + project.spentUsd;
    if (budgetUsd !== null && used > budgetUsd + 1e-6)
      this.violations.push(`A claim took the project to $${used} of $${budgetUsd}`);
  }

  #rateLimitersSeenBy(caller: Caller): RateLimiters {
    const { runtime, time } = this;
    const at = (provider: string) =>
      this.#limiters.get(provider) ?? newRateLimiter(rateLimitOf(provider), time.now);
    const keep = (provider: string, limiter: RateLimiter) => void this.#limiters.set(provider, limiter);
    return {
      acquire: (provider, { key, ownerId }) =>
        runtime.call(caller, "rate_limiter.acquire", () => {
          const caller = { key, owner: this.turnOwner(ownerId) };
          const { state, admission } = acquire(at(provider), caller, time.now);
          keep(provider, state);
          this.#turnsAt(provider).see({ key, owner: ownerId }, admission, time.now);
          return admission;
        }),
      penalize: (provider, after) =>
        runtime.call(caller, "rate_limiter.penalize", () =>
          keep(provider, penalize(at(provider), after, time.now)),
        ),
      reportSuccess: (provider) =>
        runtime.call(caller, "rate_limiter.report_success", () =>
          keep(provider, reportSuccess(at(provider), time.now)),
        ),
    };
  }

  #turnsAt(provider: string): TurnWatch {
    const known = this.turns.get(provider);
    if (known) return known;
    const turns = new TurnWatch(this.violations);
    this.turns.set(provider, turns);
    return turns;
  }

  #media(caller: Caller): Media {
    const { runtime, bucket, violations } = this;
    return {
      clipProvenance: async () => [],
      pictureProvenance: () => [],
      probeSong: async (_file, { filename }) => ({
        ok: true,
        audio: {
          format: "mp3",
          codec: "mp3",
          contentType: "audio/mpeg",
          bytes: 1000,
          durationSeconds: (bucket.objects.get(filename ?? "")?.file.frames ?? 240) / 24,
          sampleRate: 44_100,
          channels: 2,
          title: null,
          artist: null,
        },
      }),
      nextPart: async (_file, { durationSeconds }, afterSeconds) => {
        // Every third song is transcribed in two parts.
        const cut = durationSeconds % 3 === 0 ? durationSeconds / 2 : durationSeconds;
        const last = afterSeconds >= cut || cut === durationSeconds;
        const part = {
          bytes: new Uint8Array([1]),
          filename: `from-${afterSeconds}.mp3`,
          contentType: "audio/mpeg",
        };
        const endSeconds = last ? durationSeconds : cut;
        return { ok: true, part: { ...part, startSeconds: afterSeconds, endSeconds, last } };
      },
      beatOf: async () => null,
      measurePicture: (head) =>
        head[0] === 1 ? { width: 1280, height: 720, contentType: "image/jpeg" } : null,
      inspectClip: async (file) => {
        const head = "read" in file ? await file.read(0, 1000) : file;
        const frames = ((head[1] ?? 0) << 8) + (head[2] ?? 0);
        if (head[0] === 2) return { ok: false, failure: failure("output_form", "It is no MP4.") };
        if (head[0] !== 1)
          return { ok: false, failure: failure("clip_unreadable", "It is cut off.", { retryable: true }) };
        return {
          ok: true,
          clip: {
            frames,
            fps: 24,
            width: ((head[3] ?? 0) << 8) + (head[4] ?? 0),
            height: 720,
            codec: "avc1",
            decoderConfig: "",
            hasAudio: false,
            durationSeconds: frames / 24,
          },
        };
      },
      assembleFilm: async ({ edits, fps, upload }) => {
        const heads = await Promise.all(edits.map(({ file }) => file.read(0, 1000)));
        if (new Set(heads.map((head) => `${head[3]} ${head[4]}`)).size > 1)
          violations.push("Clips of several sizes were bought for one film");
        await runtime.call(caller, "media.assemble", () => {}, { most: 40_000 });
        const object = await (await upload()).complete();
        const frames = edits.at(-1)?.endFrame ?? 0;
        let next = 0;
        for (const edit of edits) {
          if (edit.startFrame !== next) violations.push(`The film has a hole or an overlap at frame ${next}`);
          next = edit.endFrame;
        }
        const editList = edits.map(({ file: _, ...edit }) => edit);
        return {
          ok: true,
          object,
          bytes: object.bytes,
          frames,
          durationSeconds: frames / fps,
          width: 1280,
          height: 720,
          editList,
          silentScenes: [],
          notes: [],
          withoutEdits: null,
        };
      },
    };
  }
}

const unreachable = connect("postgresql://nobody:nothing@nowhere.test/none", null);

let parsed: Config | null = null;
/** A configuration without real addresses. */
export const simulatedConfig = (): Config =>
  (parsed ??= parseConfig({
    DATABASE_URL: "postgresql://omvee:omvee@localhost/omvee",
    PUBLIC_URL: "https://api.test",
    CORS_ORIGINS: "https://app.test",
    AUTH_JWKS_URL: "https://id.test/jwks.json",
    AUTH_ISSUER: "https://id.test",
    AUTH_AUDIENCE: "omvee",
    OPENAI_API_KEY: "sk-test",
    OPENROUTER_API_KEY: "sk-or-test",
    REPLICATE_API_TOKEN: "r8_test",
    REPLICATE_WEBHOOK_SECRET: "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
    CALLBACK_SECRET: "callback-secret-of-tests",
    OWNER_BUDGET_USD: "unlimited",
    DAILY_BUDGET_USD: "unlimited",
    S3_ENDPOINT: "https://bucket.test",
    S3_ACCESS_KEY_ID: "local",
    S3_SECRET_ACCESS_KEY: "local-secret",
  }));
