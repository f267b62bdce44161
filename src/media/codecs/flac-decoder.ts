/** A FLAC decoder (RFC 9639), one frame at a time. */
import { BitReader } from "./bits.ts";
import { crc8, crc16 } from "./crc.ts";
import { HISTORY, predict } from "./flac-predictor.ts";

/** The STREAMINFO block (RFC 9639, 8.2). */
interface FlacInfo {
  sampleRate: number;
  channels: number;
  /** Bits of a stored sample, 4 to 32. */
  bits: number;
  /** Samples of each channel; 0 when unknown. */
  totalSamples: number;
}

/** Bits of a sample by code (RFC 9639, table 19); 0 means the value of STREAMINFO. */
const SAMPLE_BITS = [0, 8, 12, -1, 16, 20, 24, 32];
/** The weights of the fixed predictors, by order (RFC 9639, table 21). */
const FIXED = [[], [1], [2, -1], [3, -3, 1], [4, -6, 4, -1]];

const broken = (what: string) => new Error(`A FLAC frame is damaged: ${what}.`);

/**
 * Reads a decoder description: the signature `fLaC` followed by the STREAMINFO block. Throws when it is
 * invalid.
 */
export function flacInfo(description: Uint8Array): FlacInfo {
  const view = new DataView(description.buffer, description.byteOffset, description.byteLength);
  if (view.byteLength < 42 || view.getUint32(0) !== 0x66_4c_61_43 || (view.getUint8(4) & 0x7f) !== 0)
    throw new Error("The FLAC stream has no STREAMINFO block.");
  const fields = view.getUint32(18);
  return {
    sampleRate: fields >>> 12,
    channels: ((fields >> 9) & 7) + 1,
    bits: ((fields >> 4) & 31) + 1,
    totalSamples: (fields & 15) * 2 ** 32 + view.getUint32(22),
  };
}

/** Reads the residuals after the first `order` samples of a row, in Rice codes or uncompressed. */
function readResidual(input: BitReader, row: Int32Array | Float64Array, size: number, order: number): void {
  const method = input.unsigned(2);
  if (method > 1) throw broken("its residual is coded in an unknown way");
  const parameterBits = method + 4;
  const partitions = 1 << input.unsigned(4);
  const length = size / partitions;
  if (length % 1 !== 0 || length < order) throw broken("its partitions don't fit it");
  const out = row instanceof Int32Array ? row : new Int32Array(row.length);
  for (let p = 0; p < partitions; p++) {
    const from = HISTORY + (p === 0 ? order : p * length);
    const to = HISTORY + (p + 1) * length;
    const k = input.unsigned(parameterBits);
    if (k < (1 << parameterBits) - 1) {
      input.rice(out, from, to, k);
      continue;
    }
    const bits = input.unsigned(5);
    for (let i = from; i < to; i++) out[i] = bits === 0 ? 0 : input.signed(bits);
  }
  if (out !== row) for (let i = HISTORY + order; i < row.length; i++) row[i] = out[i] ?? 0;
}

/** Reads one channel of a frame into a row that begins with `HISTORY` zeros. */
function readSubframe(input: BitReader, size: number, stored: number): Int32Array | Float64Array {
  const header = input.unsigned(8);
  if (header & 0x80) throw broken("a channel's header is none");
  const wasted = header & 1 ? input.unary() + 1 : 0;
  const bits = stored - wasted;
  if (bits < 1) throw broken("it has no bits left");
  const row = stored > 32 ? new Float64Array(HISTORY + size) : new Int32Array(HISTORY + size);
  const type = header >> 1;
  const order = type === 0 ? 0 : type === 1 ? size : type >= 32 ? type - 31 : type - 8;
  if (order > size || order < 0 || (type > 12 && type < 32)) throw broken("it has an unknown predictor");
  if (type === 0) row.fill(input.signed(bits), HISTORY);
  for (let i = 0; i < order; i++) row[HISTORY + i] = input.signed(bits);
  if (type >= 32) {
    const precision = input.unsigned(4) + 1;
    const shift = input.signed(5);
    if (precision > 15 || shift < 0) throw broken("its predictor is not allowed");
    const weights = Array.from({ length: order }, () => input.signed(precision));
    readResidual(input, row, size, order);
    predict(row, bits, weights, shift);
  } else if (type >= 8) {
    readResidual(input, row, size, order);
    predict(row, bits, FIXED[order] ?? [], 0);
  }
  input.check();
  if (wasted > 0) for (let i = HISTORY; i < row.length; i++) row[i] = (row[i] ?? 0) * 2 ** wasted;
  return row;
}

/** Restores left and right, in place, from left and side (8), side and right (9), or mid and side (10). */
function separate(mode: number, a: Int32Array | Float64Array, b: Int32Array | Float64Array): void {
  for (let i = HISTORY; i < a.length; i++) {
    const first = a[i] ?? 0;
    const second = b[i] ?? 0;
    if (mode === 8) b[i] = first - second;
    else if (mode === 9) a[i] = first + second;
    else {
      const odd = second & 1;
      a[i] = first + (second + odd) / 2;
      b[i] = first - (second - odd) / 2;
    }
  }
}

function blockSize(input: BitReader, code: number): number {
  if (code === 0) throw broken("its size is not allowed");
  if (code === 1) return 192;
  if (code <= 5) return 144 << code;
  if (code === 6) return input.unsigned(8) + 1;
  if (code === 7) return input.unsigned(16) + 1;
  return 1 << code;
}

/** Skips the number of the frame or sample, coded like UTF-8; it is not needed here. */
function skipNumber(input: BitReader): void {
  const ones = Math.clz32(~(input.unsigned(8) << 24));
  if (ones === 1 || ones > 7) throw broken("its number is none");
  for (let i = 1; i < ones; i++) input.unsigned(8);
}

/** A row's samples without the `HISTORY` zeros, times `scale`, rounded down. */
function scaled(row: Int32Array | Float64Array, scale: number): Int32Array {
  if (scale === 1 && row instanceof Int32Array) return row.subarray(HISTORY);
  const out = new Int32Array(row.length - HISTORY);
  for (let i = 0; i < out.length; i++) out[i] = Math.floor((row[HISTORY + i] ?? 0) * scale);
  return out;
}

/**
 * Makes a function that decodes frames of one stream to rows of samples, one row for each channel, of
 * `outBits` bits.
 */
export function flacDecoder(info: FlacInfo, outBits: 16 | 24): (frame: Uint8Array) => Int32Array[] {
  const input = new BitReader();
  return (frame) => {
    input.open(frame);
    if (input.unsigned(15) !== 0x7ffc) throw broken("its beginning is missing");
    input.unsigned(1);
    const [sizeCode, rateCode] = [input.unsigned(4), input.unsigned(4)];
    const mode = input.unsigned(4);
    const bits = SAMPLE_BITS[input.unsigned(3)] || info.bits;
    input.unsigned(1);
    skipNumber(input);
    const size = blockSize(input, sizeCode);
    if (rateCode === 15) throw broken("its sample rate is not allowed");
    if (rateCode >= 12) input.unsigned(rateCode === 12 ? 8 : 16);
    const check = crc8(frame, input.at >> 3);
    if (input.unsigned(8) !== check) throw broken("its header does not match its checksum");
    const channels = mode < 8 ? mode + 1 : 2;
    if (mode > 10 || channels !== info.channels || bits !== info.bits)
      throw broken("its form is not that of the stream");
    const rows = Array.from({ length: channels }, (_, c) => {
      const isSide = mode >= 8 && c === (mode === 9 ? 0 : 1);
      return readSubframe(input, size, isSide ? bits + 1 : bits);
    });
    const end = (input.at + 7) >> 3;
    if (end + 2 > frame.length || crc16(frame, end + 2) !== 0)
      throw broken("its contents do not match their checksum");
    const [first, second] = rows;
    if (mode >= 8 && first && second) separate(mode, first, second);
    return rows.map((row) => scaled(row, 2 ** (outBits - bits)));
  };
}
