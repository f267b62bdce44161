import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Pool } from "pg";
import { type Engine, migrationsFolder, type Run } from "./engine.ts";

const asText = { getTypeParser: () => (value: string) => value };

/** A Postgres server by its URL, through a pool of connections. Times are in UTC, as with Neon. */
export function server(url: string): Engine {
  const pool = new Pool({ connectionString: url, options: "-c timezone=UTC", max: 10 });
  // Broken connections, idle or in use, must not end the process: the pool replaces them, and the statement
  // fails by itself.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return {
    async session(work) {
      const client = await pool.connect();
      const run: Run = async ({ query, params }) => {
        const result = await client.query({ text: query, values: params, rowMode: "array", types: asText });
        return {
          command: result.command ?? "",
          rowCount: result.rowCount ?? 0,
          fields: result.fields.map((field) => ({ ...field, format: "text" as const })),
          rows: result.rows,
        };
      };
      try {
        return await work(run);
      } finally {
        await client.query("rollback").catch(() => {});
        client.release();
      }
    },
    migrate: () => migrate(drizzle(pool), { migrationsFolder }),
    close: () => pool.end(),
  };
}
