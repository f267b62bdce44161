/** The inverse modified discrete cosine transform, by a complex Fourier transform of a quarter of its size. */
import { fourier } from "./fourier.ts";

/**
 * Makes the transform of `size` numbers (a power of two, at least 4) to twice as many:
 * out[t] = sum over k of in[k] * cos(pi / size * (t + 1/2 + size/2) * (k + 1/2)). The first half goes to
 * `left`, the second to `right`.
 */
export function inverseMdct(
  size: number,
): (input: Float64Array, left: Float64Array, right: Float64Array) => void {
  const half = size / 2;
  const { re, im, places, transform } = fourier(half);
  const angle = (i: number) => (-Math.PI * (8 * i + 1)) / (8 * size);
  const twist = {
    cos: Float64Array.from({ length: half }, (_, i) => Math.cos(angle(i))),
    sin: Float64Array.from({ length: half }, (_, i) => Math.sin(angle(i))),
  };

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
    transform();
    // Each number of the cosine transform is in the output twice, by symmetry.
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
