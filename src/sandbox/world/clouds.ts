import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { PaidCall } from "../chaos/calls.ts";
import { openDatabase } from "../neon/neon.ts";
import { startSandbox } from "../server.ts";
import { cleanups } from "./cleanups.ts";
import { lock } from "./lock.ts";
import { claimable } from "./ports.ts";

export interface CloudsOptions {
  /** Where everything lies that outlives the process; made where it does not exist. */
  stateDir: string;
  port: number;
  /** `kept` lies under `stateDir`; a server's own is used as it is, and migrated. */
  database: "memory" | "kept" | { url: string };
}

export interface Clouds {
  sandboxUrl: string;
  /** Every paid call that reached a provider of the sandbox, oldest first. */
  paidCalls(): readonly PaidCall[];
  /** A bearer token for this user. */
  token(subject: string): Promise<string>;
  stop(): Promise<void>;
}

/** Postgres, migrated, and the sandbox of the providers: all that the Worker reaches over the network. */
export async function startClouds({ stateDir, port, database: place }: CloudsOptions): Promise<Clouds> {
  await mkdir(stateDir, { recursive: true });
  const { add, run: stop } = cleanups();
  try {
    await claimable(port);
    add(await lock(stateDir));
    const database = await openDatabase(
      typeof place === "object" ? place : place === "kept" ? { dataDir: join(stateDir, "postgres") } : {},
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
