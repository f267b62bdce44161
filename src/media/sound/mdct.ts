/** The inverse modified discrete cosine transform, by a complex Fourier transform of a quarter of its size. */

/**
 * Makes the transform of `size` numbers (a power of two, at least 4) to twice as many:
 * out[t] = sum over k of in[k] * cos(pi / size * (t + 1/2 + size/2) * (k + 1/2)). The first half goes to
 * `left`, the second to `right`.
 */
export function inverseMdct(
  size: number,
): (input: Float64Array, left: Float64Array, right: Float64Array) => void {
  const half = size / 2;
  const [re, im] = [new Float64Array(half), new Float64Array(half)];
  const turn = (count: number, angle: (i: number) => number) => ({
    cos: Float64Array.from({ length: count }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length: count }, (_, i) => Math.sin(angle(i))),
  });
  const twist = turn(half, (i) => (-Math.PI * (8 * i + 1)) / (8 * size));
  const roots = turn(half / 2, (i) => (-2 * Math.PI * i) / half);
  const places = new Uint16Array(half);
  for (let i = 1; i < half; i++) places[i] = ((places[i >> 1] ?? 0) >> 1) | (i & 1 ? half >> 1 : 0);

  function fourier(): void {
    for (let width = 1; width < half; width *= 2) {
      const stride = half / (2 * width);
      for (let j = 0; j < width; j++) {
        const cos = roots.cos[j * stride] ?? 0;
        const sin = roots.sin[j * stride] ?? 0;
        for (let a = j; a < half; a += 2 * width) {
          const b = a + width;
          const bRe = re[b] ?? 0;
          const bIm = im[b] ?? 0;
          const x = bRe * cos - bIm * sin;
          const y = bRe * sin + bIm * cos;
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

  return (input, left, right) => {
    for (let i = 0; i < half; i++) {
      const x = input[2 * i] ?? 0;
      const y = input[size - 1 - 2 * i] ?? 0;
      const cos = twist.cos[i] ?? 0;
      const sin = twist.sin[i] ?? 0;
      const place = places[i] ?? 0;
      re[place] = x * cos - y * sin;
      im[place] = x * sin + y * cos;
    }
    fourier();
    // Two numbers c of the cosine transform at a time; each stands in the output twice, by symmetry.
    const put = (at: number, c: number) => {
      if (at >= half) {
        left[at - half] = c;
        left[size + half - 1 - at] = -c;
      } else {
        right[half - 1 - at] = -c;
        right[half + at] = -c;
      }
    };
    for (let i = 0; i < half; i++) {
      const x = re[i] ?? 0;
      const y = im[i] ?? 0;
      const cos = twist.cos[i] ?? 0;
      const sin = twist.sin[i] ?? 0;
      put(2 * i, x * cos - y * sin);
      put(size - 1 - 2 * i, -(x * sin + y * cos));
    }
  };
}
