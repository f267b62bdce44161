import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { UserError } from "./user-error.ts";

/** Where the local world listens on this machine. */
export interface Ports {
  api: number;
  sandbox: number;
}

/** As .dev.vars.example writes them. */
export const DEFAULT_PORTS: Ports = { api: 8787, sandbox: 8788 };

/** The port if it is free, else null; for 0, any free port. */
async function tryPort(port: number, host: string): Promise<number | null> {
  const server = createServer().listen(port, host);
  try {
    await once(server, "listening");
    const { port: got } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return got;
  } catch {
    return null;
  }
}

/** `localhost` may be more than 127.0.0.1: a port is free only if it is free under both names. */
async function isFree(port: number): Promise<boolean> {
  return (await tryPort(port, "127.0.0.1")) !== null && (await tryPort(port, "localhost")) !== null;
}

/** Throws UserError where one of the ports is in use. */
export async function requireFree(...ports: number[]): Promise<void> {
  for (const port of ports) {
    if (await isFree(port)) continue;
    throw new UserError(`Port ${port} is in use by another program: stop it, or choose others (see --help).`);
  }
}

async function anyPort(): Promise<number> {
  const port = await tryPort(0, "127.0.0.1");
  if (port === null) throw new Error("No free port on 127.0.0.1");
  return port;
}

export async function freePorts(): Promise<Ports> {
  const api = await anyPort();
  let sandbox = await anyPort();
  while (sandbox === api) sandbox = await anyPort();
  return { api, sandbox };
}

/** The default ports where both are free, so that addresses are the usual ones; else any two free ports. */
export async function defaultOrFreePorts(): Promise<Ports> {
  const free = (await isFree(DEFAULT_PORTS.api)) && (await isFree(DEFAULT_PORTS.sandbox));
  return free ? DEFAULT_PORTS : freePorts();
}
