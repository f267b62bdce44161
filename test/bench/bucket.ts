/**
 * A bucket that is a folder, in a separate process from workerd, as R2 is separate from a Worker: miniflare's
 * own bucket runs in workerd's thread and answers without a pause in which workerd could serve other
 * connections. It implements the protocol of the binding (workerd, src/workerd/api/r2-rpc.c++ and
 * r2-bucket.c++; miniflare, src/workers/r2, read in November 2026) as far as films need it.
 */
import { randomUUID } from "node:crypto";
import { type FileHandle, open, rm, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { z } from "zod";

const Call = z.object({
  method: z.enum([
    "head",
    "get",
    "put",
    "delete",
    "createMultipartUpload",
    "uploadPart",
    "completeMultipartUpload",
    "abortMultipartUpload",
  ]),
  object: z.string().optional(),
  objects: z.array(z.string()).optional(),
  range: z.object({ offset: z.coerce.number(), length: z.coerce.number().optional() }).optional(),
  uploadId: z.string().optional(),
  partNumber: z.number().optional(),
});

const ETAG = "0".repeat(32);
const facts = (name: string, size: number) => ({
  name,
  version: "1",
  size,
  etag: ETAG,
  uploaded: 0,
  httpFields: {},
  customFields: [],
  checksums: {},
});

interface Upload {
  file: FileHandle;
  /** All parts but the last have the size of the second, which is never the last to arrive. */
  partBytes: number;
  bytes: number;
}

function send(response: ServerResponse, metadata: unknown, body = Buffer.alloc(0)): void {
  const json = Buffer.from(JSON.stringify(metadata));
  response.writeHead(200, {
    "cf-r2-metadata-size": json.length,
    "content-length": json.length + body.length,
  });
  response.write(json);
  response.end(body);
}

const missing = JSON.stringify({ message: "No such key.", version: 1, v4code: 10007 });

/** Serves `folder`; returns the port, and a function that ends the server. */
export async function serveBucket(folder: string): Promise<{ port: number; stop(): void }> {
  const uploads = new Map<string, Upload>();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await buffer(request);
    const metadataSize = Number(request.headers["cf-r2-metadata-size"] ?? 0);
    const asked = request.headers["cf-r2-request"] ?? sent.subarray(0, metadataSize).toString();
    const call = Call.parse(JSON.parse(`${asked}`));
    const value = sent.subarray(metadataSize);
    const name = basename(call.object ?? "");
    const path = join(folder, name);
    const upload = uploads.get(call.uploadId ?? "");
    switch (call.method) {
      case "head":
      case "get": {
        const size = await stat(path).then(
          (found) => found.size,
          () => null,
        );
        if (size === null) {
          response.writeHead(404, { "cf-r2-error": missing }).end();
          return;
        }
        if (call.method === "head") return send(response, facts(name, size));
        const offset = call.range?.offset ?? 0;
        const length = Math.min(call.range?.length ?? size, size - offset);
        const file = await open(path);
        const bytes = Buffer.alloc(length);
        await file.read(bytes, 0, length, offset).finally(() => file.close());
        return send(response, { ...facts(name, size), range: { offset, length } }, bytes);
      }
      case "put": {
        const file = await open(path, "w");
        await file.write(value).finally(() => file.close());
        return send(response, facts(name, value.length));
      }
      case "delete":
        for (const one of call.objects ?? [name]) await rm(join(folder, basename(one)), { force: true });
        response.end();
        return;
      case "createMultipartUpload": {
        const uploadId = randomUUID();
        uploads.set(uploadId, { file: await open(path, "w"), partBytes: 0, bytes: 0 });
        return send(response, { uploadId });
      }
      case "uploadPart": {
        const part = call.partNumber ?? 1;
        if (!upload) throw new Error("There is no such upload.");
        if (part === 2 || upload.partBytes === 0) upload.partBytes = value.length;
        await upload.file.write(value, 0, value.length, (part - 1) * upload.partBytes);
        upload.bytes += value.length;
        return send(response, { etag: ETAG });
      }
      case "completeMultipartUpload":
        await upload?.file.close();
        return send(response, facts(name, upload?.bytes ?? 0));
      case "abortMultipartUpload":
        await upload?.file.close();
        response.end();
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
