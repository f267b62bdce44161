import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  assertPrefix,
  audioKey,
  clipKey,
  filmKey,
  imageKey,
  isAudioKey,
  projectPrefix,
  UPLOAD_EXTENSIONS,
  uploadType,
} from "../../../../src/domain/record/keys.ts";

const owner = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("../..", "a/b", "auth0|1", ""),
);
const id = fc.uuid();
const extension = fc.constantFrom(...UPLOAD_EXTENSIONS);

describe("storage keys", () => {
  it("lie under the prefix of their project, and are not changed by URL, whatever the owner's id", () => {
    fc.assert(
      fc.property(owner, id, id, extension, (ownerId, projectId, fileId, ext) => {
        const prefix = projectPrefix(ownerId, projectId);
        const keys = [
          audioKey(ownerId, projectId, fileId, ext),
          imageKey(ownerId, projectId, fileId, "jpg"),
          clipKey(ownerId, projectId, fileId),
          filmKey(ownerId, projectId, fileId),
        ];
        expect(new Set(keys).size).toBe(keys.length);
        for (const key of keys) {
          expect(key.startsWith(prefix)).toBe(true);
          expect(key).toMatch(/^u\/[0-9a-f]{32}\/[0-9a-f-]{36}\/[a-z]+\/[0-9a-f-]{36}\.[a-z0-9]+$/);
          expect(new URL(`https://s3.test/bucket/${key}`).pathname).toBe(`/bucket/${key}`);
        }
      }),
    );
  });

  it("of two owners never share a prefix", () => {
    fc.assert(
      fc.property(owner, owner, id, (a, b, projectId) => {
        fc.pre(a !== b);
        expect(projectPrefix(a, projectId)).not.toBe(projectPrefix(b, projectId));
      }),
    );
  });

  it("of audio are recognised for their own owner and project, and for no other", () => {
    fc.assert(
      fc.property(owner, owner, id, id, id, extension, (mine, theirs, here, there, fileId, ext) => {
        fc.pre(mine !== theirs && here !== there);
        const key = audioKey(mine, here, fileId, ext);
        expect(isAudioKey(key, mine, here)).toBe(true);
        expect(isAudioKey(key, theirs, here)).toBe(false);
        expect(isAudioKey(key, mine, there)).toBe(false);
      }),
    );
  });

  it("from a client are refused unless they have exactly the form that we make", () => {
    const prefix = projectPrefix("me", "p1");
    const forged = [
      "",
      prefix,
      `${prefix}audio/`,
      `${prefix}audio/.mp3`,
      `${prefix}audio/a`,
      `${prefix}audio/a.exe`,
      `${prefix}audio/a.mp3/../../b.mp3`,
      `${prefix}audio/../audio/a.mp3`,
      `${prefix}audio/..%2fa.mp3`,
      `${prefix}audio/a\\b.mp3`,
      `${prefix}audio/a.mp3.mp3`,
      `${prefix}audio/a.constructor`,
      `${prefix}clips/a.mp4`,
      `/${prefix}audio/a.mp3`,
      `x${prefix}audio/a.mp3`,
      `${prefix}audio/${"a".repeat(2000)}.mp3`,
    ];
    expect(forged.filter((key) => isAudioKey(key, "me", "p1"))).toEqual([]);
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (tail) => {
        fc.pre(!/^[A-Za-z0-9_-]{1,64}\.[a-z0-9]+$/.test(tail));
        expect(isAudioKey(`${prefix}audio/${tail}`, "me", "p1")).toBe(false);
      }),
    );
  });

  it("are never made from an id that could leave the prefix", () => {
    for (const bad of ["", "..", "a/b", "a.b", "a%2fb", "é"]) {
      expect(() => clipKey("me", "p1", bad)).toThrow(TypeError);
      expect(() => projectPrefix("me", bad)).toThrow(TypeError);
    }
  });

  it("are not deleted by a prefix that does not end in a slash", () => {
    for (const bad of ["", "u", "u/x", "/"]) expect(() => assertPrefix(bad)).toThrow(TypeError);
    expect(() => assertPrefix(projectPrefix("me", "p1"))).not.toThrow();
  });
});

describe("an upload", () => {
  it.each([
    ["song.mp3", "audio/mpeg", "mp3", "audio/mpeg"],
    ["song.MP3", "audio/mp3", "mp3", "audio/mpeg"],
    ["a.b.wav", "audio/x-wav", "wav", "audio/wav"],
    ["x.wav", "audio/wave", "wav", "audio/wav"],
    ["x.m4a", "audio/x-m4a", "m4a", "audio/mp4"],
    ["x.mp4", "video/mp4", "mp4", "audio/mp4"],
    ["x.aac", "audio/aac", "aac", "audio/aac"],
    ["x.ogg", "application/ogg", "ogg", "audio/ogg"],
    ["x.flac", "audio/x-flac", "flac", "audio/flac"],
    ["x.webm", "Audio/WebM; codecs=opus", "webm", "audio/webm"],
  ])("%s as %s is accepted, as %s of type %s", (filename, type, ext, contentType) => {
    expect(uploadType(filename, type)).toEqual({ extension: ext, contentType });
  });

  it.each([
    ["song", "audio/mpeg"],
    ["song.exe", "audio/mpeg"],
    ["song.mp3", "text/html"],
    ["song.mp3", "audio/wav"],
    ["song.mp3", ""],
    ["song.mp3.html", "audio/mpeg"],
    ["song.constructor", "audio/mpeg"],
  ])("%s as %s is not accepted", (filename, type) => {
    expect(uploadType(filename, type)).toBeNull();
  });

  it("of any name has an extension of the table or is refused", () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom("audio/mpeg", "video/mp4", "x"), (name, type) => {
        const found = uploadType(name, type);
        expect(found === null || UPLOAD_EXTENSIONS.includes(found.extension)).toBe(true);
      }),
    );
  });
});
