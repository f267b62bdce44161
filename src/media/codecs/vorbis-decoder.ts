/** A Vorbis decoder (Vorbis I specification, xiph.org), one packet at a time. */
import { XIPH_CHANNEL_ORDER } from "./channels.ts";
import { inverseMdct } from "./mdct.ts";
import { bitsOf, LowBitReader } from "./vorbis-bits.ts";
import { readCurve } from "./vorbis-floor.ts";
import { addResidue } from "./vorbis-residue.ts";
import type { Mapping, VorbisSetup } from "./vorbis-setup.ts";

/** Bits of a decoded sample: their rounding error is far below the loss of the format. */
export const VORBIS_BITS = 24;
const FULL_SCALE = 2 ** (VORBIS_BITS - 1);

/** The rising half of a window (Vorbis I, 4.3.1). */
const slope = (length: number) =>
  Float64Array.from({ length }, (_, i) => {
    const rise = Math.sin(((i + 0.5) / length) * (Math.PI / 2));
    return Math.sin((Math.PI / 2) * rise * rise);
  });

/** Turns magnitude and angle into two channels, in place (Vorbis I, 4.3.5). */
function uncouple(magnitudes: Float64Array, angles: Float64Array): void {
  for (let i = 0; i < magnitudes.length; i++) {
    const m = magnitudes[i] ?? 0;
    const a = angles[i] ?? 0;
    if (a > 0) {
      angles[i] = m > 0 ? m - a : m + a;
    } else {
      magnitudes[i] = m > 0 ? m + a : m - a;
      angles[i] = m;
    }
  }
}

/**
 * Overlaps the second half of one block with the first half of the next, over the length of the shorter one.
 */
function overlap(right: Float64Array, left: Float64Array, rise: Float64Array): Int32Array {
  const length = rise.length;
  const out = new Int32Array((right.length + left.length) / 2);
  const lead = (right.length - length) / 2;
  const skipped = (left.length - length) / 2;
  for (let i = 0; i < out.length; i++) {
    const j = i - lead;
    let value = right[i] ?? 0;
    if (j >= length) value = left[skipped + j] ?? 0;
    else if (j >= 0) value = value * (rise[length - 1 - j] ?? 0) + (left[skipped + j] ?? 0) * (rise[j] ?? 0);
    out[i] = Math.max(-FULL_SCALE, Math.min(FULL_SCALE - 1, Math.round(value * FULL_SCALE)));
  }
  return out;
}

/** Reads the spectra of a packet's channels; each is half a block long. */
function readSpectra(
  input: LowBitReader,
  { floors, couplings, submaps }: Mapping,
  half: number,
): Float64Array[] {
  const curves = floors.map((floor) => {
    const curve = new Float64Array(half);
    return readCurve(input, floor, curve) ? curve : null;
  });
  const isSilent = curves.map((curve) => curve === null);
  for (const { magnitude, angle } of couplings) {
    if (!isSilent[magnitude] || !isSilent[angle]) isSilent[magnitude] = isSilent[angle] = false;
  }
  const spectra = floors.map(() => new Float64Array(half));
  for (const { residue, channels } of submaps) {
    addResidue(
      input,
      residue,
      channels.flatMap((c) => spectra[c] ?? []),
      channels.map((c) => isSilent[c] ?? true),
    );
  }
  for (const { magnitude, angle } of couplings.toReversed()) {
    const [magnitudes, angles] = [spectra[magnitude], spectra[angle]];
    if (magnitudes && angles) uncouple(magnitudes, angles);
  }
  for (const [c, row] of spectra.entries()) {
    const curve = curves[c];
    if (!curve) row.fill(0);
    else for (let i = 0; i < half; i++) row[i] = (row[i] ?? 0) * (curve[i] ?? 0);
  }
  return spectra;
}

/**
 * Makes a function that decodes a stream's packets in order, to samples of `VORBIS_BITS` bits, one row for
 * each channel. The first packet gives none: a packet completes the samples from the middle of the previous
 * block to its own middle.
 */
export function vorbisDecoder(setup: VorbisSetup): (packet: Uint8Array) => Int32Array[] {
  const input = new LowBitReader();
  const places = XIPH_CHANNEL_ORDER[setup.channels] ?? [];
  const modeBits = bitsOf(setup.modes.length - 1);
  const sizes = setup.blockSizes.map((size) => ({
    half: size / 2,
    transform: inverseMdct(size / 2),
    rise: slope(size / 2),
  }));
  let before: Float64Array[] = [];
  return (packet) => {
    input.open(packet);
    if (packet.length === 0) return [];
    const isSound = !input.flag();
    const mode = setup.modes[input.unsigned(modeBits)];
    if (!isSound || !mode) throw new Error("A Vorbis packet is damaged: it is not one of sound.");
    const size = sizes[mode.isLong ? 1 : 0];
    if (!size) return [];
    const { half, transform } = size;
    // Skip the window flags: the sizes of the neighbouring blocks say the same.
    if (mode.isLong) input.unsigned(2);
    const spectra = readSpectra(input, mode.mapping, half);
    const left = new Float64Array(half);
    const out: Int32Array[] = [];
    const rightHalves = spectra.map((spectrum, c) => {
      const right = new Float64Array(half);
      transform(spectrum, left, right);
      const last = before[c];
      const rise = sizes.find((other) => other.half === Math.min(half, last?.length ?? 0))?.rise;
      if (last && rise) out[places[c] ?? c] = overlap(last, left, rise);
      return right;
    });
    before = rightHalves;
    return out;
  };
}
