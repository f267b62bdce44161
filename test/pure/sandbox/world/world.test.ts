import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { parseConfig } from "../../../../src/config.ts";
import { cleanups } from "../../../../src/sandbox/world/cleanups.ts";
import { lock } from "../../../../src/sandbox/world/lock.ts";
import { freePorts, requireFree } from "../../../../src/sandbox/world/ports.ts";
import { exampleVariables, moveAddresses } from "../../../../src/sandbox/world/variables.ts";

test("the example's variables are a whole configuration", async () => {
  expect(parseConfig(parseEnv(await exampleVariables()))).toMatchObject({
    publicUrl: "http://localhost:8787",
  });
});

test("moving the world to other ports changes every address, even where the two ports swap", async () => {
  const moved = moveAddresses(await exampleVariables(), { api: 8788, sandbox: 8787 });
  const config = parseConfig(parseEnv(moved));
  expect([config.publicUrl, config.s3.endpoint]).toEqual([
    "http://localhost:8788",
    "http://localhost:8788/cdn-cgi/local/r2/s3",
  ]);
  const providers = [config.openai, config.openrouter, config.replicate].map((p) => new URL(p.baseUrl).host);
  expect(new Set([...providers, ...config.replicate.outputHosts, new URL(config.auth.jwksUrl).host])).toEqual(
    new Set(["127.0.0.1:8787"]),
  );
});

test("a state directory is locked by one process at a time, and the lock of a dead process does not count", async () => {
  const directory = await mkdtemp(join(tmpdir(), "omvee-lock-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, "lock"), String(process.ppid));
  await expect(lock(directory)).rejects.toThrow(`in use by process ${process.ppid}`);
  await writeFile(join(directory, "lock"), "999999999");
  const unlock = await lock(directory);
  await expect(lock(directory)).rejects.toThrow("in use");
  await unlock();
  await (await lock(directory))();
});

test("a port that is in use is refused, by its number", async () => {
  const { api, sandbox } = await freePorts();
  await requireFree(api, sandbox);
  const server = createServer().listen(api, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  await expect(requireFree(sandbox, api)).rejects.toThrow(`Port ${api} is in use`);
});

test("cleanups run in reverse order, once, and go on after a failure", async () => {
  const undone: string[] = [];
  const { add, run } = cleanups();
  add(async () => void undone.push("first"));
  add(async () => {
    throw new Error("stuck");
  });
  add(async () => void undone.push("last"));
  await expect(run()).rejects.toThrow("did not stop cleanly");
  await run();
  expect(undone).toEqual(["last", "first"]);
});
