/** Writes packets into files that transcribers take, in memory: MP3, M4A and Ogg. */
import type { AudioCodec, EncodedPacket } from "mediabunny";
import type { AudioFormat } from "../../domain/record/record.ts";
import { opusSamples } from "../codecs/opus-packet.ts";
import { bytesToReserve, filmFile } from "../film/film-file.ts";
import { filmTrack, tablesBytes } from "../film/film-track.ts";
import { songEntry } from "../film/sample-entry.ts";
import { adtsConfig, withoutAdts } from "../lib/adts.ts";
import { countFrame, cutFrames } from "./mp3-cut.ts";
import { oggHeaders, oggStream } from "./ogg-stream.ts";

export interface PacketFile {
  /** Adds a packet, in order; the one that was passed to `open` too. */
  add(packet: EncodedPacket): void;
  close(): Promise<Uint8Array>;
}

export interface Wrapping {
  format: AudioFormat;
  /** The most bytes that the format adds to a packet (`added`) and to a file (`fixed`). */
  added(packetBytes: number): number;
  fixed: number;
  /** Null when the decoder's configuration lacks what the file must contain. */
  open(first: EncodedPacket, form: FileForm): PacketFile | null;
}
interface FileForm {
  config: AudioDecoderConfig;
  /** Whether the file begins later than the song. */
  isCut: boolean;
  /** How many packets there will be. */
  count: number;
  /** The most bytes that the file can have. */
  capacity: number;
}

/** A buffer of a fixed capacity that is written like a `FilmSink`. */
function memory(capacity: number) {
  const bytes = new Uint8Array(capacity);
  let end = 0;
  return {
    position: () => end,
    skip(count: number): void {
      end += count;
    },
    append(piece: Uint8Array): undefined {
      bytes.set(piece, end);
      end += piece.length;
    },
    patch: (position: number, piece: Uint8Array) => bytes.set(piece, position),
    written: () => bytes.subarray(0, end),
  };
}

function mp3File({ data }: EncodedPacket, { count, capacity }: FileForm): PacketFile {
  const file = memory(capacity);
  const cut = cutFrames();
  file.append(countFrame(data, count));
  return { add: (packet) => file.append(cut(packet.data)), close: async () => file.written() };
}

const bytesOf = (description: AudioDecoderConfig["description"]) =>
  description instanceof Uint8Array ? description : null;

/** An M4A with its index in front. */
function m4aFile(first: EncodedPacket, { config, count, capacity }: FileForm): PacketFile | null {
  const isAdts = !config.description;
  const description = isAdts ? adtsConfig(first.data) : bytesOf(config.description);
  const entry = description && songEntry({ codec: "aac", config: { ...config, description } });
  if (!entry) return null;
  const sink = memory(capacity);
  const file = filmFile(sink, bytesToReserve([tablesBytes(count, 1, 12)]));
  const track = filmTrack({
    id: 1,
    handler: "soun",
    name: "Song",
    timescale: config.sampleRate,
    enabled: true,
    group: 0,
    language: null,
    width: 0,
    height: 0,
    top: 0,
    entry,
    chapters: null,
    roll: 0,
  });
  return {
    add({ data, timestamp, duration }) {
      const at = timestamp - first.timestamp;
      file.add(track, { decode: at, timestamp: at, duration, key: true }, [
        isAdts ? withoutAdts(data) : data,
      ]);
    },
    async close() {
      const index = { tracks: [track], userData: new Uint8Array(), edits: true };
      await file.finish(index, null, track.end / config.sampleRate);
      return sink.written();
    },
  };
}

const oggFile =
  (codec: "opus" | "vorbis") =>
  (first: EncodedPacket, { config, isCut, capacity }: FileForm): PacketFile | null => {
    const description = bytesOf(config.description);
    const headers = description && oggHeaders(codec, description, isCut);
    if (!headers) return null;
    const file = memory(capacity);
    const stream = oggStream(file.append);
    for (const header of headers) stream.header(header);
    // The first packet of a Vorbis stream outputs no samples.
    const start = first.timestamp + first.duration;
    let samples = 0;
    return {
      add({ data, timestamp, duration }) {
        if (codec === "opus") samples += opusSamples(data);
        else samples = Math.round((timestamp + duration - start) * config.sampleRate);
        stream.packet(data, samples);
      },
      async close() {
        stream.close();
        return file.written();
      },
    };
  };

const FIXED_BYTES = 64 * 1024;
const inOgg = { format: "ogg" as const, added: (bytes: number) => 30 + bytes / 200, fixed: FIXED_BYTES };

export const WRAPPINGS: ReadonlyMap<AudioCodec, Wrapping> = new Map<AudioCodec, Wrapping>([
  ["mp3", { format: "mp3", added: () => 0, fixed: 4096, open: mp3File }],
  ["aac", { format: "m4a", added: () => 12, fixed: FIXED_BYTES, open: m4aFile }],
  ["opus", { ...inOgg, open: oggFile("opus") }],
  ["vorbis", { ...inOgg, open: oggFile("vorbis") }],
]);
