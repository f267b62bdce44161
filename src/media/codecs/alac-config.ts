/** The "magic cookie" that configures an Apple Lossless decoder (ALACAudioTypes.h of Apple's reference). */

/** ALACSpecificConfig (ALACAudioTypes.h of Apple's reference). */
export interface AlacConfig {
  /** Samples of each channel in a packet, at most. */
  frameLength: number;
  /** 16, 20, 24 or 32. */
  bits: number;
  /** How fast the coder adapts to the size of residuals, and the size that it begins with. */
  historyMultiplier: number;
  initialHistory: number;
  riceLimit: number;
  channels: number;
  sampleRate: number;
}

export const COOKIE_BYTES = 24;
/** Encoders write 4096; this limits what a hostile file can make us allocate. */
const MAX_FRAME_LENGTH = 65_536;

/** Reads a cookie. Throws when a field has a value that no encoder writes. */
export function alacConfig(cookie: DataView): AlacConfig {
  const config: AlacConfig = {
    frameLength: cookie.getUint32(0),
    bits: cookie.getUint8(5),
    historyMultiplier: cookie.getUint8(6),
    initialHistory: cookie.getUint8(7),
    riceLimit: cookie.getUint8(8),
    channels: cookie.getUint8(9),
    sampleRate: cookie.getUint32(20),
  };
  const { frameLength, bits, riceLimit, channels, sampleRate } = config;
  const isKnown =
    frameLength > 0 &&
    frameLength <= MAX_FRAME_LENGTH &&
    [16, 20, 24, 32].includes(bits) &&
    riceLimit > 0 &&
    riceLimit < 32 &&
    channels > 0 &&
    channels <= 8 &&
    sampleRate > 0;
  if (!isKnown) throw new Error("The Apple Lossless track is described in an unknown way.");
  return config;
}
