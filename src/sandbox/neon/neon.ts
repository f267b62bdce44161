/** Postgres over HTTP, as Neon speaks it to the driver `@neondatabase/serverless` (1.2). */
import { z } from "zod";
import { embedded } from "./embedded.ts";
import type { Answer, Engine, Run } from "./engine.ts";
import { server } from "./server.ts";

export interface Database {
  /** Answers the driver's POST, at any path. */
  handler: (request: Request) => Promise<Response>;
  /** Applies those migrations of drizzle/ that are missing. */
  migrate(): Promise<void>;
  close(): Promise<void>;
}

/** A Postgres server by `url`; else an embedded one, kept in `dataDir` or in memory. */
export async function openDatabase(options: { url?: string; dataDir?: string } = {}): Promise<Database> {
  const engine = options.url ? server(options.url) : await embedded(options.dataDir);
  return {
    handler: (request) => handle(engine, request),
    migrate: () => engine.migrate(),
    close: () => engine.close(),
  };
}

const Statement = z.object({ query: z.string(), params: z.array(z.string().nullable()).default([]) });
const Body = z.union([z.object({ queries: z.array(Statement) }), Statement]);

const ISOLATION = {
  ReadUncommitted: "read uncommitted",
  ReadCommitted: "read committed",
  RepeatableRead: "repeatable read",
  Serializable: "serializable",
};
/** The driver's request headers. Version 1.2 always sets raw text output and array mode. */
const DriverHeaders = z.object({
  "neon-connection-string": z.string().regex(/^postgres(ql)?:\/\//),
  "neon-raw-text-output": z.literal("true"),
  "neon-array-mode": z.literal("true"),
  "neon-batch-isolation-level": z.enum(Object.keys(ISOLATION) as (keyof typeof ISOLATION)[]).optional(),
  "neon-batch-read-only": z.enum(["true", "false"]).optional(),
  "neon-batch-deferrable": z.enum(["true", "false"]).optional(),
});

/** The fields of a Postgres error, which the driver copies into its `NeonDbError`. */
const PostgresError = z.object({
  message: z.string(),
  code: z.string(),
  severity: z.string(),
  detail: z.string().optional(),
  hint: z.string().optional(),
  position: z.string().optional(),
  internalPosition: z.string().optional(),
  internalQuery: z.string().optional(),
  where: z.string().optional(),
  schema: z.string().optional(),
  table: z.string().optional(),
  column: z.string().optional(),
  dataType: z.string().optional(),
  constraint: z.string().optional(),
  file: z.string().optional(),
  line: z.string().optional(),
  routine: z.string().optional(),
});

const refuse = (message: string) => Response.json({ message }, { status: 400 });
const toNeon = (answer: Answer) => ({ ...answer, rowAsArray: true });

function begin(headers: z.infer<typeof DriverHeaders>): string {
  const level = headers["neon-batch-isolation-level"];
  const deferrable = headers["neon-batch-deferrable"];
  return [
    "begin",
    level && `isolation level ${ISOLATION[level]}`,
    headers["neon-batch-read-only"] === "true" && "read only",
    deferrable && (deferrable === "true" ? "deferrable" : "not deferrable"),
  ]
    .filter(Boolean)
    .join(" ");
}

async function transaction(
  run: Run,
  opening: string,
  queries: z.infer<typeof Statement>[],
): Promise<Answer[]> {
  await run({ query: opening, params: [] });
  const answers: Answer[] = [];
  for (const statement of queries) answers.push(await run(statement));
  await run({ query: "commit", params: [] });
  return answers;
}

async function handle(engine: Engine, request: Request): Promise<Response> {
  if (request.method !== "POST") return new Response("Method Not Allowed", { status: 405 });
  const headers = DriverHeaders.safeParse(Object.fromEntries(request.headers));
  if (!headers.success) return refuse(`Headers: ${z.prettifyError(headers.error)}`);
  const body = Body.safeParse(await request.json().catch(() => null));
  if (!body.success) return refuse(`Body: ${z.prettifyError(body.error)}`);
  try {
    const wanted = body.data;
    if (!("queries" in wanted)) return Response.json(toNeon(await engine.session((run) => run(wanted))));
    const opening = begin(headers.data);
    const answers = await engine.session((run) => transaction(run, opening, wanted.queries));
    return Response.json({ results: answers.map(toNeon) });
  } catch (error) {
    const refused = PostgresError.safeParse(error);
    if (refused.success) return Response.json(refused.data, { status: 400 });
    return new Response(error instanceof Error ? error.message : String(error), { status: 502 });
  }
}
