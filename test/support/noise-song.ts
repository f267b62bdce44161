/** WAVs of low-frequency noise without repetition, at any rate and with any channels. */

/** A sum of unrelated tones, between -1 and 1, that depends only on the time, not on the rate. */
const VOICES = Array.from({ length: 24 }, (_, i) => ({
  hertz: 180 * 1.13 ** i + 7.3 * i,
  wobble: 0.37 + 0.11 * i,
  phase: (i * i * 2.399) % 6.283,
}));
export const noiseAt = (seconds: number): number =>
  VOICES.reduce(
    (sum, { hertz, wobble, phase }) =>
      sum + Math.sin(6.2831853 * hertz * seconds + phase + 9 * Math.sin(wobble * seconds * 3 + phase)),
    0,
  ) / VOICES.length;

/** A 16 bit WAV; `loudness` has the level of each channel. */
export function noiseWav(seconds: number, rate: number, loudness: readonly number[]): Uint8Array {
  const channels = loudness.length;
  const samples = Math.round(seconds * rate);
  const bytes = new Uint8Array(44 + samples * channels * 2);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("RIFF"), 0);
  view.setUint32(4, bytes.length - 8, true);
  bytes.set(new TextEncoder().encode("WAVEfmt "), 8);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels * 2, true);
  view.setUint16(32, channels * 2, true);
  view.setUint16(34, 16, true);
  bytes.set(new TextEncoder().encode("data"), 36);
  view.setUint32(40, samples * channels * 2, true);
  for (let i = 0; i < samples; i++) {
    const value = 32_000 * noiseAt(i / rate);
    for (const [c, loud] of loudness.entries())
      view.setInt16(44 + (i * channels + c) * 2, Math.round(value * loud), true);
  }
  return bytes;
}
