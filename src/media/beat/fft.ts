/** The Fourier transform, and with it the spectrum of a frame of real samples. */

interface Fourier {
  re: Float64Array;
  im: Float64Array;
  /** Where each number is to be put in `re` and `im` before the transform; they come out in order. */
  places: Uint16Array;
  transform(): void;
}

/** Of `size` complex numbers, a power of two up to 65,536. */
function fourier(size: number): Fourier {
  const [re, im] = [new Float64Array(size), new Float64Array(size)];
  const roots = circle(size, size / 2);
  const places = new Uint16Array(size);
  for (let i = 1; i < size; i++) places[i] = ((places[i >> 1] ?? 0) >> 1) | (i & 1 ? size >> 1 : 0);

  function transform(): void {
    for (let width = 1; width < size; width *= 2) {
      const stride = size / (2 * width);
      for (let j = 0; j < width; j++) {
        const cos = roots.cos[j * stride] ?? 0;
        const sin = roots.sin[j * stride] ?? 0;
        for (let a = j; a < size; a += 2 * width) {
          const b = a + width;
          const bRe = re[b] ?? 0;
          const bIm = im[b] ?? 0;
          const x = bRe * cos + bIm * sin;
          const y = bIm * cos - bRe * sin;
          const aRe = re[a] ?? 0;
          const aIm = im[a] ?? 0;
          re[b] = aRe - x;
          im[b] = aIm - y;
          re[a] = aRe + x;
          im[a] = aIm + y;
        }
      }
    }
  }
  return { re, im, places, transform };
}

/** The first `count` of `size` points around the unit circle. */
function circle(size: number, count: number) {
  const angle = (2 * Math.PI) / size;
  return {
    cos: Float64Array.from({ length: count }, (_, i) => Math.cos(angle * i)),
    sin: Float64Array.from({ length: count }, (_, i) => Math.sin(angle * i)),
  };
}

/** Makes a function that writes the power at multiples 0 to `size` / 2 - 1 of a frame's own frequency. */
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
