/**
 * The Postgres of the killed runs: the server of TEST_DATABASE_URL, a temporary cluster, or the embedded one.
 */
import { execFile } from "node:child_process";
import { access, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Client } from "pg";
import { freePorts } from "../../src/sandbox/world/ports.ts";
import type { WorldOptions } from "../../src/sandbox/world/world.ts";

const DEBIAN = "/usr/lib/postgresql";
const run = promisify(execFile);

export interface Postgres {
  /** Creates an empty database. */
  fresh(): Promise<{ database: WorldOptions["database"]; drop(): Promise<void> }>;
  /** Restarts the server without a clean shutdown; null where the server was not started by these tests. */
  restart: (() => Promise<void>) | null;
  /** A description for the terminal. */
  name: string;
  stop(): Promise<void>;
}

const nothing = async () => {};

export async function openPostgres(url: string | undefined): Promise<Postgres> {
  if (url)
    return {
      fresh: () => freshOn(url),
      restart: null,
      name: "the server of TEST_DATABASE_URL, which is not restarted",
      stop: nothing,
    };
  const binaries = await newestBinaries();
  if (binaries) return cluster(binaries);
  return {
    fresh: async () => ({ database: "memory", drop: nothing }),
    restart: null,
    name: "the embedded Postgres, which can't be restarted (install `postgresql` for that)",
    stop: nothing,
  };
}

/** A new database on a server. */
async function freshOn(url: string): ReturnType<Postgres["fresh"]> {
  const name = `omvee_kills_${Date.now()}`;
  const admin = async (statement: string) => {
    const client = new Client({ connectionString: url });
    await client.connect();
    await client.query(statement).finally(() => client.end());
  };
  await admin(`create database ${name}`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return { database: { url: own.href }, drop: () => admin(`drop database ${name} with (force)`) };
}

async function newestBinaries(): Promise<string | null> {
  const versions = (await readdir(DEBIAN).catch(() => [])).toSorted((a, b) => Number(b) - Number(a));
  for (const version of versions) {
    const bin = join(DEBIAN, version, "bin");
    const found = await access(join(bin, "initdb")).then(
      () => true,
      () => false,
    );
    if (found) return bin;
  }
  return null;
}

async function cluster(bin: string): Promise<Postgres> {
  const dir = await mkdtemp(join(tmpdir(), "omvee-postgres-"));
  const data = join(dir, "data");
  const log = join(dir, "log");
  // Postgres refuses to run as root.
  const root = process.getuid?.() === 0;
  if (root) await run("chown", ["postgres", dir]);
  const call = (name: string, ...args: string[]) => {
    const file = join(bin, name);
    return root
      ? run("runuser", ["-u", "postgres", "--", file, ...args], { cwd: dir })
      : run(file, args, { cwd: dir });
  };
  const control = (...args: string[]) => call("pg_ctl", "-D", data, "-w", "-l", log, ...args);

  await call("initdb", "-D", data, "-A", "trust", "-U", "postgres");
  const { api: port } = await freePorts();
  await control("start", "-o", `-p ${port} -k ${dir} -h 127.0.0.1`);
  return {
    fresh: () => freshOn(`postgres://postgres@127.0.0.1:${port}/postgres`),
    restart: async () => void (await control("restart", "-m", "immediate")),
    name: `a Postgres of its own (${bin})`,
    async stop() {
      await control("stop", "-m", "immediate");
      await rm(dir, { recursive: true, force: true });
    },
  };
}
