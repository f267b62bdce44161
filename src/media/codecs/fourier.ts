/** The Fourier transform. */

interface Fourier {
  re: Float64Array;
  im: Float64Array;
  /** The index in `re` and `im` at which to put each input (bit-reversed); the output is in order. */
  places: Uint16Array;
  transform(): void;
}

/** A transform of `size` complex numbers, a power of two up to 65,536. */
export function fourier(size: number): Fourier {
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
export function circle(size: number, count: number) {
  const angle = (2 * Math.PI) / size;
  return {
    cos: Float64Array.from({ length: count }, (_, i) => Math.cos(angle * i)),
    sin: Float64Array.from({ length: count }, (_, i) => Math.sin(angle * i)),
  };
}
