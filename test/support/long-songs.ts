/**
 * Songs of any size in every format, generated while they are read, and a bucket that counts what is read.
 */
import {
  EncodedAudioPacketSource,
  EncodedPacket,
  Mp4OutputFormat,
  Output,
  StreamTarget,
  type StreamTargetChunk,
} from "mediabunny";
import { crc8 } from "../../src/media/codecs/crc.ts";
import type { Storage } from "../../src/ports/storage.ts";
import { bytesOf, id3 } from "./song-tags.ts";

export interface Content {
  bytes: number;
  read(start: number, end: number): Uint8Array;
}
/** Bytes, or `count` pieces of `bytes` bytes each: of zeros, or made by `make`. */
type Part = Uint8Array | { count: number; bytes: number; make?: (index: number) => Uint8Array };

const sizeOf = (part: Part) => (part instanceof Uint8Array ? part.length : part.count * part.bytes);

export function content(...parts: Part[]): Content {
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((sum, part) => sum + sizeOf(part), 0));
  const bytes = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const read = (start: number, end: number) => {
    const to = Math.min(end, bytes);
    const out = new Uint8Array(Math.max(0, to - start));
    const put = (piece: Uint8Array, at: number) => {
      const from = Math.max(0, start - at);
      out.set(piece.subarray(from, Math.max(from, to - at)), Math.max(0, at - start));
    };
    for (const [i, part] of parts.entries()) {
      const at = starts[i] ?? 0;
      if (at >= to || at + sizeOf(part) <= start) continue;
      if (part instanceof Uint8Array) put(part, at);
      else if (part.make) {
        const first = Math.max(0, Math.floor((start - at) / part.bytes));
        for (let n = first; n < part.count && at + n * part.bytes < to; n++)
          put(part.make(n), at + n * part.bytes);
      }
    }
    return out;
  };
  return { bytes, read };
}

/** A bucket with one object, `song` with etag `v1`, that supports reading only. */
export function countingBucket(song: Content) {
  const seen = { ranges: 0, streams: 0, bytes: 0, open: 0, furthest: 0 };
  const served = (start: number, end: number) => {
    const out = song.read(start, end);
    seen.bytes += out.length;
    seen.furthest = Math.max(seen.furthest, start + out.length);
    return out;
  };
  const storage: Pick<Storage, "read" | "stream"> = {
    async read(_key, start, end) {
      seen.ranges++;
      return served(start, end);
    },
    async stream(_key, start, end) {
      seen.streams++;
      seen.open++;
      let at = start;
      return new ReadableStream<Uint8Array>(
        {
          pull(controller) {
            const piece = served(at, Math.min(end, at + 64 * 1024));
            at += piece.length;
            controller.enqueue(piece);
            if (at >= end) {
              seen.open--;
              controller.close();
            }
          },
          cancel() {
            seen.open--;
          },
        },
        { highWaterMark: 0 },
      );
    },
  };
  return { storage, seen, object: { key: "song", etag: "v1", bytes: song.bytes } };
}

/** `bytes`, padded with zeros to a length. */
const padded = (length: number, ...bytes: number[]) => {
  const out = new Uint8Array(length);
  out.set(bytes);
  return out;
};

/** MPEG-1 layer III of 320 kbit/s at 48 kHz: 24 milliseconds in 960 bytes. */
export const mp3Frame = padded(960, 0xff, 0xfb, 0xe4, 0);
export const longMp3 = (frames: number, tagBytes = 0): Content =>
  content(...(tagBytes > 0 ? [id3(4, [["APIC", tagBytes]]), { count: tagBytes, bytes: 1 }] : []), {
    count: frames,
    bytes: 960,
    make: () => mp3Frame,
  });

/** AAC at 48 kHz: 1024 samples in each frame. */
export function longAdts(frames: number, bytes: number): Content {
  const frame = padded(
    bytes,
    0xff,
    0xf1,
    0x4c,
    0x80 | (bytes >> 11),
    (bytes >> 3) & 0xff,
    ((bytes & 7) << 5) | 0x1f,
    0xfc,
  );
  return content({ count: frames, bytes, make: () => frame });
}

/** FLAC at 44.1 kHz: 4096 samples in each frame. `totalSamples` 0 means unknown. */
export function longFlac(frames: number, bytes: number, totalSamples = frames * 4096): Content {
  const head = padded(42, ...bytesOf("fLaC"), 0x80, 0, 0, 34, 0x10, 0, 0x10, 0);
  new DataView(head.buffer).setUint32(18, (44_100 << 12) | (1 << 9) | (15 << 4));
  new DataView(head.buffer).setUint32(22, totalSamples);
  const frame = (index: number) => {
    const number =
      index < 0x80
        ? [index]
        : index < 0x800
          ? [0xc0 | (index >> 6), 0x80 | (index & 63)]
          : [0xe0 | (index >> 12), 0x80 | ((index >> 6) & 63), 0x80 | (index & 63)];
    const out = padded(bytes, 0xff, 0xf8, 0xc9, 0x18, ...number);
    out[4 + number.length] = crc8(out, 4 + number.length);
    return out;
  };
  return content(head, { count: frames, bytes, make: frame });
}

/** Opus in an Ogg: one packet of 60 milliseconds in each page, of up to 64 KB. */
export function longOgg(pages: number, opusTags = [...bytesOf("OpusTags"), 0, 0, 0, 0, 0, 0, 0, 0]): Content {
  const page = (type: number, granule: number, sequence: number, body: Uint8Array) => {
    const lacing = [...Array(Math.floor(body.length / 255)).fill(255), body.length % 255];
    const out = padded(27 + lacing.length + body.length, ...bytesOf("OggS"), 0, type);
    const view = new DataView(out.buffer);
    view.setBigInt64(6, BigInt(granule), true);
    view.setUint32(14, 1, true);
    view.setUint32(18, sequence, true);
    out.set([lacing.length, ...lacing], 26);
    out.set(body, 27 + lacing.length);
    return out;
  };
  const head = Uint8Array.of(...bytesOf("OpusHead"), 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0);
  const body = padded(254 * 255 + 100, 0x58);
  const bytes = page(0, 0, 0, body).length;
  return content(page(2, 0, 0, head), page(0, 0, 1, Uint8Array.from(opusTags)), {
    count: pages,
    bytes,
    make: (i) => page(i === pages - 1 ? 4 : 0, (i + 1) * 2880, i + 2, body),
  });
}

/** Opus in a streamed WebM, without an index: one block of 20 milliseconds in each cluster. */
export function longWebm(clusters: number, blockBytes: number): Content {
  const element = (id: number[], ...body: number[]) => [
    ...id,
    0x40 | (body.length >> 8),
    body.length & 0xff,
    ...body,
  ];
  const head = element([0x1a, 0x45, 0xdf, 0xa3], ...element([0x42, 0x82], ...bytesOf("webm")));
  const track = element(
    [0xae],
    ...element([0xd7], 1),
    ...element([0x73, 0xc5], 1),
    ...element([0x83], 2),
    ...element([0x86], ...bytesOf("A_OPUS")),
    ...element([0x63, 0xa2], ...bytesOf("OpusHead"), 1, 2, 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0),
    ...element([0xe1], ...element([0xb5], 0x47, 0x3b, 0x80, 0), ...element([0x9f], 2)),
  );
  const info = element([0x15, 0x49, 0xa9, 0x66], ...element([0x2a, 0xd7, 0xb1], 0x0f, 0x42, 0x40));
  const start = [...head, 0x18, 0x53, 0x80, 0x67, 0x01, 255, 255, 255, 255, 255, 255, 255];
  const size4 = (n: number) => [0x10 | (n >> 24), (n >> 16) & 255, (n >> 8) & 255, n & 255];
  const bytes = 8 + 6 + 5 + 4 + blockBytes;
  const cluster = (i: number) => {
    const ms = i * 20;
    const time = [0xe7, 0x84, (ms >> 24) & 255, (ms >> 16) & 255, (ms >> 8) & 255, ms & 255];
    const block = [0xa3, ...size4(blockBytes + 4), 0x81, 0, 0, 0x80];
    return padded(bytes, 0x1f, 0x43, 0xb6, 0x75, ...size4(bytes - 8), ...time, ...block);
  };
  return content(Uint8Array.from([...start, ...info, ...element([0x16, 0x54, 0xae, 0x6b], ...track)]), {
    count: clusters,
    bytes,
    make: cluster,
  });
}

/** AAC in an MP4, with its index in front, at the end, or in each fragment. */
export async function longM4a(
  packets: number,
  bytes: number,
  fastStart: false | "reserve" | "fragmented",
): Promise<Content> {
  // Samples are zeros, and pages of zeros are not stored.
  const kept = new Map<number, Uint8Array>();
  let length = 0;
  const PAGE = 1024;
  const keep = ({ position, data }: StreamTargetChunk) => {
    for (let at = 0; at < data.length; ) {
      const page = Math.floor((position + at) / PAGE);
      const offset = position + at - page * PAGE;
      const piece = data.subarray(at, at + PAGE - offset);
      at += piece.length;
      length = Math.max(length, position + at);
      if (!kept.has(page) && piece.every((byte) => byte === 0)) continue;
      const target = kept.get(page) ?? new Uint8Array(PAGE);
      target.set(piece, offset);
      kept.set(page, target);
    }
  };
  const output = new Output({
    format: new Mp4OutputFormat({ fastStart }),
    target: new StreamTarget(new WritableStream({ write: keep })),
  });
  const source = new EncodedAudioPacketSource("aac");
  output.addAudioTrack(source, { maximumPacketCount: packets });
  await output.start();
  const config = {
    codec: "mp4a.40.2",
    sampleRate: 48_000,
    numberOfChannels: 2,
    description: Uint8Array.of(0x11, 0x90),
  };
  const data = new Uint8Array(bytes);
  for (let i = 0; i < packets; i++)
    await source.add(new EncodedPacket(data, "key", (i * 1024) / 48_000, 1024 / 48_000), {
      decoderConfig: config,
    });
  await output.finalize();
  const zeros = new Uint8Array(PAGE);
  const whole = content({ count: Math.ceil(length / PAGE), bytes: PAGE, make: (i) => kept.get(i) ?? zeros });
  return { bytes: length, read: (start, end) => whole.read(start, Math.min(end, length)) };
}
