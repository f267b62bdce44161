/** The power spectrum of a frame of real samples. */
import { circle, fourier } from "../codecs/fourier.ts";

/** Makes a function that writes the power of the frequency bins 0 to `size` / 2 - 1 of a frame. */
export function powerSpectrum(size: number): (frame: Float64Array, power: Float64Array) => void {
  const half = size / 2;
  const { re, im, places, transform } = fourier(half);
  const turns = circle(size, half);
  return (frame, power) => {
    // Even samples as the real part and odd ones as the imaginary part: half the work.
    for (let i = 0; i < half; i++) {
      const place = places[i] ?? 0;
      re[place] = frame[2 * i] ?? 0;
      im[place] = frame[2 * i + 1] ?? 0;
    }
    transform();
    for (let k = 0; k < half; k++) {
      const mirror = (half - k) % half;
      const kRe = re[k] ?? 0;
      const kIm = im[k] ?? 0;
      const mRe = re[mirror] ?? 0;
      const mIm = im[mirror] ?? 0;
      const cos = turns.cos[k] ?? 0;
      const sin = turns.sin[k] ?? 0;
      const x = (kRe + mRe + (kIm + mIm) * cos + (mRe - kRe) * sin) / 2;
      const y = (kIm - mIm + (mRe - kRe) * cos - (kIm + mIm) * sin) / 2;
      power[k] = x * x + y * y;
    }
  };
}
