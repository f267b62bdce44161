import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { objectUrl, presigner } from "../../../src/storage/presign.ts";

const config = {
  endpoint: "https://account.r2.cloudflarestorage.com",
  bucket: "omvee",
  region: "auto",
  accessKeyId: "AKID",
  secretAccessKey: "secret",
};
const signer = presigner(config);
const now = new Date("2026-11-22T10:20:30.500Z");
const key = "u/0/p/audio/a.mp3";

const put = { key, contentType: "audio/mpeg", bytes: 1000, expiresSeconds: 900, now };

describe("a presigned PUT", () => {
  it("signs the type, the size and the condition that no object exists yet", async () => {
    const { url, headers } = await signer.presignPut(put);
    const query = new URL(url).searchParams;
    expect(query.get("X-Amz-SignedHeaders")).toBe("content-length;content-type;host;if-none-match");
    expect(headers).toEqual({ "content-type": "audio/mpeg", "content-length": "1000", "if-none-match": "*" });
    expect(query.get("X-Amz-Expires")).toBe("900");
    expect(query.get("X-Amz-Date")).toBe("20261122T102030Z");
    expect(new URL(url).pathname).toBe(`/omvee/${key}`);
  });

  it.each([
    { key: "u/0/p/audio/b.mp3" },
    { contentType: "text/html" },
    { bytes: 1001 },
    { expiresSeconds: 901 },
    { now: new Date("2026-11-22T10:20:31Z") },
  ])("has another signature for %o", async (change) => {
    const signature = (url: string) => new URL(url).searchParams.get("X-Amz-Signature");
    const one = await signer.presignPut(put);
    const other = await signer.presignPut({ ...put, ...change });
    expect(signature(other.url)).not.toBe(signature(one.url));
  });

  it("never contains the secret", async () => {
    expect((await signer.presignPut(put)).url).not.toContain(config.secretAccessKey);
  });

  it("is valid for one second to seven days", async () => {
    await expect(signer.presignPut({ ...put, expiresSeconds: 0 })).rejects.toThrow(RangeError);
    await expect(signer.presignPut({ ...put, expiresSeconds: 604_801 })).rejects.toThrow(RangeError);
  });
});

describe("a presigned GET", () => {
  const at = (time: string, filename?: string) =>
    signer.presignGet({ key, expiresSeconds: 600, now: new Date(time), filename });

  it("is the same within an hour, and different in the next", async () => {
    const first = await at("2026-11-22T10:00:00Z");
    expect(await at("2026-11-22T10:59:59.999Z")).toBe(first);
    expect(await at("2026-11-22T11:00:00Z")).not.toBe(first);
  });

  it("is valid for at least as long as asked for, whenever it is made", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.date({ min: new Date("2026-01-01"), max: new Date("2030-01-01"), noInvalidDate: true }),
        async (date) => {
          const query = new URL(await signer.presignGet({ key, expiresSeconds: 600, now: date }))
            .searchParams;
          const [, y, mo, d, h] =
            /^(\d{4})(\d\d)(\d\d)T(\d\d)0000Z$/.exec(query.get("X-Amz-Date") ?? "") ?? [];
          const signed = Date.parse(`${y}-${mo}-${d}T${h}:00:00Z`);
          expect(signed).toBeLessThanOrEqual(date.getTime());
          expect(signed + Number(query.get("X-Amz-Expires")) * 1000).toBeGreaterThanOrEqual(
            date.getTime() + 600_000,
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it("names the download in ASCII and exactly, and no name can break out of the header", async () => {
    const url = await at("2026-11-22T10:00:00Z", 'Crème "brûlée"; a=\r\nb/c.mp4');
    const header = new URL(url).searchParams.get("response-content-disposition") ?? "";
    expect(header).toBe(
      `attachment; filename="Cr_me br_l_e _ a= b c.mp4"; filename*=UTF-8''Cr%C3%A8me%20br%C3%BBl%C3%A9e%20%3B%20a%3D%20b%20c.mp4`,
    );
    // Some servers would read a plus as a plus.
    expect(url).not.toContain("+");
  });

  it("accepts any name", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "binary" }), async (filename) => {
        const header = new URL(await at("2026-11-22T10:00:00Z", filename)).searchParams.get(
          "response-content-disposition",
        );
        expect(header).toMatch(/^attachment; filename="[ -~]+"; filename\*=UTF-8''[\w.!~%-]+$/);
      }),
      { numRuns: 50 },
    );
  });
});

describe("an object address", () => {
  it("is refused for a key that URL would change", () => {
    for (const bad of ["u/../x", "u/./x", "u//x", "/u", "u/", ".."]) {
      expect(() => objectUrl(config, bad)).toThrow(TypeError);
    }
  });

  it("encodes odd characters", () => {
    expect(objectUrl(config, "u/a b?c#d%2f").href).toBe(`${config.endpoint}/omvee/u/a%20b%3Fc%23d%252f`);
  });
});
