/** Measures clips by their index. */
import type { Failure } from "../../domain/record/record.ts";
import { mediaGone, refusal } from "../lib/failures.ts";
import { boxWithin, type FileBox, fileBoxes, viewOf } from "../lib/mp4-boxes.ts";
import { type MediaFile, memoryFile, readSafely } from "../lib/source.ts";
import { avcRecord, fromBase64, hasIdr, parseAvcConfig, toBase64 } from "./avc.ts";
import { displayTransform } from "./clip-display.ts";
import { shownPictures } from "./clip-edits.ts";
import { NEEDED_FORM, otherFileType, SIGNATURE_BYTES, unsupportedPictures } from "./clip-form.ts";
import { addFragment, fragmented } from "./clip-fragments.ts";
import { BrokenIndex, type IndexedTrack, readIndex, type Sample } from "./clip-index.ts";

export interface ClipFacts {
  frames: number;
  /** Frames per second, to three decimals. */
  fps: number;
  width: number;
  height: number;
  /** RFC 6381 string, such as avc1.640020; for other codecs than H.264 the bare name of the sample entry. */
  codec: string;
  /** For H.264 the avcC record in base64; empty for any other codec. */
  decoderConfig: string;
  hasAudio: boolean;
  durationSeconds: number;
}
export type ClipInspection = { ok: true; clip: ClipFacts } | { ok: false; failure: Failure };

/**
 * A clip as the assembler needs it. Packets are listed only on demand, because all clips of a film are held
 * at once.
 */
export interface ClipPackets {
  facts: ClipFacts;
  /** When the first picture is shown and the last one ends, in seconds on the clip's own timeline. */
  start: number;
  end: number;
  /** The sample entry of the pictures, a whole box. */
  pictureEntry: Uint8Array;
  /** The pictures that are shown, in decode order. */
  pictures(): Sample[];
  /** The first audio track that has packets. */
  sound(): IndexedTrack | null;
}

/** An index in front is smaller than this for a clip of ten seconds. */
const HEAD_BYTES = 8 * 1024;
/** Enough for the first picture as well. */
const INSPECTED_BYTES = 256 * 1024;
/** How much is read at once where the index may come last. */
const TAIL_BYTES = 64 * 1024;
const MAX_INDEX_BYTES = 1024 * 1024;
const MAX_BOXES = 2000;
/** Frame rates outside of this range mean that the index is damaged. */
const [SLOWEST, FASTEST] = [0.01, 1000];

type Refused = ReturnType<typeof refusal>;

/** Failure of a damaged clip: the same model may deliver an intact one the next time. */
const unreadable = (why: string) =>
  refusal("clip_unreadable", `The clip can't be used: ${why}`, "Generate this clip again.");

/** Failure code of an output form that every clip of this model has: making it again would not help. */
const OTHER_FORM = "output_form";
const otherForm = (what: string, needed = NEEDED_FORM) =>
  refusal(OTHER_FORM, `${what}; ${needed}`, "Choose another clip model.");
const AS_STORED = "films show pictures as they are stored: upright, whole and with square pixels.";
const ALL_SHOWN = "films show the pictures of a clip one after another, from one that needs no other.";

/** A reader that holds two pieces of the file: its head, and the range that was read last. */
async function bufferedReader(file: MediaFile, bytes: number) {
  const head = { at: 0, bytes: await file.take(0, bytes) };
  let open = head;
  return async (start: number, end: number, atOnce: number): Promise<Uint8Array> => {
    for (const { at, bytes: held } of [head, open])
      if (start >= at && end <= at + held.length) return held.subarray(start - at, end - at);
    const taken = await file.take(start, Math.min(file.bytes, Math.max(end, start + atOnce)));
    open = { at: start, bytes: taken };
    return taken.subarray(0, end - start);
  };
}
type BufferedReader = Awaited<ReturnType<typeof bufferedReader>>;

/** A `moov` or `moof` box, and its position in the file. */
interface IndexPart extends FileBox {
  bytes: Uint8Array;
}

/** Every part of the index, wherever it is in the file. Throws `BrokenIndex` when the boxes are damaged. */
async function indexOf(file: MediaFile, view: BufferedReader): Promise<IndexPart[]> {
  const parts: IndexPart[] = [];
  let atOnce = TAIL_BYTES;
  let bytesLeft = MAX_INDEX_BYTES;
  let next = 0;
  const read = (start: number, end: number) => view(start, end, atOnce);
  for await (const { box, position } of fileBoxes(file.bytes, read, MAX_BOXES)) {
    next = position + box.end;
    if (box.name === "moov" || box.name === "moof") {
      bytesLeft -= box.end;
      if (next > file.bytes || bytesLeft < 0) throw new BrokenIndex("The index is cut off.");
      const bytes = (await view(position, next, 0)).slice();
      parts.push({ bytes, box, position });
      if (box.name === "moov" && !boxWithin(bytes, box, "mvex")) return parts;
      atOnce = HEAD_BYTES;
    }
  }
  if (next + 8 <= file.bytes) throw new BrokenIndex("The boxes don't follow one another.");
  return parts;
}

/** The tracks that the parts of the index describe. Throws when they are damaged. */
function tracksOf([first, ...fragments]: readonly IndexPart[]): IndexedTrack[] {
  if (!first) return [];
  const tracks = readIndex(first.bytes, first.box);
  const open = fragmented(first.bytes, first.box, tracks);
  for (const { bytes, box, position } of fragments) addFragment(bytes, box, position, open);
  return tracks;
}

const picturesIn = (tracks: IndexedTrack[]) => tracks.find(({ kind }) => kind === "video") ?? null;
const soundIn = (tracks: IndexedTrack[]) =>
  tracks.find(({ kind, samples }) => kind === "audio" && samples.length > 0) ?? null;

function codecOf(entry: Uint8Array): Pick<ClipFacts, "codec" | "decoderConfig"> {
  const name = String.fromCharCode(...entry.subarray(4, 8));
  const record = avcRecord(entry);
  const avc = record && [...record.subarray(1, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { codec: avc ? `${name}.${avc}` : name, decoderConfig: record ? toBase64(record) : "" };
}

function factsOf({ entry, samples }: IndexedTrack, start: number, end: number, sound: boolean): ClipFacts {
  const view = viewOf(entry);
  const last = samples.reduce((latest, { time }) => Math.max(latest, time), start);
  const gaps = samples.length - 1;
  const fps = gaps > 0 ? gaps / (last - start) : 1 / (end - start);
  return {
    frames: samples.length,
    fps: Math.round(fps * 1000) / 1000,
    width: view.getUint16(32),
    height: view.getUint16(34),
    ...codecOf(entry),
    hasAudio: sound,
    durationSeconds: Math.round((end - start) * 1e6) / 1e6,
  };
}

/** How the pictures are damaged, as the end of a sentence; null when they are not. */
function damage(samples: Sample[], file: MediaFile): string | null {
  if (samples.length === 0) return "it has no pictures.";
  if (!samples[0]?.key || new Set(samples.map(({ time }) => time)).size < samples.length)
    return "its pictures are not in order.";
  const isThere = samples.every(
    ({ offset, bytes }) => offset >= 0 && bytes >= 0 && offset + bytes <= file.bytes,
  );
  return isThere ? null : "it is not complete.";
}

/** Whether decoding can begin with the first picture, right after another clip. */
async function startsDecodable(
  { decoderConfig }: ClipFacts,
  first: Sample | undefined,
  view: BufferedReader,
): Promise<boolean> {
  const config = parseAvcConfig(fromBase64(decoderConfig));
  if (!config || !first) return true;
  return hasIdr(await view(first.offset, first.offset + first.bytes, 0), config.lengthSize);
}

async function measure(
  file: MediaFile,
  thorough: boolean,
): Promise<{ ok: true; packets: ClipPackets } | Refused> {
  const view = await bufferedReader(file, Math.min(file.bytes, thorough ? INSPECTED_BYTES : HEAD_BYTES));
  const other = otherFileType(await view(0, Math.min(file.bytes, SIGNATURE_BYTES), 0));
  if (other) return otherForm(`The clip is ${other}`);
  const parts = await indexOf(file, view);
  if (parts.length === 0) return unreadable("it is no MP4 video, or its index is missing.");
  const tracks = tracksOf(parts);
  const pictures = picturesIn(tracks);
  if (!pictures) return otherForm("The clip has no pictures");
  // When a film is assembled, `refuseJoin` names all clips with such pictures together.
  const foreign = thorough ? unsupportedPictures(codecOf(pictures.entry)) : null;
  if (foreign) return otherForm(`The clip's pictures are ${foreign}`);
  const damaged = damage(pictures.samples, file);
  if (damaged) return unreadable(damaged);
  const display = displayTransform(pictures);
  if (display) return otherForm(`The clip's pictures are ${display}`, AS_STORED);
  const shown = shownPictures(pictures);
  if (!shown.ok) return otherForm(`The clip's edit list ${shown.why}`, ALL_SHOWN);
  const { samples, end } = shown;
  const start = samples.reduce((first, { time }) => Math.min(first, time), Number.POSITIVE_INFINITY);
  const sound = soundIn(tracks);
  const facts = factsOf({ ...pictures, samples }, start, end, sound !== null);
  if (!(facts.fps >= SLOWEST && facts.fps <= FASTEST)) return unreadable("its frame rate cannot be used.");
  if (thorough && !(await startsDecodable(facts, samples[0], view)))
    return otherForm("The clip's first picture needs others to be seen");
  return {
    ok: true,
    packets: {
      facts,
      start,
      end,
      pictureEntry: pictures.entry,
      pictures: () => {
        const again = picturesIn(tracksOf(parts));
        const seen = again && shownPictures(again);
        return seen?.ok ? seen.samples : [];
      },
      sound: () => soundIn(tracksOf(parts)),
    },
  };
}

/**
 * Reads a clip's index; with `thorough` also checks its codec and its first picture. Fails with
 * `output_form`, `clip_unreadable`, or `media_gone` when the object changed.
 */
export async function clipPackets(
  file: MediaFile,
  thorough: boolean,
): Promise<{ ok: true; packets: ClipPackets } | { ok: false; failure: Failure }> {
  if (file.bytes === 0) return unreadable("it is empty.");
  const read = await readSafely(file, () => measure(file, thorough));
  if (read.ok) return read.value;
  return read.cause === "gone" ? mediaGone("The clip") : unreadable("its index is damaged.");
}

/**
 * Measures a clip: its frames (counted), size, frame rate and codec. Costs one or two reads. Only
 * `output_form` is permanent: after any other failure a new clip of the same model may be good, so it is
 * `retryable`.
 */
export async function inspectClip(clip: MediaFile | Uint8Array): Promise<ClipInspection> {
  const found = await clipPackets(clip instanceof Uint8Array ? memoryFile(clip) : clip, true);
  if (found.ok) return { ok: true, clip: found.packets.facts };
  const { failure } = found;
  return { ok: false, failure: { ...failure, retryable: failure.code !== OTHER_FORM } };
}
