import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Config } from "../config.ts";
import { ERRORS } from "../domain/record/errors.ts";
import { OWNER_LIMITS } from "../domain/record/limits.ts";
import { FeedMessage } from "./feed-messages.ts";
import type { AppEnv } from "./lib/app-env.ts";
import { API_VERSION } from "./root.ts";

const INTRODUCTION = `
Turns a song into a music video.

1. **Create a project** with the look you want.
2. **Upload the song**: ask for a presigned URL, PUT the file to it, confirm its key.
3. **Start a run** with \`target: assemble_video\` and follow the **feed** (a WebSocket).
4. When the status is \`awaiting_approval\`, **approve or reject** the images, and later the clips. A rejection asks for
   another take.
5. **Download the film.**

The **timeline** can be played at any time: it shows clips, images, or cards with the lyrics. To change the cuts, pin
them, tap the beat, or choose how scenes over repeated lyrics are made; scenes that do not change keep their images and
clips. Another mix of the song, confirmed with \`keep_scenes\`, keeps the scenes.

**Editing is free.** Only a run buys something: when it is started, when an approval or a rejection lets it go on, and
when a task is retried. What depends on an edit waits for the next run, and the status is then \`ready\`; other work goes
on. What was made before an edit counts again once the edit is taken back, with its approvals.

**When a task fails**, the others go on. Their job ends as \`failed\` and lists the tasks that failed; each task lists its
attempts that failed, with the model and whether it was charged. Start a run again, or retry one job or one task. A
task with \`needs_decision\` may have been charged without a result: runs leave it out until it is retried.

**Conventions.** JSON is snake_case. Ids are UUIDv7: they sort by the time of creation. Times are ISO 8601 in UTC.
Song time is given in whole **frames** at the project's \`fps\`, and in seconds. Money is in US dollars. Lists are paged:
send \`next_cursor\` as \`cursor\` until it is null. Another user's resources answer 404, like unknown ids and malformed
ones. A 2xx means that the change is stored.

**Requests** carry \`Authorization: Bearer <access token>\`, with a token of the identity provider. Every response
carries \`X-Request-Id\`.

**Repeating requests.** A POST may carry an \`Idempotency-Key\` of your choice: sent again under the same key, because
its response was lost, it takes effect once. For at least 24 hours a repeat gets \`Idempotency-Replayed: true\` and the status of the first
response, with the project as it is by then, or the same error. Exceptions: an upload URL or a feed ticket, valid for a
short time only, is made anew; and after a 5xx the repeat is executed again. Choose a new key for each new request: a
different request under a used key is refused. Other methods can be repeated without a key.

**Limits.** One person may have so much at once; more is refused with \`limit_reached\`. \`GET /api/me\` shows what you use,
and your limit of spending, which the operator sets.

| limit | at most | what counts |
| --- | --- | --- |
${Object.entries(OWNER_LIMITS)
  .map(
    ([name, { most, unit, counts }]) =>
      `| \`${name}\` | ${most.toLocaleString("en-US")} ${unit} | ${counts} |`,
  )
  .join("\n")}

**Problems** are \`application/problem+json\` (RFC 9457). After a 503, or a 409 \`idempotency_in_progress\`, wait for \`Retry-After\` seconds and try again. The codes:

| code | status | meaning |
| --- | --- | --- |
${Object.entries(ERRORS)
  .map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
  .join("\n")}

\`/docs#problem-<code>\` says of each what to do, \`/docs#failure-<code>\` the same of the failures of jobs and tasks.
`.trim();

const TAGS = [
  { name: "Projects", description: "A project is a song and everything that is made for it." },
  { name: "Song", description: "Uploading the song, straight from the browser to the bucket." },
  { name: "Pipeline", description: "Runs, the jobs of their stages, and the tasks of these." },
  { name: "Story", description: "The lyrics, the scenes of the film, and the prompts that describe these." },
  {
    name: "Timeline",
    description: "The film as it is now: to play at any stage, or to export to an editing program.",
  },
  { name: "Images and clips", description: "The images and clips of the scenes, all takes." },
  { name: "Approvals", description: "What a person approved or rejected." },
  { name: "Films", description: "The films, made from approved clips." },
  { name: "Account", description: "What you may have, and what you use." },
  { name: "Feed", description: "Every change of a project as it happens, over a WebSocket." },
  { name: "Service", description: "For operators." },
  { name: "Webhooks", description: "Called by providers, not by clients." },
];

/** The API as an OpenAPI 3.1 document, made from the routes of `app`. */
export function openApiDocument(app: OpenAPIHono<AppEnv>, config: Pick<Config, "publicUrl">) {
  const registry = app.openAPIRegistry;
  registry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "An access token of the identity provider.",
  });
  registry.register("FeedMessage", FeedMessage);
  return app.getOpenAPI31Document(
    {
      openapi: "3.1.0",
      info: { title: "OMVEE API", version: API_VERSION, description: INTRODUCTION },
      servers: [{ url: config.publicUrl }],
      tags: TAGS,
    },
    { sortComponents: "alphabetically" },
  );
}
