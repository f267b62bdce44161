import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { startClouds } from "../../src/sandbox/world/clouds.ts";
import { freePorts } from "../../src/sandbox/world/ports.ts";
import { exampleVariables, moveAddresses } from "../../src/sandbox/world/variables.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Worker's variables, as the text of a .dev.vars file, for the clouds of this run. */
    variables: string;
    sandboxUrl: string;
  }
}

/** Postgres and the providers' sandbox, once for all tests that run in workerd. */
export default async function setup(project: TestProject) {
  const stateDir = await mkdtemp(join(tmpdir(), "omvee-tests-"));
  const ports = await freePorts();
  const clouds = await startClouds({ stateDir, port: ports.sandbox, database: "memory" });
  project.provide("variables", moveAddresses(await exampleVariables(), ports));
  project.provide("sandboxUrl", clouds.sandboxUrl);
  return async () => {
    await clouds.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
