import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { r2Storage } from "../../src/storage/r2.ts";

const storage = r2Storage(env.BUCKET, {
  endpoint: "https://s3.test",
  bucket: "omvee",
  region: "auto",
  accessKeyId: "AKID",
  secretAccessKey: "secret",
});
const bytes = (length: number, value = 7) => new Uint8Array(length).fill(value);
const counted = Uint8Array.from({ length: 100 }, (_, i) => i);

describe("the R2 store", () => {
  it("keeps an object with its type, and reads any part of it", async () => {
    const made = await storage.put("t/parts/a.bin", counted, "audio/wav");
    expect(await storage.head("t/parts/a.bin")).toEqual(made);
    expect(made).toMatchObject({ key: "t/parts/a.bin", bytes: 100, contentType: "audio/wav" });
    expect(made.etag).not.toContain('"');
    expect(await storage.read("t/parts/a.bin", 10, 13)).toEqual(Uint8Array.of(10, 11, 12));
    expect(await storage.read("t/parts/a.bin", 98, 200)).toEqual(Uint8Array.of(98, 99));
    expect(await storage.read("t/parts/a.bin", 100, 200)).toEqual(new Uint8Array());
    expect(await storage.read("t/parts/a.bin", 5, 5)).toEqual(new Uint8Array());
  });

  it("gives null for an object that does not exist, or has another etag by now", async () => {
    const { etag } = await storage.put("t/pin/a.bin", bytes(10), "a/b");
    await storage.put("t/pin/a.bin", bytes(10, 8), "a/b");
    expect(await storage.read("t/pin/a.bin", 0, 5, etag)).toBeNull();
    expect(await storage.open("t/pin/a.bin", etag)).toBeNull();
    expect(await storage.head("t/pin/none")).toBeNull();
    expect(await storage.read("t/pin/none", 0, 5)).toBeNull();
    expect(await storage.open("t/pin/none")).toBeNull();
  });

  it("opens the object with this etag as a stream", async () => {
    const { etag } = await storage.put("t/open/a.bin", counted, "a/b");
    const opened = await storage.open("t/open/a.bin", etag);
    expect(opened?.object.bytes).toBe(100);
    expect(new Uint8Array(await new Response(opened?.body).arrayBuffer())).toEqual(counted);
  });

  it("streams a range of the object with this etag, and never of another one", async () => {
    const { etag } = await storage.put("t/range/a.bin", counted, "a/b");
    const stream = await storage.stream("t/range/a.bin", 10, 13, etag);
    expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(Uint8Array.of(10, 11, 12));
    expect(await storage.stream("t/range/a.bin", 10, 13, "another")).toBeNull();
    expect(await storage.stream("t/range/none", 10, 13)).toBeNull();
  });

  it("puts a stream of exactly its length, and nothing where it is shorter", async () => {
    const stream = () => new Response(counted).body ?? new ReadableStream<Uint8Array>();
    expect(await storage.put("t/stream/a.bin", { body: stream(), bytes: 100 }, "a/b")).toMatchObject({
      bytes: 100,
    });
    await expect(storage.put("t/stream/b.bin", { body: stream(), bytes: 101 }, "a/b")).rejects.toThrow();
    expect(await storage.head("t/stream/b.bin")).toBeNull();
  });

  it("joins parts by number, in whatever order they came", async () => {
    const MIB5 = 5 * 1024 * 1024;
    const upload = await storage.multipart("t/multi/a.mp4", "video/mp4");
    await upload.part(2, counted);
    await upload.part(1, bytes(MIB5));
    expect(await upload.complete()).toMatchObject({ bytes: MIB5 + 100, contentType: "video/mp4" });
    expect(await storage.read("t/multi/a.mp4", MIB5 - 1, MIB5 + 2)).toEqual(Uint8Array.of(7, 0, 1));
  });

  it("leaves nothing of an upload that was aborted", async () => {
    const upload = await storage.multipart("t/abort/a.mp4", "video/mp4");
    await upload.part(1, counted);
    await upload.abort();
    expect(await storage.head("t/abort/a.mp4")).toBeNull();
  });

  it("deletes all objects of a project, and none of another", async () => {
    await Promise.all(
      ["t/p/1/a", "t/p/1/b", "t/p/1/c", "t/p/10/a"].map((key) => storage.put(key, bytes(1), "a/b")),
    );
    expect(await storage.deletePrefix("t/p/1/")).toBe(3);
    expect(await storage.deletePrefix("t/p/1/")).toBe(0);
    expect(await storage.head("t/p/10/a")).not.toBeNull();
    await storage.delete(["t/p/10/a", "t/p/none"]);
    expect(await storage.head("t/p/10/a")).toBeNull();
  });
});
