/** Time as the exchange formats write it. */

/** Frames per second as a fraction. */
export interface Rate {
  num: number;
  den: number;
}

/** 24 is 24/1 and 23.976 is 24000/1001: measured rates come rounded to thousandths. */
export function rateOf(fps: number): Rate {
  const whole = Math.round(fps);
  if (Math.abs(fps - whole) < 0.002) return { num: whole, den: 1 };
  const ntsc = Math.round(fps * 1.001);
  if (Math.abs(fps - ntsc / 1.001) < 0.002) return { num: ntsc * 1000, den: 1001 };
  return { num: Math.round(fps * 1000), den: 1000 };
}

/** Frames as a reduced fraction of seconds, such as `121/24s` or `5s`. */
export function rational(frames: number, { num, den }: Rate): string {
  const top = frames * den;
  let [a, b] = [top, num];
  while (b > 0) [a, b] = [b, a % b];
  return num === a ? `${top / a}s` : `${top / a}/${num / a}s`;
}

const two = (n: number) => String(n).padStart(2, "0");

/** Whole milliseconds; the frame is found again by rounding, at any rate below 500 frames a second. */
export const milliseconds = (frame: number, fps: number) => Math.round((frame * 1000) / fps);

/** `00:00:05.434`, or with a comma, as SRT has it. */
export function clock(ms: number, point: "." | ","): string {
  const s = Math.floor(ms / 1000);
  const rest = String(ms % 1000).padStart(3, "0");
  return `${two(Math.floor(s / 3600))}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}${point}${rest}`;
}

/** SMPTE timecode, non-drop: every frame is counted, so at 23.976 it runs slower than the clock. */
export function timecode(frame: number, fps: number): string {
  const nominal = Math.round(fps);
  const s = Math.floor(frame / nominal);
  return [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60, frame % nominal].map(two).join(":");
}
