import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { PaidCall } from "../chaos/calls.ts";
import { openDatabase } from "../neon/neon.ts";
import { startSandbox } from "../server.ts";
import { cleanups } from "./cleanups.ts";
import { lock } from "./lock.ts";
import { requireFree } from "./ports.ts";

export interface ServicesOptions {
  /** Folder of all that outlives the process; created where it does not exist. */
  stateDir: string;
  port: number;
  /** `kept`: embedded, under `stateDir`. `url`: a Postgres server's, which is migrated but not emptied. */
  database: "memory" | "kept" | { url: string };
}

/** All that the Worker reaches over the network. */
export interface Services {
  sandboxUrl: string;
  /** Every paid call that reached a provider of the sandbox, oldest first. */
  paidCalls(): readonly PaidCall[];
  /** A bearer token for this user. */
  token(subject: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts a migrated Postgres and the sandbox of the providers. Throws UserError where the port or `stateDir`
 * is in use; whatever was started is stopped again where a later step fails.
 */
export async function startServices({ stateDir, port, database: kind }: ServicesOptions): Promise<Services> {
  await mkdir(stateDir, { recursive: true });
  const { add, run: stop } = cleanups();
  try {
    await requireFree(port);
    add(await lock(stateDir));
    const database = await openDatabase(
      typeof kind === "object" ? kind : kind === "kept" ? { dataDir: join(stateDir, "postgres") } : {},
    );
    add(() => database.close());
    await database.migrate();
    const sandbox = await startSandbox({ port, database, stateDir: join(stateDir, "sandbox") });
    add(() => sandbox.close());
    const sandboxUrl = `http://127.0.0.1:${port}`;
    return {
      sandboxUrl,
      paidCalls: () => sandbox.state.calls,
      token: (subject) => token(sandboxUrl, subject),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const Token = z.object({ access_token: z.string() });

async function token(sandboxUrl: string, subject: string): Promise<string> {
  const answer = await fetch(`${sandboxUrl}/auth/token`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ sub: subject }),
  });
  return Token.parse(await answer.json()).access_token;
}
