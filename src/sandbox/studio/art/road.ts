/** A highway to the vanishing point. */
import { fade, mix } from "./colour.ts";
import { ridgePlane } from "./land.ts";
import { type Frame, flood, glow, type Plane, vertical } from "./plane.ts";
import type { Scene } from "./scene.ts";

/** A straight road to the horizon; its dashes run towards the lens. */
export function road(scene: Scene): Plane[] {
  const { horizon, tones } = scene;
  const surface = mix(tones.haze, tones.ink, 0.78);
  const half = (y: number, frame: Frame) =>
    ((y - horizon * frame.height) / (frame.height * (1 - horizon))) * frame.width * 0.34;
  const vanish = (frame: Frame) => frame.width * 0.5;
  return [
    ridgePlane(scene, { at: horizon - 0.04, swing: 0.05, roughness: 0.5, depth: 0.12, dark: 0.22 }),
    ridgePlane(scene, { at: horizon - 0.005, swing: 0.018, roughness: 0.5, depth: 0.18, dark: 0.4 }),
    {
      depth: 0.3,
      paint(brush, frame) {
        const [top, bottom] = [horizon * frame.height, frame.height + frame.bleed];
        brush.fillStyle = vertical(brush, top, bottom, [
          mix(tones.haze, tones.ink, 0.35),
          mix(tones.haze, tones.ink, 0.9),
        ]);
        flood(brush, frame, top);
        const x = vanish(frame);
        brush.fillStyle = vertical(brush, top, bottom, [mix(surface, tones.glow, 0.4), surface, tones.ink]);
        brush.beginPath();
        brush.moveTo(x - 1, top);
        brush.lineTo(x + 1, top);
        brush.lineTo(x + half(bottom, frame), bottom);
        brush.lineTo(x - half(bottom, frame), bottom);
        brush.fill();
        brush.strokeStyle = fade(tones.glow, 0.5);
        for (const side of [-1, 1]) {
          brush.fillStyle = fade(tones.glow, 0.5);
          brush.beginPath();
          brush.moveTo(x, top);
          brush.lineTo(x + side * half(bottom, frame) * 0.93, bottom);
          brush.lineTo(x + side * half(bottom, frame) * 0.905, bottom);
          brush.fill();
        }
        glow(brush, x, top, frame.height * 0.3, tones.glow, 0.4);
      },
      live(brush, frame, seconds) {
        const x = vanish(frame);
        const depthOf = (z: number) => horizon * frame.height + (frame.height * (1 - horizon)) / z;
        brush.fillStyle = fade(tones.glow, 0.85);
        for (let i = 0; i < 14; i++) {
          const z = 0.8 + ((((i - seconds * 1.6) % 14) + 14) % 14) * 0.9;
          const [near, far] = [depthOf(z), depthOf(z + 0.36)];
          const wide = frame.width * 0.009;
          brush.beginPath();
          brush.moveTo(x - wide / z, near);
          brush.lineTo(x + wide / z, near);
          brush.lineTo(x + wide / (z + 0.36), far);
          brush.lineTo(x - wide / (z + 0.36), far);
          brush.fill();
        }
      },
    },
    {
      depth: 0.5,
      live(brush, frame, seconds) {
        const x = vanish(frame);
        brush.strokeStyle = tones.ink;
        brush.lineCap = "round";
        for (let i = 9; i >= 0; i--) {
          const z = 0.75 + ((((i - seconds * 0.8) % 10) + 10) % 10) * 1.1;
          const foot = horizon * frame.height + (frame.height * (1 - horizon)) / z;
          const px = x + (frame.width * 0.52) / z;
          const tall = (frame.height * 0.62) / z;
          brush.lineWidth = (frame.height * 0.011) / z;
          brush.beginPath();
          brush.moveTo(px, foot);
          brush.lineTo(px, foot - tall);
          brush.moveTo(px - tall * 0.16, foot - tall * 0.9);
          brush.lineTo(px + tall * 0.16, foot - tall * 0.9);
          brush.stroke();
        }
      },
    },
  ];
}
