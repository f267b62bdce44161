/** The bucket through any S3 API, for buckets outside Cloudflare. */
import { AwsClient } from "aws4fetch";
import { assertPrefix } from "../domain/record/keys.ts";
import type { MultipartUpload, Storage, StoredObject } from "../ports/storage.ts";
import { objectUrl, presigner, type S3Config } from "./presign.ts";
import { element, unescaped } from "./s3-xml.ts";

/** A Worker may have six connections open at a time. */
const CONNECTIONS = 6;

type Fetch = (request: Request) => Promise<Response>;
type Query = Record<string, string>;
interface Call {
  query?: Query;
  headers?: Record<string, string>;
  body?: Uint8Array | string | ReadableStream<Uint8Array>;
}

export function s3Storage(config: S3Config, fetchRequest: Fetch = (request) => fetch(request)): Storage {
  const client = new AwsClient({ ...config, service: "s3" });

  async function call(method: string, key: string, { query = {}, headers = {}, body }: Call = {}) {
    const url = objectUrl(config, key);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return fetchRequest(await client.sign(url.toString(), { method, headers, body }));
  }

  async function get(key: string, headers: Record<string, string>, etag: string | undefined) {
    return call("GET", key, {
      headers: etag === undefined ? headers : { ...headers, "if-match": `"${etag}"` },
    });
  }

  async function remove(keys: string[]) {
    for (let i = 0; i < keys.length; i += CONNECTIONS) {
      await Promise.all(
        keys.slice(i, i + CONNECTIONS).map(async (key) => {
          const response = await call("DELETE", key);
          if (!response.ok && response.status !== 404) throw await unexpected("DELETE", response);
          await response.body?.cancel();
        }),
      );
    }
  }

  return {
    async head(key) {
      const response = await call("HEAD", key);
      if (response.status === 404) return null;
      if (!response.ok) throw await unexpected("HEAD", response);
      return described(key, response);
    },

    async read(key, start, end, etag) {
      if (end <= start) return new Uint8Array();
      const response = await get(key, { range: `bytes=${start}-${end - 1}` }, etag);
      if (response.status === 206) return new Uint8Array(await response.arrayBuffer());
      // A server without ranges answers 200 with the whole object.
      if (response.status === 200) return new Uint8Array(await response.arrayBuffer()).slice(start, end);
      if (response.status === 416) return gone(response, new Uint8Array());
      if (missing(response)) return gone(response, null);
      throw await unexpected("GET", response);
    },

    async stream(key, start, end, etag) {
      const response = await get(key, { range: `bytes=${start}-${end - 1}` }, etag);
      if (missing(response)) return gone(response, null);
      if (response.status !== 206 || response.body === null) throw await unexpected("GET", response);
      return response.body;
    },

    async open(key, etag) {
      const response = await get(key, {}, etag);
      if (missing(response)) return gone(response, null);
      if (!response.ok || response.body === null) throw await unexpected("GET", response);
      return { object: described(key, response), body: response.body };
    },

    async put(key, body, contentType) {
      const whole = body instanceof Uint8Array;
      const bytes = whole ? body.byteLength : body.bytes;
      const response = await call("PUT", key, {
        body: whole ? body : exactly(body.body, bytes),
        headers: { "content-type": contentType, "content-length": String(bytes) },
      });
      if (!response.ok) throw await unexpected("PUT", response);
      await response.body?.cancel();
      return { key, bytes, etag: etagOf(response), contentType };
    },

    async multipart(key, contentType): Promise<MultipartUpload> {
      const created = await call("POST", key, {
        query: { uploads: "" },
        headers: { "content-type": contentType },
      });
      const uploadId = element(await xml("CreateMultipartUpload", created), "UploadId");
      if (!uploadId) throw new Error("S3 gave no UploadId for a multipart upload");
      const parts: { number: number; etag: string; bytes: number }[] = [];
      return {
        async part(number, bytes) {
          const response = await call("PUT", key, {
            query: { partNumber: String(number), uploadId },
            body: bytes,
          });
          if (!response.ok) throw await unexpected("UploadPart", response);
          await response.body?.cancel();
          parts.push({ number, etag: etagOf(response), bytes: bytes.byteLength });
        },
        async complete() {
          parts.sort((a, b) => a.number - b.number);
          const list = parts.map(
            (p) => `<Part><PartNumber>${p.number}</PartNumber><ETag>&quot;${p.etag}&quot;</ETag></Part>`,
          );
          const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
          const answer = await xml(
            "CompleteMultipartUpload",
            await call("POST", key, {
              query: { uploadId },
              body,
              headers: { "content-type": "application/xml" },
            }),
          );
          const etag = element(answer, "ETag");
          // S3 may answer 200 and fail all the same: then the body has a code and no ETag.
          if (!etag)
            throw new Error(`S3 did not complete the upload: ${element(answer, "Code") ?? "no ETag"}`);
          const bytes = parts.reduce((sum, p) => sum + p.bytes, 0);
          return { key, bytes, etag: unquoted(etag), contentType };
        },
        async abort() {
          const response = await call("DELETE", key, { query: { uploadId } });
          if (!response.ok && response.status !== 404)
            throw await unexpected("AbortMultipartUpload", response);
          await response.body?.cancel();
        },
      };
    },

    delete: remove,

    async deletePrefix(prefix) {
      assertPrefix(prefix);
      let deleted = 0;
      let token: string | null = null;
      do {
        const query: Query = { "list-type": "2", prefix };
        if (token !== null) query["continuation-token"] = token;
        const page = await xml("ListObjectsV2", await call("GET", "", { query }));
        const keys = [...page.matchAll(/<Key>([^<]*)<\/Key>/g)].map((m) => unescaped(m[1] ?? ""));
        await remove(keys);
        deleted += keys.length;
        token = element(page, "IsTruncated") === "true" ? element(page, "NextContinuationToken") : null;
      } while (token !== null);
      return deleted;
    },

    ...presigner(config),
  };
}

/** In Workers only a `FixedLengthStream` gives a stream's length; Node takes it from the header. */
function exactly(body: ReadableStream<Uint8Array>, bytes: number): ReadableStream<Uint8Array> {
  return "FixedLengthStream" in globalThis ? body.pipeThrough(new FixedLengthStream(bytes)) : body;
}

function described(key: string, response: Response): StoredObject {
  const length = response.headers.get("content-length");
  if (length === null) throw new Error("S3 did not say how long the object is");
  return {
    key,
    bytes: Number(length),
    etag: etagOf(response),
    contentType: response.headers.get("content-type"),
  };
}

const missing = (response: Response) => response.status === 404 || response.status === 412;

async function gone<T>(response: Response, value: T): Promise<T> {
  await response.body?.cancel();
  return value;
}

function etagOf(response: Response): string {
  const etag = response.headers.get("etag");
  if (etag === null) throw new Error("S3 gave no ETag");
  return unquoted(etag);
}

const unquoted = (etag: string) => etag.replace(/^(W\/)?"|"$/g, "");

async function xml(operation: string, response: Response): Promise<string> {
  if (!response.ok) throw await unexpected(operation, response);
  return response.text();
}

async function unexpected(operation: string, response: Response): Promise<Error> {
  const code = element(await response.text().catch(() => ""), "Code");
  return new Error(`S3 answered ${response.status}${code ? ` ${code}` : ""} to ${operation}`);
}
