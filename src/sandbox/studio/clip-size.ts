/** The sizes of clips. */

/** A width and a height in pixels. */
export type Pixels = readonly [number, number];

export type Shape =
  /** This size, whatever the image's shape. */
  | { kind: "exact"; pixels: Pixels }
  /** The one of these whose shape is nearest to the image's. */
  | { kind: "nearest"; sizes: readonly Pixels[] }
  /** The image's own shape, with this many pixels on the shorter side. */
  | { kind: "picture"; lines: number };

/**
 * The size of a clip that begins with an image of `width` × `height` pixels. H.264 takes even numbers only.
 */
export function clipSize(shape: Shape, width: number, height: number): Pixels {
  switch (shape.kind) {
    case "exact":
      return shape.pixels;
    case "picture": {
      const scale = shape.lines / Math.min(width, height);
      const even = (n: number) => 2 * Math.round((n * scale) / 2);
      return [even(width), even(height)];
    }
    case "nearest": {
      const off = ([w, h]: Pixels) => Math.abs(Math.log(w / h / (width / height)));
      const [first = [1280, 720] as const, ...others] = shape.sizes;
      return others.reduce<Pixels>((best, size) => (off(size) < off(best) ? size : best), first);
    }
  }
}
