import { mkdirSync } from "node:fs";
import { messages, PGlite, protocol } from "@electric-sql/pglite";
import { drizzle } from "drizzle-orm/pglite";
import { migrate } from "drizzle-orm/pglite/migrator";
import { type Answer, type Engine, migrationsFolder, type Run, type Statement } from "./engine.ts";

const { parse, bind, describe, execute, sync } = protocol.serialize;

/**
 * All messages of one extended query. After an error Postgres skips those up to Sync, so none is left over.
 */
function encode({ query, params }: Statement): Uint8Array {
  const parts = [
    parse({ text: query }),
    bind({ values: params }),
    describe({ type: "P" }),
    execute({}),
    sync(),
  ];
  return new Uint8Array(Buffer.concat(parts));
}

function decode(answers: Awaited<ReturnType<PGlite["execProtocolStream"]>>): Answer {
  const answer: Answer = { command: "", rowCount: 0, fields: [], rows: [] };
  for (const message of answers) {
    if (message instanceof messages.RowDescriptionMessage)
      answer.fields = message.fields.map((field) => ({ ...field, format: "text" }));
    if (message instanceof messages.DataRowMessage) answer.rows.push(message.fields);
    if (message instanceof messages.CommandCompleteMessage) {
      // A tag such as `INSERT 0 3`, `UPDATE 2` or `CREATE TABLE`.
      const [command = "", ...counts] = message.text.split(" ");
      answer.command = command;
      answer.rowCount = Number.parseInt(counts.at(-1) ?? "", 10) || 0;
    }
  }
  return answer;
}

/**
 * Postgres inside this process, by PGlite: kept in `dataDir`, or in memory. It has one connection, so
 * sessions run one after another.
 */
export async function embedded(dataDir?: string): Promise<Engine> {
  if (dataDir) mkdirSync(dataDir, { recursive: true });
  const postgres = await PGlite.create(dataDir ?? "memory://");
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const run: Run = async (statement) =>
    decode(await postgres.execProtocolStream(encode(statement), { syncToFs: false }));

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (closed) return Promise.reject(new Error("The database is closed"));
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  return {
    session: (work) =>
      inTurn(async () => {
        try {
          return await work(run);
        } finally {
          if (postgres.isInTransaction()) await run({ query: "rollback", params: [] });
          await postgres.syncToFs();
        }
      }),
    migrate: () => inTurn(() => migrate(drizzle(postgres), { migrationsFolder })),
    async close() {
      if (closed) return;
      closed = true;
      await last;
      await postgres.close();
    },
  };
}
