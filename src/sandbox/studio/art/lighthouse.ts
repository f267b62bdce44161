/** A lighthouse on its rock, and its beam. */
import { chanceOf } from "./chance.ts";
import { fade, mix } from "./colour.ts";
import { type Frame, glow, type Plane, polygon } from "./plane.ts";
import type { Scene } from "./scene.ts";

export function lighthouse(scene: Scene, at: number): Plane[] {
  const { tones } = scene;
  const place = (frame: Frame) => ({
    x: scene.subjectX * frame.width,
    y: at * frame.height,
    unit: frame.height * 0.3,
  });
  const beams: Plane = {
    depth: 0.3,
    live(brush, frame, seconds) {
      const { x, y, unit } = place(frame);
      brush.save();
      brush.globalCompositeOperation = "screen";
      brush.translate(x, y - unit * 0.93);
      const turn = seconds * 0.5 + 0.35;
      for (const side of [0, Math.PI]) {
        const wide = Math.cos(turn + side);
        const far = frame.width * 0.85 * (0.25 + 0.75 * Math.abs(wide)) * Math.sign(wide);
        const strength = 0.2 + 0.42 * Math.abs(wide);
        const gradient = brush.createLinearGradient(0, 0, far, 0);
        gradient.addColorStop(0, fade(tones.glow, strength));
        gradient.addColorStop(0.25, fade(tones.glow, strength * 0.42));
        gradient.addColorStop(1, fade(tones.glow, 0));
        brush.fillStyle = gradient;
        brush.beginPath();
        brush.moveTo(0, -unit * 0.012);
        brush.lineTo(far, -frame.height * 0.12 - frame.height * 0.05);
        brush.lineTo(far, frame.height * 0.04);
        brush.lineTo(0, unit * 0.012);
        brush.fill();
      }
      brush.restore();
    },
  };
  const tower: Plane = {
    depth: 0.32,
    paint(brush, frame) {
      const { x, y, unit } = place(frame);
      const rock = mix(tones.haze, tones.ink, 0.82);
      const chance = chanceOf(`${scene.seed}|rock`);
      brush.fillStyle = rock;
      brush.beginPath();
      brush.moveTo(x - unit * 0.75, y + unit * 0.12);
      for (let i = 0; i <= 12; i++) {
        const u = i / 12;
        brush.lineTo(
          x + (u - 0.5) * unit * 1.4,
          y + unit * 0.1 - Math.sin(u * Math.PI) * unit * 0.2 * chance.between(0.75, 1.1),
        );
      }
      brush.lineTo(x + unit * 0.75, y + unit * 0.12);
      brush.fill();
      brush.strokeStyle = fade(tones.glow, 0.5);
      brush.lineWidth = unit * 0.006;
      for (const [half, down] of [
        [0.78, 0.122],
        [0.55, 0.15],
        [0.3, 0.175],
      ] as const) {
        brush.beginPath();
        brush.moveTo(x - half * unit, y + down * unit);
        brush.lineTo(x + half * unit, y + down * unit);
        brush.stroke();
      }
      const wall = mix(tones.glow, tones.sky[2], 0.4);
      const side = brush.createLinearGradient(x - unit * 0.1, 0, x + unit * 0.1, 0);
      const towards = scene.light.x * frame.width < x ? [0, 1] : [1, 0];
      side.addColorStop(towards[0] ?? 0, mix(wall, "#ffffff", 0.25));
      side.addColorStop(towards[1] ?? 1, mix(wall, tones.ink, 0.6));
      const edge = (u: number) => unit * (0.1 - 0.035 * u);
      brush.fillStyle = side;
      brush.beginPath();
      brush.moveTo(x - edge(0), y - unit * 0.02);
      brush.lineTo(x - edge(1), y - unit * 0.84);
      brush.lineTo(x + edge(1), y - unit * 0.84);
      brush.lineTo(x + edge(0), y - unit * 0.02);
      brush.fill();
      brush.fillStyle = fade(mix(tones.accent, tones.ink, 0.3), 0.75);
      for (const [low, high] of [
        [0.16, 0.32],
        [0.48, 0.64],
      ] as const) {
        brush.beginPath();
        brush.moveTo(x - edge(low), y - unit * 0.84 * low);
        brush.lineTo(x - edge(high), y - unit * 0.84 * high);
        brush.lineTo(x + edge(high), y - unit * 0.84 * high);
        brush.lineTo(x + edge(low), y - unit * 0.84 * low);
        brush.fill();
      }
      brush.fillStyle = tones.ink;
      brush.fillRect(x - unit * 0.088, y - unit * 0.865, unit * 0.176, unit * 0.025);
      brush.fillStyle = mix(tones.glow, "#ffffff", 0.6);
      brush.fillRect(x - unit * 0.045, y - unit * 0.975, unit * 0.09, unit * 0.11);
      polygon(brush, tones.ink, [
        [x - unit * 0.062, y - unit * 0.97],
        [x, y - unit * 1.07],
        [x + unit * 0.062, y - unit * 0.97],
      ]);
      brush.globalCompositeOperation = "screen";
      glow(brush, x, y - unit * 0.92, unit * 0.6, tones.glow, 0.85);
    },
  };
  return [beams, tower];
}
