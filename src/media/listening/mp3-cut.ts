/** Cuts an MP3 between its frames (ISO 11172-3, 2.4.1; 13818-3 for the lower rates). */

interface FrameForm {
  isMpeg1: boolean;
  isLayer3: boolean;
  hasCheck: boolean;
  /** Offset and length of the side information; the main data follow. */
  sideStart: number;
  sideBytes: number;
}

function formOf(frame: Uint8Array): FrameForm {
  const [, version = 0, , mode = 0] = frame;
  const isMpeg1 = (version & 0x18) === 0x18;
  const isMono = (mode & 0xc0) === 0xc0;
  const hasCheck = (version & 1) === 0;
  return {
    isMpeg1,
    isLayer3: (version & 6) === 2,
    hasCheck,
    sideStart: hasCheck ? 6 : 4,
    sideBytes: isMpeg1 ? (isMono ? 17 : 32) : isMono ? 9 : 17,
  };
}

/**
 * `main_data_begin`: how many bytes before this frame its main data begin (the first 9 bits of the side
 * information, or 8).
 */
function mainDataBegin(frame: Uint8Array, { isMpeg1, isLayer3, sideStart }: FrameForm): number {
  const [first = 0, second = 0] = frame.subarray(sideStart);
  if (!isLayer3) return 0;
  return isMpeg1 ? (first << 1) | (second >> 7) : first;
}

/** The CRC of a frame's header and side information, as a decoder computes it. */
function checkOf(frame: Uint8Array, { sideStart, sideBytes }: FrameForm): number {
  let rest = 0xffff;
  for (const byte of [...frame.subarray(2, 4), ...frame.subarray(sideStart, sideStart + sideBytes)]) {
    rest ^= byte << 8;
    for (let i = 0; i < 8; i++) rest = ((rest << 1) ^ (rest & 0x8000 ? 0x8005 : 0)) & 0xffff;
  }
  return rest;
}

/** The same frame as silence; its main data stay, because later frames may refer to them. */
function silenced(frame: Uint8Array, form: FrameForm): Uint8Array {
  const out = frame.slice();
  out.fill(0, form.sideStart, form.sideStart + form.sideBytes);
  if (form.hasCheck) new DataView(out.buffer).setUint16(4, checkOf(out, form));
  return out;
}

/**
 * Makes a function that takes the frames of a piece of an MP3, in order, and returns frames that can be
 * decoded without the rest: frames whose main data begin before the cut (in the first 0.1 to 0.3 seconds) are
 * silenced, the others are unchanged.
 */
export function cutFrames(): (frame: Uint8Array) => Uint8Array {
  let availableBytes = 0;
  let isDecodable = false;
  return (frame) => {
    const form = formOf(frame);
    isDecodable ||= mainDataBegin(frame, form) <= availableBytes;
    availableBytes += frame.length - form.sideStart - form.sideBytes;
    return isDecodable ? frame : silenced(frame, form);
  };
}

/**
 * A silent frame with an "Info" header that states how many frames follow; empty when the header does not
 * fit.
 */
export function countFrame(first: Uint8Array, count: number): Uint8Array {
  const { isLayer3, sideBytes } = formOf(first);
  const at = 4 + sideBytes;
  if (!isLayer3 || first.length < at + 12) return new Uint8Array(0);
  const out = new Uint8Array(first.length);
  // Readers look for the header at its offset in a frame without a CRC.
  out.set([0xff, (first[1] ?? 0) | 1, ...first.subarray(2, 4)]);
  out.set([0x49, 0x6e, 0x66, 0x6f, 0, 0, 0, 1], at);
  new DataView(out.buffer).setUint32(at + 8, count);
  return out;
}
