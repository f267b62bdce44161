/** A fetch handler behind node:http. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { ReadableStream as NodeStream } from "node:stream/web";

export type Handler = (request: Request) => Response | Promise<Response>;

/** Thrown by a handler to close the connection without an answer. */
export class DropConnection extends Error {}

export interface Listening {
  url: string;
  close(): Promise<void>;
}

/** Node and the platform declare web streams with different types; at run time they are one class. */
const webBody = (message: IncomingMessage): BodyInit => Readable.toWeb(message) as unknown as BodyInit;
const nodeBody = (body: ReadableStream): Readable => Readable.fromWeb(body as unknown as NodeStream);

function toRequest(message: IncomingMessage, origin: string): Request {
  const headers = new Headers();
  for (let i = 0; i + 1 < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i] ?? "", message.rawHeaders[i + 1] ?? "");
  }
  const method = message.method ?? "GET";
  const init = method === "GET" || method === "HEAD" ? {} : { body: webBody(message), duplex: "half" };
  return new Request(new URL(message.url ?? "/", origin).href, { method, headers, ...init });
}

async function send(response: Response, target: ServerResponse, withBody: boolean): Promise<void> {
  const headers: [string, string][] = [...response.headers].filter(([name]) => name !== "set-cookie");
  target.writeHead(response.status, headers.flat());
  if (response.body && withBody) await pipeline(nodeBody(response.body), target);
  else target.end();
}

/** Port 0: any free port. `close` ends open connections too. */
export async function listen(handler: Handler, port: number, host: string): Promise<Listening> {
  let url = "";
  const server = createServer(async (message, target) => {
    try {
      await send(await handler(toRequest(message, url)), target, message.method !== "HEAD");
    } catch (error) {
      if (!(error instanceof DropConnection) && !message.socket.destroyed) console.error(error);
      message.socket.destroy();
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const taken = typeof address === "object" && address ? address.port : port;
  url = `http://${host}:${taken}`;
  return {
    url,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}
