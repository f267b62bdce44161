/** Reads the headers of a Vorbis stream (Vorbis I, 4.2), which configure the decoder. */
import { bitsOf, brokenSetup, LowBitReader } from "./vorbis-bits.ts";
import { readBooks } from "./vorbis-book.ts";
import { type Floor, readFloor } from "./vorbis-floor.ts";
import { type Residue, readResidueSetup } from "./vorbis-residue.ts";

export interface Mapping {
  /** By channel. */
  floors: Floor[];
  /** Pairs of channels that are coded as magnitude and angle. */
  couplings: { magnitude: number; angle: number }[];
  /** Groups of channels that share a residue. */
  submaps: { residue: Residue; channels: number[] }[];
}

export interface VorbisSetup {
  channels: number;
  sampleRate: number;
  /** Samples of a short and of a long block. */
  blockSizes: readonly [number, number];
  modes: { isLong: boolean; mapping: Mapping }[];
}

/**
 * Splits a description into the three headers: either two lengths in Xiph lacing, then the headers (Ogg,
 * WebM), or each header after its length in 16 bits (some MP4s).
 */
function split(description: Uint8Array): Uint8Array[] {
  const at = (i: number) => description[i] ?? 0;
  if (at(0) === 0 && at(1) === 30) {
    const second = 2 + 30;
    const third = second + 2 + at(second) * 256 + at(second + 1);
    return [
      description.subarray(2, second),
      description.subarray(second + 2, third),
      description.subarray(third + 2),
    ];
  }
  if (at(0) !== 2) throw brokenSetup("its headers are not all there");
  let position = 1;
  const lengths = [0, 0].map(() => {
    let length = 0;
    do length += at(position);
    while (at(position++) === 255);
    return length;
  });
  return [...lengths, description.length].map((length) => {
    const start = position;
    position += length;
    return description.subarray(start, position);
  });
}

/** Opens a header, and checks its type and the text "vorbis". */
function open(input: LowBitReader, header: Uint8Array | undefined, kind: number): void {
  input.open(header ?? new Uint8Array());
  const name = [kind, ...Array.from("vorbis", (letter) => letter.charCodeAt(0))];
  if (name.some((byte) => input.unsigned(8) !== byte)) throw brokenSetup("a header is missing");
}

function readMapping(
  input: LowBitReader,
  channels: number,
  floors: readonly Floor[],
  residues: readonly Residue[],
): Mapping {
  if (input.unsigned(16) !== 0) throw brokenSetup("a mapping is of an unknown kind");
  const count = input.flag() ? input.unsigned(4) + 1 : 1;
  const bits = bitsOf(channels - 1);
  const couplings = Array.from({ length: input.flag() ? input.unsigned(8) + 1 : 0 }, () => {
    const [magnitude, angle] = [input.unsigned(bits), input.unsigned(bits)];
    if (magnitude === angle || magnitude >= channels || angle >= channels)
      throw brokenSetup("channels are coupled wrongly");
    return { magnitude, angle };
  });
  if (input.unsigned(2) !== 0) throw brokenSetup("reserved bits are set");
  const submapOf = Array.from({ length: channels }, () => (count > 1 ? input.unsigned(4) : 0));
  if (submapOf.some((submap) => submap >= count)) throw brokenSetup("a channel has no submap");
  const parts = Array.from({ length: count }, () => {
    input.unsigned(8);
    const [floor, residue] = [floors[input.unsigned(8)], residues[input.unsigned(8)]];
    if (!floor || !residue) throw brokenSetup("a mapping lacks its parts");
    return { floor, residue };
  });
  return {
    floors: submapOf.flatMap((submap) => parts[submap]?.floor ?? []),
    couplings,
    submaps: parts.map(({ residue }, index) => ({
      residue,
      channels: submapOf.flatMap((submap, c) => (submap === index ? [c] : [])),
    })),
  };
}

/** Reads a decoder description. Throws when it is damaged or not supported. */
export function vorbisSetup(description: Uint8Array): VorbisSetup {
  const headers = split(description);
  const input = new LowBitReader();
  const several = <T>(bits: number, read: () => T): T[] =>
    Array.from({ length: input.unsigned(bits) + 1 }, read);

  open(input, headers[0], 1);
  const [version, channels, sampleRate] = [input.unsigned(32), input.unsigned(8), input.unsigned(32)];
  for (let i = 0; i < 3; i++) input.unsigned(32);
  const short = 2 ** input.unsigned(4);
  const long = 2 ** input.unsigned(4);
  const isKnown = version === 0 && channels > 0 && channels <= 8 && sampleRate > 0;
  if (!isKnown || short < 64 || long < short || long > 8192)
    throw brokenSetup("its first header is not allowed");

  open(input, headers[2], 5);
  const books = readBooks(input);
  const bookAt = (index: number) => {
    const book = books[index];
    if (!book) throw brokenSetup("a codebook is missing");
    return book;
  };
  if (several(6, () => input.unsigned(16)).some((kind) => kind !== 0))
    throw brokenSetup("it has unknown parts");
  const floors = several(6, () => readFloor(input, bookAt));
  const residues = several(6, () => readResidueSetup(input, bookAt));
  const mappings = several(6, () => readMapping(input, channels, floors, residues));
  const modes = several(6, () => {
    const isLong = input.flag();
    if (input.unsigned(32) !== 0) throw brokenSetup("a mode is of an unknown kind");
    const mapping = mappings[input.unsigned(8)];
    if (!mapping) throw brokenSetup("a mode lacks its mapping");
    return { isLong, mapping };
  });
  if (!input.flag() || input.ended()) throw brokenSetup("it breaks off");
  return { channels, sampleRate, blockSizes: [short, long], modes };
}
