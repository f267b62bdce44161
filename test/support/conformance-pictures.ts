/**
 * Rules for H.264 pictures in MP4 (ISO 14496-15, 5), and for players that read only the first sample entry.
 */
import { type ISOFile, VisualSampleEntry } from "mp4box";

type Trak = ISOFile["moov"]["traks"][number];

type Sets = ReadonlyMap<string, string>;
interface Unit {
  type: number;
  bytes: Uint8Array;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

/** Numbers in Exp-Golomb code, from a byte on, without emulation prevention bytes. */
function codes(bytes: Uint8Array, from: number, count: number): number[] {
  const unescaped = [...bytes.subarray(0, 40)].filter(
    (byte, i) => !(byte === 3 && i > 2 && bytes[i - 1] === 0 && bytes[i - 2] === 0),
  );
  const bits = unescaped.slice(from).flatMap((byte) => [...byte.toString(2).padStart(8, "0")]);
  let at = 0;
  return Array.from({ length: count }, () => {
    const one = bits.indexOf("1", at);
    const zeros = one - at;
    at = one + zeros + 1;
    return Number.parseInt(bits.slice(one, at).join(""), 2) - 1;
  });
}

/** The NAL units of a sample; null when their lengths do not fill it exactly. */
function unitsOf(sample: Uint8Array): Unit[] | null {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const units: Unit[] = [];
  let at = 0;
  while (at + 4 < sample.length) {
    const bytes = sample.subarray(at + 4, at + 4 + view.getUint32(at));
    units.push({ type: (bytes[0] ?? 0) & 31, bytes });
    at += 4 + view.getUint32(at);
  }
  return at === sample.length ? units : null;
}

const isSet = ({ type }: Unit) => type === 7 || type === 8 || type === 13;
const nameOf = ({ type, bytes }: Unit) => `${type}:${codes(bytes, type === 7 ? 4 : 1, 1)[0]}`;
const withSets = (known: Sets, units: readonly Unit[]): Sets =>
  new Map([...known, ...units.filter(isSet).map((unit) => [nameOf(unit), hex(unit.bytes)] as const)]);
const inEntry = ({ SPS, PPS }: NonNullable<VisualSampleEntry["avcC"]>): Unit[] =>
  [...SPS, ...PPS].map(({ data }) => ({ type: (data[0] ?? 0) & 31, bytes: data }));
const isSame = (a: Sets, b: Sets) => a.size === b.size && [...a].every(([name, set]) => b.get(name) === set);

function* entryFaults(entry: VisualSampleEntry, { tkhd }: Trak): Generator<string> {
  const { avcC } = entry;
  if (!avcC) return yield `${entry.type} without avcC`;
  if (avcC.lengthSizeMinusOne !== 3) yield "lengths of units have other than 4 bytes";
  if (avcC.SPS.length === 0 || avcC.PPS.length === 0) yield "avcC without sets";
  for (const { data } of avcC.SPS) {
    if (data[1] !== avcC.AVCProfileIndication) yield "avcC names another profile than its SPS";
    if ((data[3] ?? 0) > avcC.AVCLevelIndication) yield "avcC names a lower level than its SPS";
  }
  if (tkhd.width / 0x1_0000 !== entry.width || tkhd.height / 0x1_0000 !== entry.height)
    yield "tkhd has another size than the sample entry";
}

/** The faults of the film's pictures, sample by sample. */
export function* pictureFaults(film: Uint8Array, trak: Trak, file: ISOFile): Generator<string> {
  const { stbl } = trak.mdia.minf;
  const entries = stbl.stsd.entries.filter((entry) => entry instanceof VisualSampleEntry);
  if (entries.length < stbl.stsd.entries.length) yield "pictures with a sample entry of another kind";
  for (const entry of entries) yield* entryFaults(entry, trak);
  if (entries.some(({ type }) => type !== entries[0]?.type)) yield "sample entries of several kinds";
  if (entries.length > 1 && entries[0]?.type !== "avc3") yield "several entries, none of which is avc3";
  let [known, simple]: [Sets, Sets | null] = [new Map(), null];
  let last = -1;
  for (const { number, offset, size, is_sync, description_index } of file.getTrackSamplesInfo(
    trak.tkhd.track_id,
  )) {
    const which = `sample ${number + 1}`;
    const entry = entries[description_index];
    const units = unitsOf(film.subarray(offset, offset + size));
    if (!entry?.avcC || !units) {
      yield `${which} can't be read`;
      continue;
    }
    const isIdr = units.some(({ type }) => type === 5);
    if (is_sync !== isIdr)
      yield `${which} is ${isIdr ? "an IDR picture outside of stss" : "in stss, and no IDR"}`;
    if (description_index !== last && !isIdr) yield `${which} has another entry, and is no IDR picture`;
    if (entry.type === "avc1" && units.some(isSet)) yield `${which} of avc1 has parameter sets in it`;
    // A decoder starts again with the entry at any picture to which a player may seek.
    if (is_sync || description_index !== last) known = withSets(new Map(), inEntry(entry.avcC));
    known = withSets(known, units);
    simple = withSets(simple ?? withSets(new Map(), inEntry(entries[0]?.avcC ?? entry.avcC)), units);
    last = description_index;
    for (const { bytes } of units.filter(({ type }) => type === 1 || type === 5)) {
      const pps = known.get(`8:${codes(bytes, 1, 3)[2]}`);
      const sps = pps && codes(Buffer.from(pps, "hex"), 1, 2)[1];
      if (sps === undefined || !known.has(`7:${sps}`)) yield `${which} needs sets that are not known`;
    }
    if (!isSame(known, simple)) yield `${which} is decoded by other sets where only the first entry is read`;
  }
}
