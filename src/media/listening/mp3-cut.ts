/** MP3 cut at its frames (ISO 11172-3, 2.4.1; 13818-3 for the lower rates). */

interface FrameForm {
  isMpeg1: boolean;
  isLayer3: boolean;
  hasCheck: boolean;
  /** Where the side information begins, and how long it is; the sound's own bytes follow. */
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

/** How many bytes before this frame's own its sound begins: the first 9 bits of the side information, or 8. */
function reachesBack(frame: Uint8Array, { isMpeg1, isLayer3, sideStart }: FrameForm): number {
  const [first = 0, second = 0] = frame.subarray(sideStart);
  if (!isLayer3) return 0;
  return isMpeg1 ? (first << 1) | (second >> 7) : first;
}

/** The check of a frame's header and side information, as a decoder computes it. */
function checkOf(frame: Uint8Array, { sideStart, sideBytes }: FrameForm): number {
  let rest = 0xffff;
  for (const byte of [...frame.subarray(2, 4), ...frame.subarray(sideStart, sideStart + sideBytes)]) {
    rest ^= byte << 8;
    for (let i = 0; i < 8; i++) rest = ((rest << 1) ^ (rest & 0x8000 ? 0x8005 : 0)) & 0xffff;
  }
  return rest;
}

/** The same frame as silence; its bytes stay, for later frames to reach back into. */
function silenced(frame: Uint8Array, form: FrameForm): Uint8Array {
  const out = frame.slice();
  out.fill(0, form.sideStart, form.sideStart + form.sideBytes);
  if (form.hasCheck) new DataView(out.buffer).setUint16(4, checkOf(out, form));
  return out;
}

/**
 * Makes a function that takes the frames of a piece cut out of an MP3, in order, and gives them back
 * so that they decode by themselves: those that reach back to before the cut (the first tenth of a
 * second, or three) are silent, the others as they are.
 */
export function cutFrames(): (frame: Uint8Array) => Uint8Array {
  let behind = 0;
  let isWhole = false;
  return (frame) => {
    const form = formOf(frame);
    isWhole ||= reachesBack(frame, form) <= behind;
    behind += frame.length - form.sideStart - form.sideBytes;
    return isWhole ? frame : silenced(frame, form);
  };
}

/** A silent frame that tells how many follow (the "Info" header), or nothing where it has no room for that. */
export function countFrame(first: Uint8Array, count: number): Uint8Array {
  const { isLayer3, sideBytes } = formOf(first);
  const at = 4 + sideBytes;
  if (!isLayer3 || first.length < at + 12) return new Uint8Array(0);
  const out = new Uint8Array(first.length);
  // Readers look for it where it stands in a frame without a check.
  out.set([0xff, (first[1] ?? 0) | 1, ...first.subarray(2, 4)]);
  out.set([0x49, 0x6e, 0x66, 0x6f, 0, 0, 0, 1], at);
  new DataView(out.buffer).setUint32(at + 8, count);
  return out;
}
