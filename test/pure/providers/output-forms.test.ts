/** The forms of models' outputs: where the file is in them, and what is no file. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDataUri } from "../../../src/providers/data-uri.ts";
import { fileIn, isEmptyOutput } from "../../../src/providers/output-file.ts";
import { readPrediction } from "../../../src/providers/prediction.ts";

const CLIP = "https://replicate.delivery/a.mp4";
const OTHER = "https://replicate.delivery/b.mp4";
const INLINE = "data:video/mp4;base64,AAAA";

describe("the file in an output", () => {
  it.each<[string, unknown, string | null]>([
    ["an address", CLIP, CLIP],
    ["an address of another case", "HTTPS://replicate.delivery/a.mp4", "HTTPS://replicate.delivery/a.mp4"],
    ["a list", [CLIP, OTHER], CLIP],
    ["a list whose first is none", [null, "", CLIP], CLIP],
    ["an object with its url", { url: CLIP }, CLIP],
    ["a list of those", [{ url: CLIP }, { url: OTHER }], CLIP],
    ["a key of its kind", { video: CLIP }, CLIP],
    ["a list under a key", { images: [CLIP, OTHER] }, CLIP],
    ["objects in a list under a key", { images: [{ url: CLIP, width: 1280 }] }, CLIP],
    ["an object under a key", { video: { url: CLIP, content_type: "video/mp4" } }, CLIP],
    ["two keys deep", { output: { video: { url: CLIP } } }, CLIP],
    ["the result before what stands beside it", { seed: 7, thumbnail: OTHER, video: CLIP }, CLIP],
    ["the result, whatever else has an address", { model: "https://x.test/m", video: CLIP }, CLIP],
    ["an unknown key", { clip_mp4: CLIP, seed: 7 }, CLIP],
    ["the file itself", INLINE, INLINE],
    ["the file itself, deep", { images: [{ url: INLINE }] }, INLINE],
    ["only a preview", { thumbnail: OTHER, preview: { url: OTHER } }, null],
    ["only what went in", { input: { image: OTHER }, webhook: OTHER, logs: OTHER }, null],
    ["an id", { video: { id: "vid_1", frames: 24 } }, null],
    ["words", "Title: a song", null],
    ["words with an address in them", `It is at ${CLIP} now`, null],
    ["words that begin with data:", "data: none", null],
    ["a script", "javascript:alert(1)", null],
    ["a file of ours", "file:///etc/passwd", null],
    ["a transcription", { segments: [{ text: "la", words: [] }], detected_language: "en" }, null],
    ["deeper than anybody puts it", { a: { b: { c: { d: { e: { url: CLIP } } } } } }, null],
    ["a number", 7, null],
    ["nothing", null, null],
  ])("%s", (_, output, file) => {
    expect(fileIn(output)).toBe(file);
    expect(readPrediction({ id: "p", status: "succeeded", output })).toMatchObject({
      outputUrl: file,
      output,
    });
  });

  const addresses = fc.constantFrom(CLIP, OTHER, INLINE, "javascript:x", "ftp://a.b/c", "//a.b/c", "blob:x");
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      addresses,
      fc.jsonValue(),
      fc.array(tie("node"), { maxLength: 4 }),
      fc.dictionary(
        fc.oneof(fc.constantFrom("url", "video", "images", "__proto__"), fc.string()),
        tie("node"),
        {
          maxKeys: 4,
        },
      ),
    ),
  })).node;

  it("is searched for in any JSON without an error, and has one of three schemes", () => {
    fc.assert(
      fc.property(tree, (output) => {
        const file = fileIn(output);
        if (file !== null) {
          expect(file).toMatch(/^(https?:\/\/|data:)/i);
          expect(JSON.stringify(output)).toContain(JSON.stringify(file));
        }
        expect(isEmptyOutput(output) && file !== null).toBe(false);
      }),
    );
  });

  it("is found wherever it is a whole text, four containers deep at most", () => {
    const wrap = fc.constantFrom<(inner: unknown) => unknown>(
      (inner) => [inner],
      (inner) => ({ video: inner }),
      (inner) => ({ seed: 7, whatever: inner }),
      (inner) => [null, { n: 1 }, inner],
    );
    fc.assert(
      fc.property(fc.array(wrap, { maxLength: 4 }), fc.constantFrom(CLIP, INLINE), (wraps, file) => {
        expect(fileIn(wraps.reduce<unknown>((inner, put) => put(inner), file))).toBe(file);
      }),
    );
  });

  it("is not searched for without end in an output of a million entries", () => {
    const wide = Array.from({ length: 1_000_000 }, () => ({ n: 1 }));
    const started = performance.now();
    expect(fileIn([...wide, CLIP])).toBeNull();
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe("an output", () => {
  it.each([undefined, null, "", [], {}])("holds nothing as %j", (output) => {
    expect(isEmptyOutput(output)).toBe(true);
  });
  it.each(["x", 0, false, [null], { url: null }])("holds something as %j", (output) => {
    expect(isEmptyOutput(output)).toBe(false);
  });
});

describe("a data URI", () => {
  const read = (uri: string, most = 1000) => {
    const data = readDataUri(uri, most);
    return data.ok ? [data.contentType, Buffer.from(data.bytes).toString("latin1")] : data.problem;
  };

  it.each([
    ["base64", "data:video/mp4;base64,aGVsbG8=", ["video/mp4", "hello"]],
    ["base64 without its end", "data:video/mp4;base64,aGVsbG8", ["video/mp4", "hello"]],
    ["base64 in the alphabet of addresses", "data:a/b;base64,-_8=", ["a/b", "\u00fb\u00ff"]],
    ["base64 with escapes and line ends", "data:a/b;base64,aGVs%0D%0AbG8%3D", ["a/b", "hello"]],
    ["base64 in capitals, with a parameter", "DATA:a/b;x=y;BASE64,aGk=", ["a/b;x=y", "hi"]],
    ["escapes", "data:image/svg+xml,%3Csvg%2F%3E", ["image/svg+xml", "<svg/>"]],
    ["bytes in escapes", "data:a/b,%00%ff%7F", ["a/b", "\u0000\u00ff\u007f"]],
    ["escapes that are none", "data:a/b,100%,%zz", ["a/b", "100%,%zz"]],
    ["letters beyond ASCII", "data:a/b,é", ["a/b", "\u00c3\u00a9"]],
    ["no type", "data:,hi", ["text/plain;charset=US-ASCII", "hi"]],
    ["no content", "data:a/b;base64,", ["a/b", ""]],
    ["base64 that is none", "data:a/b;base64,@@@", "malformed"],
    ["base64 cut off", "data:a/b;base64,aGVsb", "malformed"],
    ["no comma", "data:a/b;base64", "malformed"],
  ])("with %s", (_, uri, expected) => expect(read(uri)).toEqual(expected));

  it("is read up to its limit, and not if it is longer", () => {
    expect(read("data:a/b;base64,aGVsbG8=", 5)).toEqual(["a/b", "hello"]);
    expect(read("data:a/b;base64,aGVsbG8=", 4)).toBe("too_large");
    expect(read("data:a/b,%68%65%6c%6c%6f", 5)).toEqual(["a/b", "hello"]);
    expect(read("data:a/b,hello", 4)).toBe("too_large");
  });

  it("gives back any bytes, in either form", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const base64 = `data:video/mp4;base64,${Buffer.from(bytes).toString("base64")}`;
        const escaped = `data:video/mp4,${[...bytes].map((b) => `%${b.toString(16).padStart(2, "0")}`).join("")}`;
        for (const uri of [base64, escaped])
          expect(readDataUri(uri, bytes.length)).toEqual({ ok: true, bytes, contentType: "video/mp4" });
        if (bytes.length > 0) expect(readDataUri(base64, bytes.length - 1).ok).toBe(false);
      }),
    );
  });

  it("never throws, whatever follows", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.boolean(), (rest, base64) => {
        const data = readDataUri(`data:a/b${base64 ? ";base64" : ""},${rest}`, 100);
        if (data.ok) expect(data.bytes.length).toBeLessThanOrEqual(100);
      }),
    );
  });
});

const MP4 = "https://replicate.delivery/x/out.mp4";
const JPG = "https://replicate.delivery/x/in.jpg";

it.each([
  ["the start picture beside a result of another name", { image: JPG, result: MP4 }],
  ["the first frame", { first_frame: JPG, result: MP4 }],
  ["a last frame for going on", { last_frame_image: JPG, mp4: MP4 }],
  ["source", { source_image: JPG, video_url: MP4 }],
  ["cover", { cover: JPG, video_url: MP4 }],
  ["links", { urls: { get: "https://api.replicate.com/v1/predictions/x" }, clip: MP4 }],
  ["model page", { docs: "https://replicate.com/x", generated: MP4 }],
])("what stands beside a result is not taken for it: %s", (_, output) => {
  expect(fileIn(output)).toBe(MP4);
});
