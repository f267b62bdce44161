/**
 * Films whose pictures show their numbers: 16 light or dark fields are the bits of a clip's and a frame's
 * number.
 */
import { EncodedVideoChunk, VideoDecoder } from "@napi-rs/webcodecs";
import { BufferSource, EncodedPacketSink, Input, MP4 } from "mediabunny";

const SIDE = 64;
const FIELD = 16;

/** The raw picture (I420) of a number below 65,536: the clip's number times 256 plus the frame's. */
export function paint(value: number): Uint8Array {
  const planes = new Uint8Array((SIDE * SIDE * 3) / 2).fill(128);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const bit = Math.floor(y / FIELD) * 4 + Math.floor(x / FIELD);
      planes[y * SIDE + x] = (value >> bit) & 1 ? 220 : 30;
    }
  }
  return planes;
}

function read(luma: Uint8Array): number {
  let value = 0;
  for (let bit = 0; bit < 16; bit++) {
    const [y, x] = [Math.floor(bit / 4) * FIELD + FIELD / 2, (bit % 4) * FIELD + FIELD / 2];
    if ((luma[y * SIDE + x] ?? 0) > 125) value |= 1 << bit;
  }
  return value;
}

/** The clip and the frame that each raw picture (I420) shows. */
function readAll(raw: Uint8Array): { clip: number; frame: number }[] {
  const bytes = (SIDE * SIDE * 3) / 2;
  return Array.from({ length: raw.length / bytes }, (_, i) => {
    const value = read(raw.subarray(i * bytes));
    return { clip: value >> 8, frame: value & 255 };
  });
}

export interface Seen {
  /** Seconds. */
  timestamp: number;
  clip: number;
  frame: number;
}

/** Every picture of a film of such clips (test/fixtures/clips/numbered), decoded, in display order. */
export async function seenIn(film: Uint8Array): Promise<Seen[]> {
  using input = new Input({ source: new BufferSource(film), formats: [MP4] });
  const track = await input.getPrimaryVideoTrack();
  const config = await track?.getDecoderConfig();
  if (!track || !config) throw new Error("The film has no pictures.");
  const shown: (Omit<Seen, "timestamp"> & { place: number })[] = [];
  const times: number[] = [];
  /** Index in decode order, by the timestamp of an output picture in microseconds. */
  const decodeIndexes = new Map<number, number>();
  const planes = new Uint8Array((SIDE * SIDE * 3) / 2);
  const failures: Error[] = [];
  let reading: Promise<unknown> = Promise.resolve();
  const decoder = new VideoDecoder({
    output: (picture) => {
      reading = reading.then(async () => {
        await picture.copyTo(planes);
        const place = decodeIndexes.get(picture.timestamp) ?? -1;
        shown.push(...readAll(planes).map((seen) => ({ ...seen, place })));
        picture.close();
      });
    },
    error: (error) => failures.push(error),
  });
  decoder.configure(config);
  for await (const { type, timestamp, data } of new EncodedPacketSink(track).packets()) {
    const microseconds = Math.round(timestamp * 1e6);
    decodeIndexes.set(microseconds, times.length);
    times.push(timestamp);
    decoder.decode(new EncodedVideoChunk({ type, timestamp: microseconds, data }));
    while (decoder.decodeQueueSize > 50) await new Promise((resolve) => setImmediate(resolve));
    await reading;
  }
  await decoder.flush();
  // Output of the decoder's thread may still be on its way.
  for (const late = Date.now() + 5000; shown.length < times.length && Date.now() < late; await reading) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  decoder.close();
  if (failures[0]) throw failures[0];
  if (shown.length !== times.length)
    throw new Error(`${times.length - shown.length} of ${times.length} pictures were lost in decoding.`);
  // This decoder (1.3.1) decodes pictures in display order, but gives them the timestamps in decode order,
  // and may output them in any order: sorting by the index of the timestamp restores display order.
  const inOrder = shown.toSorted((a, b) => a.place - b.place);
  times.sort((a, b) => a - b);
  return inOrder.map(({ clip, frame }, i) => ({ clip, frame, timestamp: times[i] ?? -1 }));
}
