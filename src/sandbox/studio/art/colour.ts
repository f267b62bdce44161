/** Colours as #rrggbb, mixed in OKLab so that gradients stay clean between distant hues. */

type Triple = readonly [number, number, number];

const toLinear = (c: number) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const toGamma = (c: number) => (c <= 0.0031308 ? c * 12.92 : 1.055 * c ** (1 / 2.4) - 0.055);

function rgb(hex: string): Triple {
  const n = Number.parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
}

function toLab(hex: string): Triple {
  const [red, green, blue] = rgb(hex);
  const [r, g, b] = [toLinear(red / 255), toLinear(green / 255), toLinear(blue / 255)];
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function fromLab([L, a, b]: Triple): string {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const channel = (v: number) =>
    Math.round(Math.min(1, Math.max(0, toGamma(Math.max(0, v)))) * 255)
      .toString(16)
      .padStart(2, "0");
  return `#${channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)}${channel(
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
  )}${channel(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)}`;
}

/** From `a` (t = 0) to `b` (t = 1). */
export function mix(a: string, b: string, t: number): string {
  const [x, y] = [toLab(a), toLab(b)];
  const at = (i: 0 | 1 | 2) => x[i] + (y[i] - x[i]) * t;
  return fromLab([at(0), at(1), at(2)]);
}

/** Perceived lightness, 0 to 1. */
const lightness = (hex: string): number => toLab(hex)[0];
function chroma(hex: string): number {
  const [, a, b] = toLab(hex);
  return Math.hypot(a, b);
}
/** The same hue and colourfulness at another lightness, 0 to 1. */
function atLightness(hex: string, L: number): string {
  const [, a, b] = toLab(hex);
  return fromLab([L, a, b]);
}
/** As bright, without colour. */
export const greyOf = (hex: string): string => fromLab([lightness(hex), 0, 0]);
/** Turns the hue by `degrees`. */
export function turnHue(hex: string, degrees: number): string {
  const [L, a, b] = toLab(hex);
  const angle = (degrees * Math.PI) / 180;
  return fromLab([L, a * Math.cos(angle) - b * Math.sin(angle), a * Math.sin(angle) + b * Math.cos(angle)]);
}

/** As a CSS colour with opacity 0 to 1. */
export function fade(hex: string, opacity: number): string {
  const [r, g, b] = rgb(hex);
  return `rgba(${r},${g},${b},${Math.round(opacity * 1000) / 1000})`;
}

/** What a picture is painted with. */
export interface Tones {
  /** From the zenith to the horizon. */
  sky: readonly [string, string, string, string];
  /** The darkest, for silhouettes near the lens. */
  ink: string;
  /** Of the air: what far things fade into. */
  haze: string;
  /** Of lights: the brightest. */
  glow: string;
  /** The most colourful. */
  accent: string;
}

/** Roles for three to six palette colours, whatever their order. `dim`: the light is not that of day. */
export function tonesOf(palette: readonly string[], dim = true): Tones {
  const sorted = [...palette].sort((a, b) => lightness(a) - lightness(b));
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? "#101828";
  const [dark, low, middle, high, bright] = [at(0), at(0.25), at(0.5), at(0.75), at(1)];
  const accent = [...palette].sort((a, b) => chroma(b) - chroma(a))[0] ?? high;
  const top = dim ? atLightness(dark, Math.min(lightness(dark), 0.22)) : dark;
  return {
    sky: [top, mix(dark, low, 0.75), mix(low, middle, 0.8), mix(middle, high, 0.7)],
    ink: atLightness(mix(dark, low, 0.15), dim ? Math.min(lightness(dark), 0.13) : 0.24),
    haze: mix(middle, high, 0.45),
    glow: mix(bright, "#ffffff", lightness(bright) > 0.8 ? 0.1 : 0.35),
    accent,
  };
}
