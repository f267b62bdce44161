import { describe, expect, it } from "vitest";
import { s3Storage } from "../../../src/storage/s3.ts";

const config = {
  endpoint: "https://s3.test",
  bucket: "b",
  region: "eu-1",
  accessKeyId: "AKID",
  secretAccessKey: "secret",
};

/** A store whose server gives the next answer to each request, and records the requests. */
function store(...answers: Response[]) {
  const requests: Request[] = [];
  const storage = s3Storage(config, async (request) => {
    requests.push(request.clone());
    return answers[requests.length - 1] ?? new Response(null, { status: 599 });
  });
  return {
    storage,
    requests,
    lines: () => requests.map((r) => `${r.method} ${r.url.replace("https://s3.test/b", "")}`),
  };
}
const xml = (body: string, status = 200) => new Response(`<?xml version="1.0"?>${body}`, { status });

describe("the S3 store", () => {
  it("signs every request, the pinned headers included", async () => {
    const { storage, requests } = store(new Response("abc", { status: 206 }));
    await storage.read("k", 0, 3, "e1");
    const sent = requests[0]?.headers;
    expect(sent?.get("authorization")).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-1\/s3\/aws4_request, SignedHeaders=.*if-match/,
    );
    expect(sent?.get("range")).toBe("bytes=0-2");
    expect(sent?.get("if-match")).toBe('"e1"');
  });

  it("describes an object by its headers, the etag without quotes", async () => {
    const headers = { "content-length": "12", etag: '"abc-2"', "content-type": "audio/wav" };
    const { storage } = store(new Response(null, { headers }));
    expect(await storage.head("k")).toEqual({ key: "k", bytes: 12, etag: "abc-2", contentType: "audio/wav" });
  });

  it("gives null for an object that does not exist, or has another etag by now", async () => {
    const { storage } = store(xml("", 404), xml("", 404), xml("", 412), xml("", 412));
    expect(await storage.head("k")).toBeNull();
    expect(await storage.read("k", 0, 3)).toBeNull();
    expect(await storage.read("k", 0, 3, "old")).toBeNull();
    expect(await storage.open("k", "old")).toBeNull();
  });

  it("gives no bytes past the end, and sends no request for an empty range", async () => {
    const { storage, requests } = store(xml("<Error><Code>InvalidRange</Code></Error>", 416));
    expect(await storage.read("k", 5, 9)).toEqual(new Uint8Array());
    expect(await storage.read("k", 5, 5)).toEqual(new Uint8Array());
    expect(requests).toHaveLength(1);
  });

  it("cuts the range itself where the server does not", async () => {
    const { storage } = store(new Response("abcdef"));
    expect(await storage.read("k", 2, 4)).toEqual(new TextEncoder().encode("cd"));
  });

  it("streams a range of the object with this etag, and never of another one", async () => {
    const { storage, requests } = store(
      new Response("cd", { status: 206 }),
      xml("", 412),
      new Response("abcdef"),
      xml("<Error><Code>SlowDown</Code></Error>", 503),
    );
    expect(await new Response(await storage.stream("k", 2, 4, "e1")).text()).toBe("cd");
    expect(requests[0]?.headers.get("range")).toBe("bytes=2-3");
    expect(requests[0]?.headers.get("if-match")).toBe('"e1"');
    expect(await storage.stream("k", 2, 4, "old")).toBeNull();
    await expect(storage.stream("k", 2, 4)).rejects.toThrow("S3 answered 200");
    await expect(storage.stream("k", 2, 4)).rejects.toThrow("SlowDown");
  });

  it("completes a multipart upload in part order, whatever order the parts came in", async () => {
    const { storage, requests, lines } = store(
      xml("<InitiateMultipartUploadResult><UploadId>up&amp;1</UploadId></InitiateMultipartUploadResult>"),
      new Response(null, { headers: { etag: '"e2"' } }),
      new Response(null, { headers: { etag: '"e1"' } }),
      xml("<CompleteMultipartUploadResult><ETag>&quot;whole-2&quot;</ETag></CompleteMultipartUploadResult>"),
    );
    const upload = await storage.multipart("k", "video/mp4");
    await upload.part(2, new Uint8Array(3));
    await upload.part(1, new Uint8Array(5));
    expect(await upload.complete()).toEqual({
      key: "k",
      bytes: 8,
      etag: "whole-2",
      contentType: "video/mp4",
    });
    expect(lines()).toEqual([
      "POST /k?uploads=",
      "PUT /k?partNumber=2&uploadId=up%261",
      "PUT /k?partNumber=1&uploadId=up%261",
      "POST /k?uploadId=up%261",
    ]);
    expect(await requests[3]?.text()).toBe(
      "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>&quot;e1&quot;</ETag></Part>" +
        "<Part><PartNumber>2</PartNumber><ETag>&quot;e2&quot;</ETag></Part></CompleteMultipartUpload>",
    );
  });

  it("does not take a 200 with an error in its body for a completed upload", async () => {
    const { storage } = store(
      xml("<UploadId>u</UploadId>"),
      xml("<Error><Code>InternalError</Code></Error>"),
    );
    const upload = await storage.multipart("k", "video/mp4");
    await expect(upload.complete()).rejects.toThrow("InternalError");
  });

  it("deletes a prefix page by page, keys read out of XML", async () => {
    const { storage, lines } = store(
      xml(
        "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t+1</NextContinuationToken>" +
          "<Contents><Key>u/1/a&amp;b</Key></Contents><Contents><Key>u/1/&#99;</Key></Contents></ListBucketResult>",
      ),
      new Response(null, { status: 204 }),
      new Response(null, { status: 404 }),
      xml(
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>u/1/d</Key></Contents></ListBucketResult>",
      ),
      new Response(null, { status: 204 }),
    );
    expect(await storage.deletePrefix("u/1/")).toBe(3);
    expect(lines().filter((line) => line.startsWith("GET"))).toEqual([
      "GET ?list-type=2&prefix=u%2F1%2F",
      "GET ?list-type=2&prefix=u%2F1%2F&continuation-token=t%2B1",
    ]);
    const deleted = lines().filter((line) => line.startsWith("DELETE"));
    expect(deleted.sort()).toEqual(["DELETE /u/1/a%26b", "DELETE /u/1/c", "DELETE /u/1/d"]);
  });

  it("never deletes the whole bucket by an empty prefix", async () => {
    const { storage, requests } = store();
    await expect(storage.deletePrefix("")).rejects.toThrow(TypeError);
    expect(requests).toEqual([]);
  });

  it("names the server's error code when it refuses", async () => {
    const { storage } = store(xml("<Error><Code>SlowDown</Code></Error>", 503));
    await expect(storage.put("k", new Uint8Array(1), "a/b")).rejects.toThrow(
      "S3 answered 503 SlowDown to PUT",
    );
  });

  it("puts a stream with its length in the header", async () => {
    const { storage, requests } = store(new Response(null, { headers: { etag: '"e"' } }));
    const body = new Response("abc").body;
    if (!body) throw new Error("a body");
    expect(await storage.put("k", { body, bytes: 3 }, "a/b")).toMatchObject({ bytes: 3, etag: "e" });
    expect(requests[0]?.headers.get("content-length")).toBe("3");
  });
});
