import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Config } from "../../config.ts";
import { ERRORS } from "../../domain/record/errors.ts";
import { FeedMessage } from "../feed-messages.ts";
import { API_VERSION } from "../root.ts";
import type { AppEnv } from "./router.ts";

const INTRODUCTION = `
Turns a song into a music video.

1. **Create a project** with the look you want.
2. **Upload the song**: ask for a presigned URL, PUT the file there, confirm its key.
3. **Start the run** with \`target: assemble_video\` and follow the **feed** (a WebSocket).
4. When the status is \`awaiting_approval\`, **approve or reject** the images, later the clips. Rejecting asks for another take.
5. **Download the film.**

At any moment the **timeline** plays what there is: clips, pictures, or cards with the lyric. To steer the cuts, pin them,
tap the beat, or choose what a repeated chorus is made of: what stays the same keeps its pictures and clips. Another mix
of the song, confirmed with \`keep_scenes\`, keeps the scenes.

**Editing is free.** Only a run buys, with what is approved or rejected in it, and a retry. What an edit touches waits for the next run, and the status
says \`ready\`; what it does not touch goes on. What is changed back is found again, approvals included.

**When something fails**, the others go on; the job ends as \`failed\` and names what did not succeed, and its tasks tell
each attempt, each switch to another model and what was charged. Start the run again, or retry one job or one task. A task
that \`needs_decision\` may have been paid for and nobody can tell: only its own retry makes it again.

**Conventions.** JSON is snake_case. Ids are UUIDv7, so they sort by creation. Times of day are ISO 8601 in UTC.
Song time is in whole **frames** at the project's \`fps\`, and beside them in seconds. Money is in US dollars.
Lists are paged: send \`next_cursor\` back as \`cursor\` until it is null. What is not yours is 404.
A 2xx says that it is stored.

**Requests** carry \`Authorization: Bearer <access token>\` of the identity provider. Every response carries
\`X-Request-Id\`.

**Repeating.** A POST may carry an \`Idempotency-Key\` of your choice: sent again under the same key, because its
answer was lost, it takes effect once. For at least 24 hours a repeat gets the answer that was given first, refusals
too, with \`Idempotency-Replayed: true\`; only what is good for a short time, an upload URL or a feed ticket, is given
anew. After a 429 or a 5xx, the repeat is tried again. Choose a new key for each new request: another one under a key
in use is refused. Other methods can be repeated as they are.

**Problems** are \`application/problem+json\` (RFC 9457). After a 503, or a 409 \`idempotency_in_progress\`, wait for \`Retry-After\` seconds and try again. The codes:

| code | status | meaning |
| --- | --- | --- |
${Object.entries(ERRORS)
  .map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
  .join("\n")}
`.trim();

const TAGS = [
  { name: "Projects", description: "A project is one song on its way to one film." },
  { name: "Song", description: "Uploading the song: straight from the browser to the bucket." },
  { name: "Pipeline", description: "Runs of the stages, and how far they are." },
  { name: "Story", description: "The scenes of the film and the prompts that describe them." },
  {
    name: "Timeline",
    description: "The film as it stands, to be played at any stage or taken into an editing program.",
  },
  { name: "Images and clips", description: "What is drawn and animated for each scene." },
  { name: "Approvals", description: "What a person decided about images and clips." },
  { name: "Films", description: "The films made of approved clips." },
  { name: "Feed", description: "Every change of a project while it happens, over a WebSocket." },
  { name: "Service", description: "For operators." },
  { name: "Webhooks", description: "Where providers report to." },
];

/** The API as an OpenAPI 3.1 document, from the routes themselves. */
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
