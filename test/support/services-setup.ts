import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import { freePorts } from "../../src/sandbox/world/ports.ts";
import { startServices } from "../../src/sandbox/world/services.ts";
import { exampleVariables, moveAddresses } from "../../src/sandbox/world/variables.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The Worker's variables, as the text of a .dev.vars file, with the addresses of this run's services. */
    variables: string;
  }
}

/** Starts Postgres and the providers' sandbox, once for all tests that run in workerd. */
export default async function setup(project: TestProject) {
  const isNeeded = project.vitest.projects.some(({ name }) => name === "workers" || name === "e2e");
  if (!isNeeded) return;
  const stateDir = await mkdtemp(join(tmpdir(), "omvee-tests-"));
  const ports = await freePorts();
  const services = await startServices({ stateDir, port: ports.sandbox, database: "memory" });
  project.provide("variables", moveAddresses(await exampleVariables(), ports));
  return async () => {
    await services.stop();
    await rm(stateDir, { recursive: true, force: true });
  };
}
