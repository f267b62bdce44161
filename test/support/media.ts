/** Media for tests: fixtures as bytes, and a bucket of one object that can change while it is read. */
import { readFileSync } from "node:fs";
import type { MultipartUpload, Storage } from "../../src/ports/storage.ts";

/** A file of test/fixtures. */
export const fixture = (path: string): Uint8Array =>
  new Uint8Array(readFileSync(`${import.meta.dirname}/../fixtures/${path}`));

/** A WAV of silence: 16 bit PCM, generated while it is read, so that it may be large. */
export function silentWav(seconds: number, sampleRate = 44_100, channels = 2) {
  const data = Math.round(seconds * sampleRate) * channels * 2;
  const head = new Uint8Array(44);
  const view = new DataView(head.buffer);
  const text = (at: number, word: string) => {
    for (let i = 0; i < word.length; i++) head[at + i] = word.charCodeAt(i);
  };
  text(0, "RIFF");
  view.setUint32(4, 36 + data, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, data, true);
  const bytes = head.length + data;
  const read = (start: number, end: number) => {
    const out = new Uint8Array(Math.min(end, bytes) - start);
    if (start < head.length) out.set(head.subarray(start, Math.min(end, head.length)));
    return out;
  };
  return { bytes, read };
}

type Reader = Pick<Storage, "read">;

/** A bucket with one object, `song` with etag `v1`, that is replaced after `reads` reads. */
export function changingBucket(content: Uint8Array, reads: number): Reader {
  let left = reads;
  return {
    async read(key, start, end, etag) {
      const current = left-- > 0 ? "v1" : "v2";
      return key === "song" && (etag === undefined || etag === current) ? content.slice(start, end) : null;
    },
  };
}

export function brokenBucket(error: Error): Reader {
  return { read: () => Promise.reject(error) };
}

/**
 * A multipart upload with the bucket's rules: equal parts of at least 5 MiB except for the last, each sent
 * once.
 */
export function memoryUpload(failOnPart?: number) {
  const parts = new Map<number, Uint8Array>();
  const order: number[] = [];
  let state: "open" | "completed" | "aborted" = "open";
  const film = () => {
    const bytes = new Uint8Array([...parts.values()].reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const [, part] of [...parts].sort(([a], [b]) => a - b)) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  };
  const upload: MultipartUpload = {
    async part(number, bytes) {
      if (number === failOnPart) throw new Error("the bucket is down");
      if (state !== "open" || parts.has(number))
        throw new Error(`part ${number} was sent before, or too late`);
      parts.set(number, bytes.slice());
      order.push(number);
    },
    async complete() {
      const sizes = Array.from({ length: parts.size }, (_, i) => parts.get(i + 1)?.length ?? 0);
      const whole = sizes.slice(0, -1);
      if (whole.some((size) => size !== sizes[0] || size < 5 * 1024 * 1024))
        throw new Error("parts differ in size");
      state = "completed";
      return { key: "film", bytes: film().length, etag: "etag", contentType: "video/mp4" };
    },
    async abort() {
      state = "aborted";
    },
  };
  return { upload, film, order, state: () => state };
}
